# The job documents, in a database that no other deployment or application shares.

locals {
  # Collections whose documents are deleted at the time in their field `expires`.
  collections = [
    "jobs", "tasks", "reconcile", "keys", "sessions", "login_codes", "uploads", "events", "batches", "webhooks", "deliveries",
  ]

  # Fields that are never queried alone, and can be long or rise with each job. Firestore indexes each field by itself
  # unless it is told not to, which makes writes more expensive.
  unindexed = {
    "jobs/problem" = { collection = "jobs", field = "problem" }
    "jobs/results" = { collection = "jobs", field = "results" }
    "jobs/options" = { collection = "jobs", field = "options" }

    "jobs/folders"  = { collection = "jobs", field = "folders" }
    "jobs/position" = { collection = "jobs", field = "position" }
    "jobs/updated"  = { collection = "jobs", field = "updated" }
    "jobs/ended"    = { collection = "jobs", field = "ended" }

    "jobs/options_in_force" = { collection = "jobs", field = "options_in_force" }
    "jobs/figures"          = { collection = "jobs", field = "figures" }
    "jobs/tags"             = { collection = "jobs", field = "tags" }

    "batches/folders"    = { collection = "batches", field = "folders" }
    "batches/position"   = { collection = "batches", field = "position" }
    "batches/updated"    = { collection = "batches", field = "updated" }
    "batches/ended_jobs" = { collection = "batches", field = "ended_jobs" }
    "batches/metadata"   = { collection = "batches", field = "metadata" }

    "events/batch"    = { collection = "events", field = "batch" }
    "events/number"   = { collection = "events", field = "number" }
    "events/position" = { collection = "events", field = "position" }
    "events/time"     = { collection = "events", field = "time" }
    "events/updated"  = { collection = "events", field = "updated" }
    "events/folders"  = { collection = "events", field = "folders" }
    "events/job.tags" = { collection = "events", field = "job.tags" }

    "webhooks/folders"  = { collection = "webhooks", field = "folders" }
    "webhooks/position" = { collection = "webhooks", field = "position" }

    "deliveries/attempts" = { collection = "deliveries", field = "attempts" }
    "deliveries/folders"  = { collection = "deliveries", field = "folders" }
    "deliveries/position" = { collection = "deliveries", field = "position" }
    "deliveries/next_try" = { collection = "deliveries", field = "next_try" }
    "deliveries/updated"  = { collection = "deliveries", field = "updated" }

    "uploads/recording.options" = { collection = "uploads", field = "recording.options" }
    "uploads/recording.tags"    = { collection = "uploads", field = "recording.tags" }
  }

  # The pages of shared/jobs/: the jobs of a folder, perhaps those of a state, in an order. Counts use the second, and
  # the third finds the job that has waited longest. Then the events that follow one, the last event, the open
  # batches of a job, webhooks and the deliveries of one.
  pages = {
    "newest"          = { collection = "jobs", order = "position DESCENDING" }
    "newest-of-state" = { collection = "jobs", order = "state ASCENDING, position DESCENDING" }
    "oldest-of-state" = { collection = "jobs", order = "state ASCENDING, updated ASCENDING" }
    "last-ended"      = { collection = "jobs", order = "ended DESCENDING" }
    "next-events"     = { collection = "events", order = "position ASCENDING" }
    "last-event"      = { collection = "events", order = "position DESCENDING" }
    "batches-of-job"  = { collection = "batches", order = "state ASCENDING, position DESCENDING" }
    "webhooks"        = { collection = "webhooks", order = "position DESCENDING" }
    "deliveries"      = { collection = "deliveries", order = "position DESCENDING" }
  }
}

resource "google_firestore_database" "jobs" {
  project                 = var.project_id
  name                    = var.name
  location_id             = var.region
  type                    = "FIRESTORE_NATIVE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy         = var.deletion_protection ? "ABANDON" : "DELETE"

  dynamic "cmek_config" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = cmek_config.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

resource "google_firestore_field" "expires" {
  for_each = toset(local.collections)

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.key
  field      = "expires"

  deletion_policy = "ABANDON" # it goes with the database, and Firestore refuses changes of many fields at once

  ttl_config {}
  index_config {} # an index on a timestamp becomes a hot spot
}

resource "google_firestore_index" "page" {
  for_each = local.pages

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.value.collection

  fields {
    field_path   = "folders"
    array_config = "CONTAINS"
  }

  dynamic "fields" {
    for_each = split(", ", each.value.order)
    content {
      field_path = split(" ", fields.value)[0]
      order      = split(" ", fields.value)[1]
    }
  }
}

# The stage records in a state that changed since a time: what live events are made of, and what a job waits for.
resource "google_firestore_index" "changes" {
  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = "tasks"

  fields {
    field_path = "state"
    order      = "ASCENDING"
  }

  fields {
    field_path = "updated"
    order      = "ASCENDING"
  }
}

resource "google_firestore_field" "unindexed" {
  for_each = local.unindexed

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.value.collection
  field      = each.value.field

  deletion_policy = "ABANDON"

  index_config {}
}
