# The chain: workflows/transcription.yaml as it is; where to call comes from the environment.
resource "google_workflows_workflow" "transcription" {
  project             = var.project_id
  region              = var.region
  name                = local.workflow_name
  description         = "One recording in the inbox becomes one answer in the outbox."
  service_account     = google_service_account.identity["workflow"].email
  source_contents     = local.workflow_source
  call_log_level      = "LOG_NONE" # a call's arguments hold recordings' names, which no log may
  labels              = local.labels
  deletion_protection = var.deletion_protection

  user_env_vars = merge(
    { for stage in local.rights.workflow.calls : "STAGE_URL_${upper(stage)}" => module.function[stage].uri },
    { STAGE_AUDIENCE = local.audience },
  )

  depends_on = [google_project_service.api]
}
