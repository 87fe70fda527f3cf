# An upload to the inbox starts an execution. The trigger is created last, because executions fail until all else exists.
resource "google_eventarc_trigger" "upload" {
  project                 = var.project_id
  location                = var.region # must be the bucket's location
  name                    = "${var.name}-upload"
  service_account         = google_service_account.identity["trigger"].email
  event_data_content_type = "application/json"
  labels                  = local.labels

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.storage.object.v1.finalized"
  }
  matching_criteria {
    attribute = "bucket"
    value     = module.inbox.name
  }

  destination {
    workflow = google_workflows_workflow.transcription.id
  }

  depends_on = [
    google_project_iam_member.eventarc_agent,
    google_project_iam_member.storage_agent,
    google_service_account_iam_member.pubsub_agent,
    google_project_iam_member.events,
    google_project_iam_member.executions,
    google_project_iam_member.documents,
    google_logging_project_exclusion.executions,
    module.function,
    module.inbox,
    module.work,
    module.outbox,
  ]
}
