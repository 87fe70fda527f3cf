# Google's own accounts that carry an upload's event from Cloud Storage through Pub/Sub to Eventarc. They come first:
# a trigger is refused until they may, and that takes a minute or two to be true everywhere.

data "google_project" "this" {
  project_id = var.project_id
}

data "google_storage_project_service_account" "this" {
  project = var.project_id # asking for it makes it
}

resource "google_project_iam_member" "eventarc_agent" {
  project = var.project_id
  role    = "roles/eventarc.serviceAgent"
  member  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-eventarc.iam.gserviceaccount.com"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "storage_agent" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.this.member

  depends_on = [google_project_service.api]
}
