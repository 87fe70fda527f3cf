# Traces of the jobs in Cloud Trace, off by default. Each function sends its own spans to the Telemetry API, and may do
# nothing else there: it reads no trace.

locals {
  trace_writers = { for name in keys(local.defaults) : name => local.member[name] if var.traces }
  for_traces    = var.traces ? { DROPSCRIBE_TRACES = "google" } : {}
  trace_apis    = var.traces ? ["cloudtrace.googleapis.com", "telemetry.googleapis.com"] : []
}

resource "google_project_iam_member" "traces" {
  for_each = local.trace_writers

  project = var.project_id
  role    = "roles/telemetry.tracesWriter"
  member  = each.value
}
