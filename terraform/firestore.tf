# The job documents, in a database that no other deployment or application shares.

locals {
  # Collections whose documents are deleted at the time in their field `expires`.
  collections = ["jobs", "tasks", "reconcile", "keys", "sessions"]

  # Fields that shared/adapters/firestore.py queries. Each query has one field, so no composite index is needed.
  indexes = {
    "jobs/updated"        = { collection = "jobs", field = "updated", order = "DESCENDING" }
    "jobs/state"          = { collection = "jobs", field = "state", order = "ASCENDING" }
    "jobs/notification"   = { collection = "jobs", field = "notification", order = "ASCENDING" }
    "jobs/audio_deletion" = { collection = "jobs", field = "audio_deletion", order = "ASCENDING" }
    "jobs/source.name"    = { collection = "jobs", field = "source.name", order = "ASCENDING" }
    "keys/updated"        = { collection = "keys", field = "updated", order = "DESCENDING" }
    "keys/key_id"         = { collection = "keys", field = "key_id", order = "ASCENDING" }
    "tasks/updated"       = { collection = "tasks", field = "updated", order = "DESCENDING" }
  }

  # Fields that are never queried and can be long. An index would only make writes more expensive.
  unindexed = {
    "jobs/problem" = { collection = "jobs", field = "problem" }
    "jobs/results" = { collection = "jobs", field = "results" }
    "jobs/options" = { collection = "jobs", field = "options" }
  }
}

resource "google_firestore_database" "jobs" {
  project                 = var.project_id
  name                    = var.name
  location_id             = var.region
  type                    = "FIRESTORE_NATIVE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy         = var.deletion_protection ? "ABANDON" : "DELETE"

  depends_on = [google_project_service.api]
}

resource "google_firestore_field" "expires" {
  for_each = toset(local.collections)

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.key
  field      = "expires"

  ttl_config {}
  index_config {} # an index on a timestamp becomes a hot spot
}

resource "google_firestore_field" "index" {
  for_each = local.indexes

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.value.collection
  field      = each.value.field

  index_config {
    indexes {
      order       = each.value.order
      query_scope = "COLLECTION"
    }
  }
}

resource "google_firestore_field" "unindexed" {
  for_each = local.unindexed

  project    = var.project_id
  database   = google_firestore_database.jobs.name
  collection = each.value.collection
  field      = each.value.field

  index_config {}
}
