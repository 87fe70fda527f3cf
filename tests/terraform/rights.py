"""Who may do what in a plan, in the words of docs/rights.yaml, and what else Google needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.model.stages import FUNCTIONS
from tests.terraform.fitting import AGENTS
from tests.terraform.plan import Plan, Resource
from tests.terraform.standin.values import PROJECT_NUMBER


@dataclass(frozen=True)
class Grant:
    who: str
    """An identity's name, or a member as it stands."""
    role: str
    on: str
    only: str = ""
    """The condition."""


ON = {
    "google_project_iam_member": "project",
    "google_storage_bucket_iam_member": "bucket",
    "google_cloud_run_v2_service_iam_member": "name",
    "google_pubsub_topic_iam_member": "topic",
    "google_pubsub_subscription_iam_member": "subscription",
    "google_service_account_iam_member": "service_account_id",
    "google_secret_manager_secret_iam_member": "secret_id",
    "google_kms_crypto_key_iam_member": "crypto_key_id",
}
"""Kind of grant -> the attribute that says on what. Any other kind is none of ours."""
OBJECT = 'resource.type == "storage.googleapis.com/Object"'
DELETABLE = {
    "recordings": f'{OBJECT} && !resource.name.endsWith("/options.json")',
    "audio": f'{OBJECT} && resource.name.endsWith(".wav")',
    "everything": OBJECT,
}
WORDS_AND_CHUNKS = (
    f'{OBJECT} && (resource.name.endsWith(".json") || resource.name.endsWith("-chunks.wav")) && '
    '(resource.name.extract("/objects/{job}/prepare/") != "" || '
    'resource.name.extract("/objects/{job}/transcribe/") != "" || '
    'resource.name.extract("/objects/{job}/align/") != "")'
)
EDITS = f'{OBJECT} && resource.name.endsWith("/edits.json")'
BUCKET_ROLES = {"read": "roles/storage.objectViewer", "write": "roles/storage.objectUser"}


def granted(plan: Plan) -> list[Grant]:
    return [grant(resource, plan) for resource in plan.resources if is_grant(resource)]


def is_grant(resource: Resource) -> bool:
    if resource.type == "google_project_iam_custom_role":
        return False  # it is granted to nobody by itself
    if is_legacy(resource):
        return False  # it takes roles away; checks.py looks at what is left
    words = ("_iam_", "_acl", "access_control")
    return any(word in resource.type for word in words)


def is_legacy(resource: Resource) -> bool:
    """Returns whether it says who has one of the roles that come with each new bucket."""
    if resource.type != "google_storage_bucket_iam_binding":
        return False
    return str(resource.values["role"]).startswith("roles/storage.legacy")


def grant(resource: Resource, plan: Plan) -> Grant:
    assert resource.type in ON, f"{resource.address} is a kind of grant that nobody looks through"
    values = resource.values
    conditions = [condition["expression"] for condition in values.get("condition") or []]
    return Grant(
        identity(values["member"], plan),
        values["role"],
        values[ON[resource.type]],
        "".join(conditions),
    )


def identity(member: str, plan: Plan) -> str:
    """The name in docs/rights.yaml, for one of ours."""
    kind, _, email = member.partition(":")
    name, _, domain = email.partition("@")
    ours = f"{plan.given['project_id']}.iam.gserviceaccount.com"
    return (
        name.removeprefix(f"{plan.given['name']}-")
        if (kind, domain) == ("serviceAccount", ours)
        else member
    )


def documented(plan: Plan) -> list[Grant]:
    """Returns what docs/rights.yaml and the variables say, and nothing more."""
    grants = [grant for who, rights in plan.rights.items() for grant in of(who, rights, plan)]
    return [*grants, *googles(plan), *api_callers(plan)]


def api_callers(plan: Plan) -> Iterator[Grant]:
    """Yields the right to call the API, of the members that the variables name."""
    members = list(plan.given["api_callers"])
    if plan.given["public"]:
        members.append("allUsers")
    for member in members:
        yield Grant(member, "roles/run.invoker", f"{plan.given['name']}-gateway")


