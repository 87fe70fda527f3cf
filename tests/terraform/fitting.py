"""What must hold of a plan that has to fit into a company's project: its key, its network."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.terraform.plan import Plan
from tests.terraform.standin.values import PROJECT_NUMBER

TAKES_KEY = re.compile(r"kms|crypto_key_name|encryption_key$")
"""Names of attributes in which resources take a key, or what they take it in."""
OTHER_KEYS = (
    "google_kms_crypto_key_iam_member",
    "google_pubsub_subscription",
)
"""Types with such names that store nothing by themselves: the grants on the key, and subscriptions,
which Pub/Sub encrypts with the key of their topic."""
AGENTS = {
    "gcp-sa-artifactregistry",
    "gcp-sa-firestore",
    "gcp-sa-pubsub",
    "gcp-sa-secretmanager",
    "gcp-sa-workflows",
    "gs-project-accounts",
    "serverless-robot-prod",
}
"""Domains of the service agents that encrypt what this topology stores."""
ENCRYPTED = (
    "module.inbox",
    "module.work",
    "module.outbox",
    "module.function",
    "google_artifact_registry_repository.images",
    "google_cloud_run_v2_service.gateway",
    "google_firestore_database.jobs",
    "google_pubsub_topic.job_events",
    "google_pubsub_topic.late_events",
    "google_secret_manager_secret.webhooks",
    "google_workflows_workflow.transcription",
)
"""Addresses of all that is encrypted with the key."""


def all_that_is_stored_is_encrypted_with_the_key(plan: Plan) -> None:
    key = plan.given.get("kms_key")
    found = {}
    for resource in plan.resources:
        if resource.type not in OTHER_KEYS:
            keys = set(keys_in(resource.values))
            if is_encrypted(resource.address):
                found[resource.address] = keys
            else:
                assert not keys, f"{resource.address} is missing in ENCRYPTED"
    others = {f"module.{kind}" for kind in plan.existing_buckets()}
    assert {module_of(address) for address in found} == set(ENCRYPTED) - others
    expected = set() if key is None else {key}
    assert {address: keys for address, keys in found.items() if keys != expected} == {}


def is_encrypted(address: str) -> bool:
    """Returns whether a resource takes a key: what a module makes beside it only grants rights."""
    is_grant = "_iam_" in address
    return not is_grant and module_of(address) in ENCRYPTED


def module_of(address: str) -> str:
    """Returns the address of a root resource, or that of the module that a resource is in."""
    whole = re.match(r"module\.[a-z_]+", address)
    return whole[0] if whole else address


def keys_in(values: Any) -> Iterator[str]:
    """Yields the keys in the attributes of a resource, also in nested blocks."""
    if isinstance(values, list):
        for value in values:
            yield from keys_in(value)
    elif isinstance(values, dict):
        for name, value in values.items():
            if isinstance(value, str) and value and TAKES_KEY.search(name):
                yield value
            else:
                yield from keys_in(value)


def agents_may_use_the_key(plan: Plan) -> None:
    """Without their rights, each resource is refused, so it waits for them."""
    grants = plan.of("kms_crypto_key_iam_member")
    is_granted = plan.given.get("kms_key") is not None and plan.given.get("grant_agents", True)
    domains = {re.split("[@.]", grant.values["member"])[1] for grant in grants}
    assert domains == (AGENTS if is_granted else set())
    for grant in grants:
        assert grant.values["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        assert grant.values["crypto_key_id"] == plan.given["kms_key"]
    for address in ENCRYPTED:
        assert "google_kms_crypto_key_iam_member.agents" in plan.waits_for(address), address


def requests_go_through_the_network(plan: Plan) -> None:
    network = plan.given.get("network")
    for name, service in plan.services().items():
        access = service.template["vpc_access"]
        if network is None:
            assert access == [], name
            continue
        assert len(access) == 1, name
        (only,) = access
        (interface,) = only["network_interfaces"]
        assert interface["subnetwork"] == network["subnetwork"], name
        assert interface["tags"] == (network.get("tags") or None), name
        is_all = network.get("all_traffic", False)
        assert only["egress"] == ("ALL_TRAFFIC" if is_all else "PRIVATE_RANGES_ONLY"), name


def the_budget_is_that_of_the_project(plan: Plan) -> None:
    """Its messages reach the addresses of the alerts, and the administrators of the billing
    account, before the money is spent."""
    wanted = plan.given["budget"]
    budgets = plan.of("billing_budget")
    assert len(budgets) == (0 if wanted is None else 1)
    for budget in budgets:
        values = budget.values
        assert values["billing_account"] == wanted["billing_account"]
        (only,) = values["budget_filter"]
        assert only["projects"] == [f"projects/{PROJECT_NUMBER}"]
        assert only["calendar_period"] == "MONTH"
        assert not only.get("services") and not only.get("labels"), "all that is billed"
        (amount,) = values["amount"]
        assert amount["specified_amount"][0]["units"] == str(wanted["amount"])
        rules = {
            (one["spend_basis"], one["threshold_percent"]) for one in values["threshold_rules"]
        }
        assert rules == BUDGET_RULES
        (rule,) = values["all_updates_rule"]
        assert not rule["disable_default_iam_recipients"]
        sent = plan.refers_to("google_billing_budget.this", "all_updates_rule")
        assert "google_monitoring_notification_channel.email" in sent


BUDGET_RULES = {
    ("CURRENT_SPEND", 0.5),
    ("CURRENT_SPEND", 0.9),
    ("CURRENT_SPEND", 1),
    ("FORECASTED_SPEND", 1),
}
"""When a budget sends messages: the cost so far, or of the whole month, and the part of the
amount."""


NEW_PROJECT_CPU = 20
"""vCPU that Cloud Run grants a new project in a region."""
NEW_PROJECT_GIB = 40


def the_defaults_fit_into_a_new_project(plan: Plan) -> None:
    """Else the first functions that are busy take what the others need."""
    if plan.given["stages"]:
        return
    cpu = 0.0
    memory_gib = 0.0
    for service in plan.services().values():
        (scaling,) = service.template["scaling"]
        cpu += scaling["max_instance_count"] * service.cpu
        memory_gib += scaling["max_instance_count"] * service.memory_gib
    assert cpu <= NEW_PROJECT_CPU and memory_gib <= NEW_PROJECT_GIB


FITTING_CHECKS: tuple[Callable[[Plan], None], ...] = (
    all_that_is_stored_is_encrypted_with_the_key,
    agents_may_use_the_key,
    requests_go_through_the_network,
    the_budget_is_that_of_the_project,
    the_defaults_fit_into_a_new_project,
)
