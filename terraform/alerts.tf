# E-mail alerts about failed jobs and about recordings without an answer. Like the logs, a message has the job's id and
# never the recording's name.

locals {
  logs_of  = { for name in ["finalize", "reconcile"] : name => "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${module.function[name].name}\"" }
  settled  = "${local.logs_of["finalize"]} jsonPayload.message=\"settled\""
  restarts = "${local.logs_of["reconcile"]} jsonPayload.message=\"swept\" (jsonPayload.started>0 OR jsonPayload.given_up>0)"

  alerts = {
    failed = {
      says   = "a job failed"
      filter = "${local.settled} jsonPayload.state=\"failed\""
      what   = "A job failed. problem.json in the outbox says why, and docs/operations.md what to do."
    }
    incomplete = {
      says   = "an answer is incomplete"
      filter = "${local.settled} jsonPayload.warnings=~\"^(speakers_unknown|alignment_failed)$\""
      what   = "A stage failed for good, and the answer was written without its part. Its warnings say why. After the repair, a redrive completes it: docs/operations.md."
    }
    retryable = {
      says   = "a recording has no answer"
      filter = "(${local.settled} jsonPayload.state=\"retryable\") OR (${local.restarts})"
      what   = "A run ended without an answer. reconcile restarts the job, at most five times. If this repeats, see the logs of the functions and docs/operations.md."
    }
  }
}

# Counts jobs by their final state, for charts.
resource "google_logging_metric" "jobs" {
  project     = var.project_id
  name        = "${var.name}/jobs"
  description = "Jobs that ended, by state: done, failed, retryable, cancelled."
  filter      = local.settled

  label_extractors = { state = "EXTRACT(jsonPayload.state)" }
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key         = "state"
      value_type  = "STRING"
      description = "State in which the job ended."
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  project      = var.project_id
  display_name = "${var.name}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
  user_labels  = local.labels

  depends_on = [google_project_service.api]
}

# The alerts match log lines. A policy on the metric is refused until the metric has data, and cannot name the job.
resource "google_monitoring_alert_policy" "jobs" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "${var.name}: ${each.value.says}"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = local.labels

  conditions {
    display_name = each.value.says
    condition_matched_log {
      filter           = each.value.filter
      label_extractors = { job = "EXTRACT(jsonPayload.job_id)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.what
  }
}
