# Webhooks: Pub/Sub pushes each job event to notify, which sends it to the endpoints that people registered.
#
# notify answers 503 while an endpoint is still to be tried again, and Pub/Sub then pushes the event again. The topic's
# own subscription does so for the first half hour or so. What is still not delivered goes to a second topic, the
# dead-letter topic of the first, whose subscription tries for days: an endpoint that is down delays no other.

locals {
  # Seconds. notify answers within its own deadline, which is shorter (functions/notify).
  push_ack_deadline = 300

  # As long as Pub/Sub keeps a message. notify's last try is after less than four days (shared/jobs/webhook_records.py).
  push_retention = "604800s"
}

# Events that were not delivered by the first pushes. Their subscription is to be alone with them.
resource "google_pubsub_topic" "late_events" {
  project = var.project_id
  name    = "${var.name}-late-events"
  labels  = local.labels

  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_subscription" "notify" {
  project                    = var.project_id
  name                       = "${var.name}-notify"
  topic                      = google_pubsub_topic.job_events.id
  labels                     = local.labels
  ack_deadline_seconds       = local.push_ack_deadline
  message_retention_duration = local.push_retention

  push_config {
    push_endpoint = module.function["notify"].uri

    oidc_token {
      service_account_email = google_service_account.identity["push"].email
      audience              = local.audience
    }
  }

  # 10 attempts at such intervals take 40 minutes.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.late_events.id
    max_delivery_attempts = 10
  }

  # Never: Pub/Sub would delete a subscription that has had nothing to do for a month.
  expiration_policy {
    ttl = ""
  }
}

# Has no dead letters itself: after its retention an event is lost. An alert comes days before.
resource "google_pubsub_subscription" "late_notify" {
  project                    = var.project_id
  name                       = "${var.name}-notify-late"
  topic                      = google_pubsub_topic.late_events.id
  labels                     = local.labels
  ack_deadline_seconds       = local.push_ack_deadline
  message_retention_duration = local.push_retention

  push_config {
    push_endpoint = module.function["notify"].uri

    oidc_token {
      service_account_email = google_service_account.identity["push"].email
      audience              = local.audience
    }
  }

  retry_policy {
    minimum_backoff = "300s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }
}

# What Pub/Sub's service agent needs to move a message to the dead-letter topic.
resource "google_pubsub_topic_iam_member" "pubsub_agent" {
  project = var.project_id
  topic   = google_pubsub_topic.late_events.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "pubsub_agent" {
  project      = var.project_id
  subscription = google_pubsub_subscription.notify.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

# The secret from which the secrets of all webhooks are computed. Its value is made at the first apply and is neither in
# the plan nor in Terraform's state, because `secret_data_wo` is written and never read.
resource "google_secret_manager_secret" "webhooks" {
  project             = var.project_id
  secret_id           = "${var.name}-webhooks"
  labels              = local.labels
  deletion_protection = var.deletion_protection # without it no receiver could verify anything any more

  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

resource "google_secret_manager_secret_version" "webhooks" {
  secret                 = google_secret_manager_secret.webhooks.id
  secret_data_wo         = "${uuid()}${uuid()}" # 244 random bits, which an apply draws when it makes a new version
  secret_data_wo_version = "1"
}

resource "google_secret_manager_secret_iam_member" "webhooks" {
  for_each = local.webhook_signers

  project   = var.project_id
  secret_id = google_secret_manager_secret.webhooks.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
