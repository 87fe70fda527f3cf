# Calls reconcile, which starts again what has no answer.
resource "google_cloud_scheduler_job" "reconcile" {
  project          = var.project_id
  region           = var.region
  name             = "${var.name}-reconcile"
  description      = "Starts again what has no answer."
  schedule         = var.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "1800s" # the most there is; a sweep is cut off before

  http_target {
    http_method = "POST"
    uri         = module.function["reconcile"].uri
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oidc_token {
      service_account_email = google_service_account.identity["scheduler"].email
      audience              = local.audience
    }
  }

  depends_on = [google_project_service.api]
}
