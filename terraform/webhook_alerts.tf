# Alerts about webhooks as a whole, among those on metrics (alerts.tf). An endpoint that fails is no reason for one: its owner sees it, and it is paused.

locals {
  subscription = "resource.type=\"pubsub_subscription\" resource.labels.subscription_id"
  notify       = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${module.function["notify"].name}\""

  webhook_alerts = {
    unreachable = {
      says      = "notify is not reached"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/push_request_count\" ${local.subscription}=one_of(\"${google_pubsub_subscription.notify.name}\",\"${google_pubsub_subscription.late_notify.name}\") metric.labels.response_class=one_of(\"remote_server_4xx\",\"unreachable\",\"deadline_exceeded\",\"invalid\")"
      aligner   = "ALIGN_DELTA"
      threshold = 0
      duration  = "600s"
      what      = "Pub/Sub cannot push job events to notify: it may not, or notify does not start. No webhook is sent meanwhile, and all are sent after the repair, within a week: docs/operations.md."
    }
    failing = {
      says      = "notify fails"
      filter    = "metric.type=\"run.googleapis.com/request_count\" ${local.notify} metric.labels.response_code_class=\"5xx\" metric.labels.response_code!=\"503\""
      aligner   = "ALIGN_DELTA"
      threshold = 0
      duration  = "0s"
      what      = "A bug or too little memory: the log of notify has the reason. Pub/Sub pushes the event again: docs/operations.md."
    }
    waiting = {
      says      = "job events wait for their first push"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" ${local.subscription}=\"${google_pubsub_subscription.notify.name}\""
      aligner   = "ALIGN_MAX"
      threshold = 7200
      duration  = "0s"
      what      = "After 40 minutes an event is delivered or has gone to the dead-letter topic. One that has not waits for notify or for a right of Pub/Sub's service agent: docs/operations.md."
    }
    dead = {
      says      = "job events will be lost"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" ${local.subscription}=\"${google_pubsub_subscription.late_notify.name}\""
      aligner   = "ALIGN_MAX"
      threshold = 432000 # 5 days
      duration  = "0s"
      what      = "notify gives up an endpoint after four days, and Pub/Sub loses an event after seven. One that is older than five was never dealt with: docs/operations.md."
    }
  }
}
