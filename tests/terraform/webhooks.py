"""What must hold in any plan of the way from a job event to notify."""

from collections.abc import Callable
from typing import Any

from shared.adapters.queued_events import KEPT
from shared.jobs.webhook_records import JITTER, RETRY_SECONDS
from tests.terraform.plan import Plan, texts

LONGEST_TRIES = sum(RETRY_SECONDS) * (1 + JITTER)
"""Seconds from the end of a job to the last try at an endpoint."""
FIRST_PUSHES = "notify"
LATE_PUSHES = "notify-late"


def subscriptions(plan: Plan) -> dict[str, dict[str, Any]]:
    """Returns the subscriptions by their names, without the deployment's."""
    prefix = f"{plan.given['name']}-"
    found = plan.of("pubsub_subscription")
    return {one.values["name"].removeprefix(prefix): one.values for one in found}


def events_are_pushed_to_notify(plan: Plan) -> None:
    """The first pushes are of the topic that finalize publishes to, the late ones of its dead
    letters."""
    assert set(subscriptions(plan)) == {FIRST_PUSHES, LATE_PUSHES}
    topics = {
        "notify": "google_pubsub_topic.job_events.id",
        "late_notify": "google_pubsub_topic.late_events.id",
    }
    for name, topic in topics.items():
        address = f"google_pubsub_subscription.{name}"
        assert topic in plan.refers_to(address, "topic")
        assert 'module.function["notify"].uri' in plan.refers_to(address, "push_config")


def only_push_is_the_caller(plan: Plan) -> None:
    project, name = plan.given["project_id"], plan.given["name"]
    (audience,) = plan.services()["notify"].values["custom_audiences"]
    for subscription in subscriptions(plan).values():
        (push,) = subscription["push_config"]
        email = f"{name}-push@{project}.iam.gserviceaccount.com"
        assert push["oidc_token"] == [{"audience": audience, "service_account_email": email}]
        assert not push.get("no_wrapper"), "notify reads the message's attributes from the body"


def a_push_is_repeated_with_growing_pauses(plan: Plan) -> None:
    for subscription in subscriptions(plan).values():
        (policy,) = subscription["retry_policy"] or [{}]
        shortest, longest = policy.get("minimum_backoff"), policy.get("maximum_backoff")
        assert shortest in ("10s", "300s") and longest == "600s"
        assert 120 <= subscription["ack_deadline_seconds"] <= 600, "notify needs time for an answer"


def what_fails_for_long_delays_nothing_else(plan: Plan) -> None:
    found = subscriptions(plan)
    (policy,) = found[FIRST_PUSHES]["dead_letter_policy"] or [{}]
    assert 5 <= policy.get("max_delivery_attempts", 0) <= 20, "Pub/Sub slows all pushes down"
    letters = plan.refers_to("google_pubsub_subscription.notify", "dead_letter_policy")
    assert "google_pubsub_topic.late_events.id" in letters
    assert not found[LATE_PUSHES]["dead_letter_policy"]


def events_last_longer_than_the_tries(plan: Plan) -> None:
    for subscription in subscriptions(plan).values():
        kept = float(subscription["message_retention_duration"].removesuffix("s"))
        assert kept == KEPT.total_seconds() > LONGEST_TRIES
        assert subscription["expiration_policy"] == [{"ttl": ""}], (
            "a subscription without messages is deleted after 31 days"
        )


def alerts_come_before_events_are_lost(plan: Plan) -> None:
    policies = {
        policy.key: policy.values["conditions"][0]
        for policy in plan.of("monitoring_alert_policy")
        if policy.key in ("unreachable", "failing", "waiting", "dead")
    }
    assert len(policies) == 4
    conditions = {}
    for name, policy in policies.items():
        (conditions[name],) = policy["condition_threshold"]
        assert conditions[name]["comparison"] == "COMPARISON_GT"
    deployment = plan.given["name"]
    age = 'metric.type="pubsub.googleapis.com/subscription/oldest_unacked_message_age"'
    for name, subscription in (("waiting", FIRST_PUSHES), ("dead", LATE_PUSHES)):
        named = f'resource.labels.subscription_id="{deployment}-{subscription}"'
        assert {age, named} <= set(conditions[name]["filter"].split(" "))
    assert LONGEST_TRIES < conditions["dead"]["threshold_value"] < KEPT.total_seconds()
    failing = conditions["failing"]["filter"]
    assert f'resource.labels.service_name="{deployment}-notify"' in failing
    assert 'metric.labels.response_code!="503"' in failing, "503 asks for another push"
    unreachable = conditions["unreachable"]["filter"]
    assert f'one_of("{deployment}-notify","{deployment}-notify-late")' in unreachable
    assert "remote_server_4xx" in unreachable and "remote_server_5xx" not in unreachable


def the_webhook_secret_is_not_in_the_state(plan: Plan) -> None:
    (version,) = plan.of("secret_manager_secret_version")
    assert version.address == "google_secret_manager_secret_version.webhooks"
    assert not version.values.get("secret_data") and not version.unknown.get("secret_data")
    assert not version.values.get("secret_data_wo"), "Terraform stores no write-only argument"
    configured = plan.expressions(version.address)
    assert "secret_data_wo" in configured and "secret_data" not in configured
    (secret,) = plan.of("secret_manager_secret")
    (replication,) = secret.values["replication"]
    assert plan.given["region"] in texts(replication), "it is where everything is"
    assert not replication["auto"]


WEBHOOK_CHECKS: tuple[Callable[[Plan], None], ...] = (
    events_are_pushed_to_notify,
    only_push_is_the_caller,
    a_push_is_repeated_with_growing_pauses,
    what_fails_for_long_delays_nothing_else,
    events_last_longer_than_the_tries,
    alerts_come_before_events_are_lost,
    the_webhook_secret_is_not_in_the_state,
)
