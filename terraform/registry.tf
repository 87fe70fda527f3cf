# Repository for the images of `make push`. It is created before the functions: see docs/deploy.md.
resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = var.name
  format        = "DOCKER"
  description   = "Images of ${var.name}'s functions."
  labels        = local.labels
  kms_key_name  = var.kms_key

  # The last five images of each function are kept for rollbacks. Older ones are deleted after a month. Docker may push
  # three versions an image: an index, the image and its attestation.
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 15
    }
  }
  cleanup_policies {
    id     = "delete-the-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}
