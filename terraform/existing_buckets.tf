# Buckets that exist already and are not managed here (`buckets`). Nothing of them is changed. What would lose recordings or answers,
# or keep what is erased, is refused before anything is made; what their owner may want is a warning.

locals {
  existing = { for kind, name in var.buckets : kind => name if name != null }

  # Days after which a bucket has to delete its objects by itself, as text; empty: never.
  deletions = { work = tostring(var.keep_work_days), outbox = join("", var.keep_answer_days[*]) }

  # Days for which Cloud Storage can restore what is deleted.
  restorable = { for kind, bucket in data.google_storage_bucket.existing : kind =>
    try(bucket.soft_delete_policy[0].retention_duration_seconds, 0) / 86400
  }
}

# It is read when a plan is made, so it waits for nothing.
data "google_storage_bucket" "existing" {
  for_each = local.existing

  name = each.value

  lifecycle {
    postcondition {
      condition     = upper(self.location) == upper(var.region)
      error_message = "${each.value} is in ${self.location}. It must be in ${var.region}, as everything is: Eventarc refuses a trigger elsewhere, and recordings would leave their region."
    }
    postcondition {
      condition     = each.key != "inbox" || tostring(self.project_number) == tostring(data.google_project.this.number)
      error_message = "${each.value} belongs to another project. Eventarc passes on the uploads of buckets of ${var.project_id} only."
    }
    postcondition {
      condition     = self.uniform_bucket_level_access
      error_message = "${each.value} has access lists on its objects. Roles on a bucket do not reach all objects then: turn on uniform bucket-level access."
    }
    postcondition {
      condition     = length(self.retention_policy) == 0 && !self.default_event_based_hold
      error_message = "${each.value} has a retention policy or holds new objects. Answers could not be replaced, and recordings not be erased."
    }
    postcondition {
      condition     = !self.requester_pays
      error_message = "${each.value} is paid for by its requesters. The functions name no project that pays."
    }
    postcondition {
      condition     = each.key == "inbox" || !try(self.versioning[0].enabled, false)
      error_message = "${each.value} keeps older versions of objects, so replaced answers and erased voices would stay. Turn versioning off."
    }
    postcondition {
      condition     = each.key != "work" || try(self.soft_delete_policy[0].retention_duration_seconds, 0) == 0
      error_message = "${each.value} can restore deleted objects. It holds embeddings of voices, which must be gone when they are deleted: set its soft delete to 0."
    }
    postcondition {
      condition = each.key == "inbox" || lookup(local.deletions, each.key, "") == join(",", [
        for rule in self.lifecycle_rule :
        length(one(rule.condition).matches_prefix) + length(one(rule.condition).matches_suffix) == 0 ? one(rule.condition).age : "only some"
        if one(rule.action).type == "Delete"
      ])
      error_message = each.key == "work" ? "${each.value} must have one lifecycle rule that deletes objects, all of them after ${var.keep_work_days} days (keep_work_days): they hold embeddings of voices." : "${each.value} must delete answers after keep_answer_days, ${var.keep_answer_days == null ? "which is null: it must delete none" : "${var.keep_answer_days}, and none before"}. Jobs are kept as long as their answers."
    }
    postcondition {
      condition     = var.kms_key == null || try(self.encryption[0].default_kms_key_name, "") != ""
      error_message = "${each.value} has no key of its own, but kms_key is set. Give it a default key; its owner chooses which."
    }
  }
}

check "erasures" {
  assert {
    condition     = !try(data.google_storage_bucket.existing["inbox"].versioning[0].enabled, false)
    error_message = "The inbox keeps older versions of objects. A recording that is erased stays as one until the inbox deletes it."
  }
  assert {
    condition     = alltrue([for kind, days in local.restorable : kind == "work" || days <= lookup(var.soft_delete_days, kind, 0)])
    error_message = "An inbox or outbox can restore deleted objects for longer than soft_delete_days says. An erasure is complete only then."
  }
}

check "public_access" {
  assert {
    condition     = alltrue([for bucket in data.google_storage_bucket.existing : bucket.public_access_prevention == "enforced"])
    error_message = "A bucket that exists may be opened to everybody: enforce public access prevention on it, unless a policy of the organisation does."
  }
}
