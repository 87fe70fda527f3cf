# A dashboard in Cloud Monitoring: what comes in, what waits and why, what failed, and what it takes.

locals {
  of_services  = "resource.type=\"cloud_run_revision\" resource.labels.service_name=one_of(${local.service_names})"
  of_gateway   = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${var.name}-gateway\""
  of_workflow  = "resource.type=\"workflows.googleapis.com/Workflow\" resource.labels.workflow_id=\"${local.workflow_name}\""
  own_metric   = "metric.type=\"logging.googleapis.com/user/${var.name}"
  by_service   = ["resource.label.\"service_name\""]
  timed_stages = concat(["prepare"], [for name, default in local.defaults : name if default.model])

  # Two charts a row. An aligner makes one value of each five minutes, a reducer adds up what is not in `by`.
  charts = concat([
    { title = "Jobs that ended, by state", filter = "${local.own_metric}/jobs\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.label.\"state\""] },
    { title = "Failures, by problem", filter = "${local.own_metric}/jobs\" metric.labels.state=\"failed\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.label.\"problem\""] },
    { title = "Executions started", filter = "metric.type=\"workflows.googleapis.com/started_execution_count\" ${local.of_workflow}", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = [] },
    { title = "Executions that ended, by status", filter = "metric.type=\"workflows.googleapis.com/finished_execution_count\" ${local.of_workflow}", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.label.\"status\""] },
    { title = "Calls that found no free instance (429)", filter = "metric.type=\"run.googleapis.com/request_count\" ${local.of_services} resource.labels.service_name!=\"${var.name}-gateway\" metric.labels.response_code=\"429\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = local.by_service },
    { title = "Requests that the API refused, by status", filter = "metric.type=\"run.googleapis.com/request_count\" ${local.of_gateway} metric.labels.response_code=one_of(\"401\",\"403\",\"413\",\"429\")", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.label.\"response_code\""] },
    { title = "Requests that failed (5xx)", filter = "metric.type=\"run.googleapis.com/request_count\" ${local.of_services} metric.labels.response_code_class=\"5xx\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = local.by_service },
    { title = "Instances", filter = "metric.type=\"run.googleapis.com/container/instance_count\" ${local.of_services}", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", by = local.by_service },
    { title = "Billed seconds of instances", filter = "metric.type=\"run.googleapis.com/container/billable_instance_time\" ${local.of_services}", aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = local.by_service },
    { title = "Slowest of twenty requests, in milliseconds", filter = "metric.type=\"run.googleapis.com/request_latencies\" ${local.of_services}", aligner = "ALIGN_PERCENTILE_95", reducer = "REDUCE_MAX", by = local.by_service },
    { title = "Age of the oldest event that waits, in seconds", filter = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\" resource.labels.subscription_id=monitoring.regex.full_match(\"(eventarc-${var.region}-${var.name}-upload-sub-[0-9]+|${var.name}-notify(-late)?)\")", aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = ["resource.label.\"subscription_id\""] },
    { title = "Cost of a transcript in USD, median", filter = "${local.own_metric}/cost\"", aligner = "ALIGN_PERCENTILE_50", reducer = "REDUCE_MEAN", by = [] },
    { title = "Length of the audio in seconds, median", filter = "${local.own_metric}/audio_seconds\"", aligner = "ALIGN_PERCENTILE_50", reducer = "REDUCE_MEAN", by = [] },
    ], [
    for stage in local.timed_stages :
    { title = "${stage}: seconds of work for a second of audio, median", filter = "${local.own_metric}/rtf/${stage}\"", aligner = "ALIGN_PERCENTILE_50", reducer = "REDUCE_MEAN", by = [] }
  ])

  # Numbers in the line that finalize logs at the end of a job.
  logged_numbers = merge(
    { cost = "cost_usd", audio_seconds = "audio_seconds" },
    { for stage in local.timed_stages : "rtf/${stage}" => "rtf.${stage}" },
  )
}

resource "google_logging_metric" "numbers" {
  for_each = local.logged_numbers

  project         = var.project_id
  name            = "${var.name}/${each.key}"
  description     = "${each.value} of the jobs that ended with a transcript."
  filter          = "${local.settled} jsonPayload.${each.value}>=0"
  value_extractor = "EXTRACT(jsonPayload.${each.value})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = var.name
    mosaicLayout = {
      columns = 12
      tiles = [for index, chart in local.charts : {
        xPos   = index % 2 * 6
        yPos   = floor(index / 2) * 4
        width  = 6
        height = 4
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = chart.filter
                  aggregation = {
                    alignmentPeriod    = "300s"
                    perSeriesAligner   = chart.aligner
                    crossSeriesReducer = chart.reducer
                    groupByFields      = chart.by
                  }
                }
              }
            }]
          }
        }
      }]
    }
  })

  depends_on = [google_project_service.api]
}
