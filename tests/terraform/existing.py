"""What must hold of a plan with buckets that exist (`buckets`)."""

import re

from tests.terraform.plan import Plan, Resource
from tests.terraform.standin.existing_buckets import DAY, existing_bucket

ONLY_ADDS = "google_storage_bucket_iam_member"
"""The only type of resource that adds a right to a bucket and changes nothing else."""


def buckets_that_exist_are_left_as_they_are(plan: Plan) -> None:
    for resource in plan.resources:
        names = {resource.values.get("bucket"), resource.values.get("name")}
        if names & set(plan.existing_buckets().values()):
            assert resource.type == ONLY_ADDS, resource.address


def every_bucket_is_there_once(plan: Plan) -> None:
    made = {kind_of(bucket) for bucket in plan.of("storage_bucket")}
    assert made == {"inbox", "outbox", "work"} - plan.existing_buckets().keys()


def kind_of(resource: Resource) -> str:
    """Returns inbox, outbox or work, for a resource of the module of that name."""
    (kind,) = re.findall(r"^module[.](\w+)[.]", resource.address)
    return str(kind)


def buckets_are_looked_at_before(plan: Plan) -> None:
    """What is read only at the apply is refused when half of the rest is made."""
    read = {
        resource["index"]: resource["values"]["name"]
        for resource in plan.read_before()
        if resource["type"] == "google_storage_bucket"
    }
    assert read == plan.existing_buckets()


def late_erasures_are_told(plan: Plan) -> None:
    """A plan warns of a bucket that keeps what is erased, or that may be opened to everybody."""
    buckets = {kind: existing_bucket(name) for kind, name in plan.existing_buckets().items()}
    wanted = set()
    if buckets.get("inbox", {}).get("versioning"):
        wanted.add("The inbox keeps older versions of objects")
    for kind in buckets.keys() - {"work"}:
        seconds = buckets[kind]["soft_delete_policy"][0]["retention_duration_seconds"]
        if seconds > plan.given["soft_delete_days"].get(kind, 0) * DAY:
            wanted.add("An inbox or outbox can restore deleted objects")
    for bucket in buckets.values():
        if bucket["public_access_prevention"] != "enforced":
            wanted.add("A bucket that exists may be opened to everybody")
    told = plan.warnings()
    assert len(told) == len(wanted)
    for begin in wanted:
        assert [text for text in told if text.startswith(begin)], begin


EXISTING_CHECKS = (
    buckets_that_exist_are_left_as_they_are,
    every_bucket_is_there_once,
    buckets_are_looked_at_before,
    late_erasures_are_told,
)
