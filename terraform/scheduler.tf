# Calls reconcile, which restarts jobs without an answer.
resource "google_cloud_scheduler_job" "reconcile" {
  project          = var.project_id
  region           = coalesce(var.scheduler_region, var.region)
  name             = "${var.name}-reconcile"
  description      = "Restarts jobs without an answer."
  schedule         = var.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "1800s" # the maximum; Cloud Run ends a sweep earlier

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
