"""What must hold of whatever lasts: where it is, what it is called, and that it is gone when it is
erased."""

from tests.terraform.plan import Plan

NAMES = ("repository_id", "account_id", "secret_id", "display_name", "name")
"""The first that it has is the one that we give it."""


def erased_is_gone(plan: Plan) -> None:
    """Buckets' own soft delete, which is asked for, aside."""
    for bucket in plan.of("storage_bucket"):
        assert not bucket.values.get("default_event_based_hold") and not bucket.values.get(
            "retention_policy"
        )
    (database,) = plan.of("firestore_database")
    assert (
        database.values.get("point_in_time_recovery_enablement") != "POINT_IN_TIME_RECOVERY_ENABLED"
    )
    assert not plan.of("firestore_backup_schedule")
    for topic in plan.of("pubsub_topic"):
        kept = topic.values.get("message_retention_duration")
        assert not kept, "a message names its recording"
    for subscription in plan.of("pubsub_subscription"):
        assert not subscription.values.get("retain_acked_messages"), "a message names its recording"


def nothing_is_paid_for_after_it_is_gone(plan: Plan) -> None:
    """As the classes for what is seldom read are: for a month at the least."""
    for bucket in plan.of("storage_bucket"):
        assert bucket.values.get("storage_class") in (None, "STANDARD")


def everything_is_in_one_region(plan: Plan) -> None:
    """The schedule aside, which holds no data."""
    for resource in plan.resources:
        if resource.type == "google_cloud_scheduler_job":
            continue
        for place in ("location", "location_id", "region"):
            assert resource.values.get(place) in (None, plan.given["region"]), resource.address


def everything_is_named_after_its_deployment(plan: Plan) -> None:
    """Another one in the same project would be in its way. A grant has the name of what it is on,
    which may be somebody else's."""
    made = [resource for resource in plan.resources if not resource.type.endswith("_iam_member")]
    for resource in made:
        names = [resource.values[name] for name in NAMES if resource.values.get(name)]
        assert not names or plan.given["name"] in names[0], resource.address
