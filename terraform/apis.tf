# Google APIs that are used. They stay enabled on destroy, because other software may use them.
resource "google_project_service" "api" {
  for_each = toset(concat(var.kms_key == null ? [] : ["cloudkms.googleapis.com"], local.trace_apis, [
    "artifactregistry.googleapis.com",
    "cloudscheduler.googleapis.com",
    "eventarc.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
    "workflowexecutions.googleapis.com",
    "workflows.googleapis.com",
  ]))

  project            = var.project_id
  service            = each.key
  disable_on_destroy = false
}
