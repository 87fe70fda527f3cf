"""What must hold of the gateway's service in any plan."""

import json
from collections.abc import Callable

from shared.jobs.key_store import KEY
from tests.terraform.plan import Plan, Service, texts

BODY_LIMIT = 32 << 20
"""Bytes of a request that Cloud Run passes on, over HTTP/1."""
LONGEST_REQUEST = 3600.0
"""Seconds that Cloud Run lets a request take."""


def gateway_of(plan: Plan) -> Service:
    return plan.services()["gateway"]


def the_api_is_reached_from_outside(plan: Plan) -> None:
    gateway = gateway_of(plan)
    assert gateway.values["ingress"] == "INGRESS_TRAFFIC_ALL"
    domain = plan.given["api_domain"]
    own = [f"https://{domain}"] if domain else []
    assert list(gateway.values.get("custom_audiences") or []) == own


def api_callers_may_call_it(plan: Plan) -> None:
    """Each has a grant on this very service."""
    grants = plan.of("cloud_run_v2_service_iam_member")
    on_gateway = {
        grant.values["member"]
        for grant in grants
        if grant.values["name"] == f"{plan.given['name']}-gateway"
    }
    public = {"allUsers"} if plan.given["public"] else set()
    assert on_gateway == {*plan.given["api_callers"], *public}


def the_gateway_is_watched(plan: Plan) -> None:
    """A start takes seconds, and a process that hangs is replaced. The probes look at nothing
    else, so that storage which does not answer restarts no instance."""
    container = gateway_of(plan).container
    (startup,), (liveness,) = container["startup_probe"], container["liveness_probe"]
    for probe in (startup, liveness):
        assert probe["http_get"][0]["path"] == "/health/live"
        assert probe["timeout_seconds"] <= probe["period_seconds"]
    assert 30 <= startup["period_seconds"] * startup["failure_threshold"] <= 240
    assert startup["period_seconds"] == 1, "the first request waits for the next look"
    assert liveness["failure_threshold"] >= 3, "one slow look restarts nothing"


def the_gateway_serves_many_at_once(plan: Plan) -> None:
    gateway = gateway_of(plan)
    assert gateway.template["max_instance_request_concurrency"] == 80
    assert gateway.timeout == LONGEST_REQUEST, "a recording may be downloaded slowly"
    assert gateway.resources["startup_cpu_boost"] is True


def the_gateway_knows_its_pages_and_limits(plan: Plan) -> None:
    told = gateway_of(plan).environment
    assert json.loads(told["DROPSCRIBE_CORS_ORIGINS"]) == plan.given["cors_origins"]
    largest_file = float(told["DROPSCRIBE_MAX_FORM_MEGABYTES"]) * 1e6
    assert 0.9 * BODY_LIMIT < largest_file < BODY_LIMIT, "a form has other fields, too"
    given = plan.given["settings"].get("trusted_proxies", "1")
    assert told["DROPSCRIBE_TRUSTED_PROXIES"] == given, "Cloud Run's front end is one"


def no_key_is_in_the_state(plan: Plan) -> None:
    """`dropscribe keys create` makes keys. Terraform knows neither them nor their hashes."""
    made = {resource.type for resource in plan.resources}
    kinds = ("random_", "google_firestore_document")
    assert not [type_ for type_ in made if type_.startswith(kinds)]
    for resource in plan.resources:
        keys = [text for text in texts(resource.values) if KEY.search(text)]
        assert not keys, resource.address


GATEWAY_CHECKS: tuple[Callable[[Plan], None], ...] = (
    the_api_is_reached_from_outside,
    api_callers_may_call_it,
    the_gateway_is_watched,
    the_gateway_serves_many_at_once,
    the_gateway_knows_its_pages_and_limits,
    no_key_is_in_the_state,
)
