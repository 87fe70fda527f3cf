# Who wants to know of answers subscribes to this topic.

locals {
  completions = "projects/${var.project_id}/topics/${google_pubsub_topic.completions.name}"
}

resource "google_pubsub_topic" "completions" {
  project = var.project_id
  name    = "${var.name}-completions"
  labels  = local.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.api]
}

resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = local.publishers

  project = var.project_id
  topic   = google_pubsub_topic.completions.name
  role    = "roles/pubsub.publisher"
  member  = each.value
}
