# Job events are published to this topic when a job ends. Webhooks get them from here, too: see webhooks.tf.

locals {
  job_events_topic = "projects/${var.project_id}/topics/${google_pubsub_topic.job_events.name}"
}

resource "google_pubsub_topic" "job_events" {
  project = var.project_id
  name    = "${var.name}-job-events"
  labels  = local.labels

  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = local.publishers

  project = var.project_id
  topic   = google_pubsub_topic.job_events.name
  role    = "roles/pubsub.publisher"
  member  = each.value
}
