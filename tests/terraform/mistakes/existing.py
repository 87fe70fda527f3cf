"""What goes wrong with buckets that exist."""

from typing import Any

from tests.terraform import checks, existing
from tests.terraform.mistakes.mistake import Mistake, Refusal, Says
from tests.terraform.standin.existing_buckets import KEPT_DAYS

FILE = "existing_buckets.tf"
SINCE = {"settings": {"recordings_since": "2026-12-01T00:00:00Z"}, "keep_answer_days": KEPT_DAYS}


def with_buckets(**buckets: str) -> dict[str, Any]:
    return {"buckets": buckets, **SINCE}


FIT = with_buckets(inbox="acme-calls", outbox="acme-answers", work="acme-speech-work")
LIFECYCLE = 'each.key == "inbox" || lookup(local.deletions'
WRITERS = """resource "google_storage_bucket_iam_member" "writers" {
  for_each = var.writers

  bucket = local.name
  role   = "roles/storage.objectUser"
  member = each.value
}"""

EXISTING = (
    Mistake(
        "a bucket is made beside one that exists",
        "modules/bucket/main.tf",
        "count = var.existing == null ? 1 : 0",
        "count = 1",
        existing.every_bucket_is_there_once,
        FIT,
    ),
    Mistake(
        "people who could read a bucket cannot any more",
        "modules/bucket/main.tf",
        "for_each = var.existing == null ? local.legacy_roles : {}",
        "for_each = local.legacy_roles",
        existing.buckets_that_exist_are_left_as_they_are,
        FIT,
    ),
    Mistake(
        "other programs cannot write to a bucket any more",
        "modules/bucket/main.tf",
        WRITERS,
        WRITERS.replace("_iam_member", "_iam_binding").replace(
            "member = each.value", "members = [each.value]"
        ),
        existing.buckets_that_exist_are_left_as_they_are,
        FIT,
    ),
    Mistake(
        "functions use the bucket that would have been made",
        "modules/bucket/outputs.tf",
        "local.name",
        "var.name",
        checks.functions_are_told_where_things_are,
        FIT,
    ),
    Mistake(
        "rights are granted on a bucket that is not there",
        "modules/bucket/main.tf",
        "name = coalesce(var.existing, one(google_storage_bucket.this[*].name))",
        "name = var.name",
        checks.rights_are_those_of_the_table,
        FIT,
    ),
    Mistake(
        "answers go into the inbox",
        "buckets.tf",
        "existing            = var.buckets.outbox",
        "existing            = var.buckets.inbox",
        checks.functions_are_told_where_things_are,
        FIT,
    ),
    Mistake(
        "the work bucket that exists is not used",
        "buckets.tf",
        "  existing            = var.buckets.work\n",
        "",
        existing.every_bucket_is_there_once,
        FIT,
    ),
    Mistake(
        "a bucket is looked at when all else is made",
        FILE,
        "  name = each.value\n",
        "  name = each.value\n\n  depends_on = [google_project_service.api]\n",
        existing.buckets_are_looked_at_before,
        FIT,
    ),
    Mistake(
        "a bucket of a multi-region is taken",
        FILE,
        "upper(self.location) == upper(var.region)",
        "upper(self.location) == upper(var.region) || length(self.location) == 2",
        Refusal("It must be in europe-west4"),
        with_buckets(outbox="in-the-eu"),
    ),
    Mistake(
        "an inbox of another project is taken",
        FILE,
        "tostring(self.project_number) == tostring(data.google_project.this.number)",
        "self.project_number != null",
        Refusal("belongs to another project"),
        with_buckets(inbox="of-another-project"),
    ),
    Mistake(
        "access lists on objects are taken",
        FILE,
        "self.uniform_bucket_level_access",
        'self.uniform_bucket_level_access || self.public_access_prevention == "enforced"',
        Refusal("has access lists on its objects"),
        with_buckets(inbox="with-access-lists"),
    ),
    Mistake(
        "a retention policy is taken that is not locked",
        FILE,
        "length(self.retention_policy) == 0",
        "alltrue([for policy in self.retention_policy : !policy.is_locked])",
        Refusal("has a retention policy or holds new objects"),
        with_buckets(inbox="with-retention"),
    ),
    Mistake(
        "a bucket is taken that holds new objects",
        FILE,
        " && !self.default_event_based_hold",
        "",
        Refusal("has a retention policy or holds new objects"),
        with_buckets(outbox="with-holds"),
    ),
    Mistake(
        "an inbox is taken whose requesters pay",
        FILE,
        "!self.requester_pays",
        '!self.requester_pays || each.key == "inbox"',
        Refusal("is paid for by its requesters"),
        with_buckets(inbox="paid-by-requesters"),
    ),
    Mistake(
        "an outbox is taken that keeps replaced answers",
        FILE,
        'each.key == "inbox" || !try(self.versioning',
        'each.key != "work" || !try(self.versioning',
        Refusal("keeps older versions of objects"),
        with_buckets(outbox="with-versions"),
    ),
    Mistake(
        "voices can be restored for a week, as Google has it by default",
        FILE,
        "retention_duration_seconds, 0) == 0",
        "retention_duration_seconds, 0) <= 604800",
        Refusal("can restore deleted objects"),
        with_buckets(work="with-soft-delete"),
    ),
    Mistake(
        "voices stay for ever",
        FILE,
        LIFECYCLE,
        LIFECYCLE.replace('== "inbox"', '!= "outbox"'),
        Refusal("must have one lifecycle rule"),
        with_buckets(work="that-keeps-all"),
    ),
    Mistake(
        "voices of one folder are deleted, and all others stay",
        FILE,
        "length(one(rule.condition).matches_prefix) + length(one(rule.condition).matches_suffix)",
        "length(one(rule.condition).matches_suffix)",
        Refusal("must have one lifecycle rule"),
        with_buckets(work="that-deletes-some"),
    ),
    Mistake(
        "answers are deleted before their jobs",
        FILE,
        LIFECYCLE,
        LIFECYCLE.replace('== "inbox"', '!= "work"'),
        Refusal("must delete answers after keep_answer_days"),
        with_buckets(outbox="that-deletes-early"),
    ),
    Mistake(
        "recordings are stored without a key of one's own",
        FILE,
        "var.kms_key == null || try(self.encryption",
        'each.key == "inbox" || var.kms_key == null || try(self.encryption',
        Refusal("has no key of its own"),
        {
            **with_buckets(inbox="without-a-key"),
            "kms_key": "projects/k/locations/europe-west4/keyRings/r/cryptoKeys/k",
        },
    ),
    Mistake(
        "all that was in an inbox before is transcribed",
        "variables.tf",
        'var.buckets.inbox == null || contains(keys(var.settings), "recordings_since")',
        "var.buckets.inbox == null || var.settings != null",
        Says(
            "test", 'run "an_inbox_that_exists_without_a_time"... fail', "tests/sharing.tftest.hcl"
        ),
    ),
    Mistake(
        "answers come back as recordings",
        "variables.tf",
        "length(distinct(compact(values(var.buckets)))) == length(compact(values(var.buckets)))",
        "length(distinct(values(var.buckets))) > 0",
        Says("test", 'run "one_bucket_for_two_things"... fail', "tests/sharing.tftest.hcl"),
    ),
    Mistake(
        "nothing says that erased recordings stay as older versions",
        FILE,
        '["inbox"].versioning[0]',
        '["outbox"].versioning[0]',
        existing.late_erasures_are_told,
        with_buckets(inbox="with-versions"),
    ),
    Mistake(
        "nothing says that erased answers can be restored",
        FILE,
        'kind == "work" || days',
        'kind != "inbox" || days',
        existing.late_erasures_are_told,
        with_buckets(outbox="with-soft-delete"),
    ),
    Mistake(
        "nothing says that a bucket may be opened to everybody",
        FILE,
        'bucket.public_access_prevention == "enforced"',
        'contains(["enforced", "inherited"], bucket.public_access_prevention)',
        existing.late_erasures_are_told,
        with_buckets(inbox="open-to-everybody"),
    ),
)
