# E-mail alerts about failed jobs, recordings without an answer, and parts that do nothing. Like the logs, a message has the
# job's id and never the recording's name.
#
# Google sends at most 20 messages a day for a policy on logs. Policies on metrics have no such limit.

locals {
  logs_of  = { for name in ["finalize", "reconcile"] : name => "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${module.function[name].name}\"" }
  settled  = "${local.logs_of["finalize"]} jsonPayload.message=\"settled\""
  given_up = "${local.logs_of["reconcile"]} jsonPayload.message=\"swept\" jsonPayload.given_up>0"

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
      filter = "(${local.settled} jsonPayload.state=\"retryable\") OR (${local.given_up})"
      what   = "A run ended without an answer. reconcile restarts the job, at most five times. If this repeats, see the logs of the functions and docs/operations.md."
    }
  }
}

# Counts jobs by their final state and problem, for charts.
resource "google_logging_metric" "jobs" {
  project     = var.project_id
  name        = "${var.name}/jobs"
  description = "Jobs that ended, by state: done, failed, retryable, cancelled."
  filter      = local.settled

  label_extractors = { state = "EXTRACT(jsonPayload.state)", problem = "EXTRACT(jsonPayload.problem)" }
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key         = "state"
      value_type  = "STRING"
      description = "State in which the job ended."
    }
    labels {
      key         = "problem"
      value_type  = "STRING"
      description = "Type of its problem; empty if there is none."
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

locals {
  # Seconds without a sweep after which reconcile counts as dead: six times the interval of a schedule in minutes, or
  # nearly a day, the most that Google compares, for another.
  sweep_minutes = try(tonumber(regex("^[*]/(\\d+) [*] [*] [*] [*]$", var.schedule)[0]), 235)
  sweep_silence = min(84600, max(1800, local.sweep_minutes * 6 * 60))

  # Of Google's own metrics, because a policy on a metric of ours is refused until there is a value.
  metric_alerts = {
    crashing = {
      says      = "a function fails"
      filter    = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.labels.service_name=one_of(${local.service_names}) metric.labels.response_code=\"500\""
      aligner   = "ALIGN_DELTA"
      threshold = 10
      duration  = "0s"
      what      = "More than ten requests to a function ended with 500 within five minutes: a bug, or an instance that has too little memory. Its log has the reason."
    }
    undelivered = {
      says      = "uploads start nothing"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" ${local.subscription}=monitoring.regex.full_match(\"eventarc-${var.region}-${var.name}-upload-sub-[0-9]+\")"
      aligner   = "ALIGN_MAX"
      threshold = 900
      duration  = "0s"
      what      = "Events of uploads have waited for the workflow for a quarter of an hour. reconcile starts the recordings meanwhile. See the trigger in the console (Eventarc), and docs/operations.md."
    }
  }
}

resource "google_monitoring_alert_policy" "metrics" {
  for_each = merge(local.metric_alerts, local.webhook_alerts)

  project               = var.project_id
  display_name          = "${var.name}: ${each.value.says}"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = local.labels

  conditions {
    display_name = each.value.says
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = each.value.aligner
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.what
  }

  depends_on = [google_project_service.api]
}

# A dead reconcile leaves recordings without an answer, and nothing else says so.
resource "google_monitoring_alert_policy" "silence" {
  project               = var.project_id
  display_name          = "${var.name}: reconcile is not at work"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = local.labels

  conditions {
    display_name = "no sweep has ended well"
    condition_absent {
      filter   = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${module.function["reconcile"].name}\" metric.labels.response_code_class=\"2xx\""
      duration = "${local.sweep_silence}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "reconcile, which restarts jobs without an answer, has not swept for ${local.sweep_silence / 60} minutes. See the schedule (Cloud Scheduler) and the log of ${module.function["reconcile"].name}: docs/operations.md."
  }

  depends_on = [google_project_service.api]
}