def of(who: str, rights: dict[str, Any], plan: Plan) -> Iterator[Grant]:
    project, name = plan.given["project_id"], plan.given["name"]
    roles = {**BUCKET_ROLES, "list": own_role("lister", plan)}
    for bucket, access in rights.get("buckets", {}).items():
        yield Grant(who, roles[access], plan.bucket(bucket))
    for bucket, objects in rights.get("reads", {}).items():
        assert objects == "words and chunks"
        yield Grant(who, own_role("reader", plan), plan.bucket(bucket), WORDS_AND_CHUNKS)
    for bucket, objects in rights.get("writes", {}).items():
        assert objects == "edits"
        for role in ("reader", "creator", "deleter"):
            yield Grant(who, own_role(role, plan), plan.bucket(bucket), EDITS)
    for bucket, objects in rights.get("deletes", {}).items():
        role = own_role("deleter", plan)
        yield Grant(who, role, plan.bucket(bucket), DELETABLE[objects])
    if rights.get("documents") == "write":
        only = f'resource.name == "projects/{project}/databases/{name}"'
        yield Grant(who, "roles/datastore.user", project, only)
    for function in rights.get("calls", []):
        yield Grant(who, "roles/run.invoker", f"{name}-{function}")
    if rights.get("workflow"):
        yield Grant(who, "roles/workflows.invoker", project)
    if rights.get("publishes"):
        yield Grant(who, "roles/pubsub.publisher", f"{name}-job-events")
    if rights.get("hub_token") and plan.given["hub_token_secret"]:
        yield Grant(who, "roles/secretmanager.secretAccessor", plan.given["hub_token_secret"])
    if plan.given["traces"] and who in FUNCTIONS:
        yield Grant(who, "roles/telemetry.tracesWriter", project)
    if rights.get("webhook_secret"):
        yield Grant(who, "roles/secretmanager.secretAccessor", f"{name}-webhooks")


def own_role(name: str, plan: Plan) -> str:
    """Returns the full name of a role that the deployment makes for itself."""
    role_id = f"{plan.given['name']}_{name}".replace("-", "_")
    return f"projects/{plan.given['project_id']}/roles/{role_id}"


def of_the_key(agent: str, plan: Plan) -> Iterator[Grant]:
    """Yields the rights of those that encrypt what the topology stores with a key of one's own."""
    if plan.given["kms_key"] is None:
        return
    for domain in sorted(AGENTS):
        member = f"{agent}@{domain}.iam.gserviceaccount.com"
        yield Grant(member, "roles/cloudkms.cryptoKeyEncrypterDecrypter", plan.given["kms_key"])


def googles(plan: Plan) -> Iterator[Grant]:
    """What carries an event from a bucket to the workflow and to notify, as the documentation of
    Eventarc and Pub/Sub asks for it."""
    project, agent = plan.given["project_id"], f"serviceAccount:service-{PROJECT_NUMBER}"
    yield Grant("trigger", "roles/eventarc.eventReceiver", project)
    name, pubsub = plan.given["name"], f"{agent}@gcp-sa-pubsub.iam.gserviceaccount.com"
    yield Grant(pubsub, "roles/pubsub.publisher", f"{name}-late-events")
    yield Grant(pubsub, "roles/pubsub.subscriber", f"{name}-notify")
    for who in ("push", "trigger"):
        account = (
            f"projects/{project}/serviceAccounts/{name}-{who}@{project}.iam.gserviceaccount.com"
        )
        yield Grant(pubsub, "roles/iam.serviceAccountOpenIdTokenCreator", account)
    if not plan.given["grant_agents"]:
        return
    yield from of_the_key(agent, plan)
    yield Grant(
        f"{agent}@gcp-sa-eventarc.iam.gserviceaccount.com", "roles/eventarc.serviceAgent", project
    )
    yield Grant(
        f"{agent}@gs-project-accounts.iam.gserviceaccount.com", "roles/pubsub.publisher", project
    )
