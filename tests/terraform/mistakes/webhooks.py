"""What keeps a job event from notify, or lets others push, read or lose it."""

from tests.terraform import checks, webhooks
from tests.terraform.lasting import erased_is_gone
from tests.terraform.mistakes.mistake import Mistake

FIRST_TOPIC = "  topic                      = google_pubsub_topic.job_events.id\n"
FIRST_BACKOFF = """    minimum_backoff = "10s"
    maximum_backoff = "600s"
"""
LATE_END = """    minimum_backoff = "300s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
"""

WEBHOOKS = (
    Mistake(
        "only late events are pushed",
        "webhooks.tf",
        FIRST_TOPIC,
        FIRST_TOPIC.replace("job_events", "late_events"),
        webhooks.events_are_pushed_to_notify,
    ),
    Mistake(
        "Pub/Sub pushes as the scheduler, which may not call notify",
        "webhooks.tf",
        """    oidc_token {
      service_account_email = google_service_account.identity["push"].email
      audience              = local.audience
    }
  }

  # 10""",
        """    oidc_token {
      service_account_email = google_service_account.identity["scheduler"].email
      audience              = local.audience
    }
  }

  # 10""",
        webhooks.only_push_is_the_caller,
    ),
    Mistake(
        "a failed push is repeated at once",
        "webhooks.tf",
        f"  retry_policy {{\n{FIRST_BACKOFF}  }}\n",
        "",
        webhooks.a_push_is_repeated_with_growing_pauses,
    ),
    Mistake(
        "endpoints that are down for hours slow down all others",
        "webhooks.tf",
        "max_delivery_attempts = 10",
        "max_delivery_attempts = 100",
        webhooks.what_fails_for_long_delays_nothing_else,
    ),
    Mistake(
        "a week without late events ends their subscription",
        "webhooks.tf",
        LATE_END,
        LATE_END.replace('""', '"604800s"'),
        webhooks.events_last_longer_than_the_tries,
    ),
    Mistake(
        "events are lost before the last try",
        "webhooks.tf",
        'push_retention = "604800s"',
        'push_retention = "259200s"',
        webhooks.events_last_longer_than_the_tries,
    ),
    Mistake(
        "delivered events are kept with the names of recordings",
        "webhooks.tf",
        FIRST_TOPIC,
        f"{FIRST_TOPIC}  retain_acked_messages      = true\n",
        erased_is_gone,
    ),
    Mistake(
        "Pub/Sub may not move dead letters",
        "webhooks.tf",
        "  topic   = google_pubsub_topic.late_events.name\n",
        "  topic   = google_pubsub_topic.job_events.name\n",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "Pub/Sub may act as push in everything",
        "agents.tf",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.serviceAccountUser",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the secret of webhooks is in the state",
        "webhooks.tf",
        '  secret_data_wo         = "${uuid()}${uuid()}" '
        "# 244 random bits, which an apply draws when it makes a new version\n"
        '  secret_data_wo_version = "1"\n',
        '  secret_data = "${uuid()}${uuid()}"\n',
        webhooks.the_webhook_secret_is_not_in_the_state,
    ),
    Mistake(
        "all functions read the secret of webhooks",
        "webhooks.tf",
        "for_each = local.webhook_signers",
        "for_each = local.member",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "notify has no secret to sign with",
        "functions.tf",
        "contains(keys(local.webhook_signers), each.key) ? local.webhook_secret : {}",
        "{}",
        checks.only_who_may_read_a_secret_has_it,
    ),
    Mistake(
        "the secret of webhooks can be deleted with everything that was signed with it",
        "webhooks.tf",
        "deletion_protection = var.deletion_protection",
        "deletion_protection = false",
        checks.the_secret_of_webhooks_is_protected,
    ),
    Mistake(
        "an endpoint that is tried again is an alert",
        "webhook_alerts.tf",
        ' metric.labels.response_code!=\\"503\\"',
        "",
        webhooks.alerts_come_before_events_are_lost,
    ),
    Mistake(
        "the alert about lost events comes after them",
        "webhook_alerts.tf",
        "threshold = 432000",
        "threshold = 864000",
        webhooks.alerts_come_before_events_are_lost,
    ),
)
