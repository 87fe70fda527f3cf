# Workflows logs the start and the end of each execution, whatever call_log_level says. The start has the execution's
# argument: the recording's name and metadata, such as a prompt. These logs are dropped before they are stored. Google's
# list of executions still has the arguments, for 90 days.
resource "google_logging_project_exclusion" "executions" {
  project     = var.project_id
  name        = "${var.name}-executions"
  description = "Starts and ends of ${local.workflow_name}, which name recordings."

  filter = join(" ", [
    "resource.type=\"workflows.googleapis.com/Workflow\"",
    "resource.labels.workflow_id=\"${local.workflow_name}\"",
    "logName=\"projects/${var.project_id}/logs/workflows.googleapis.com%2Fexecutions_system\"",
  ])

  depends_on = [google_project_service.api]
}
