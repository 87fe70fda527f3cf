# The workflow is workflows/transcription.yaml, unchanged. It reads the URLs that it calls from the environment.
resource "google_workflows_workflow" "transcription" {
  project             = var.project_id
  region              = var.region
  name                = local.workflow_name
  description         = "Turns a recording in the inbox into an answer in the outbox."
  service_account     = google_service_account.identity["workflow"].email
  source_contents     = local.workflow_source
  call_log_level      = "LOG_NONE" # a call's arguments hold names of recordings, which must not be logged
  labels              = local.labels
  crypto_key_name     = var.kms_key
  deletion_protection = false # it holds no data

  user_env_vars = merge(
    { for stage in local.rights.workflow.calls : "STAGE_URL_${upper(stage)}" => module.function[stage].uri },
    { STAGE_AUDIENCE = local.audience },
  )

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}
