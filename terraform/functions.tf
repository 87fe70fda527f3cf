# The functions that only this project calls: one private Cloud Run service each. The gateway is in gateway.tf.

locals {
  # Seconds. Each timeout must be shorter than the next: a heartbeat renews the lease before it expires, a stage ends
  # itself at its deadline before Cloud Run cuts off its request, and that happens before the workflow's call times out.
  # The defaults are those of shared/settings.py.
  timeouts = {
    heartbeat      = tonumber(lookup(var.settings, "heartbeat", local.settings.heartbeat.default))
    lease          = tonumber(lookup(var.settings, "lease", local.settings.lease.default))
    stage_deadline = tonumber(lookup(var.settings, "stage_deadline", local.settings.stage_deadline.default))
    request        = 1740
    call           = tonumber(one(regex("timeout: (\\d+)", local.workflow_source)))
  }

  # Generated from shared/settings.py: each setting's default, type and description.
  settings = jsondecode(file("${path.module}/../shared/generated/settings.json"))

  # Settings that follow from other variables. `callers` is never set: Cloud Run checks the token before a function sees
  # it, and removes its signature.
  settings_by_terraform = [
    "audience", "callers", "cors_origins", "device", "event_queue", "events_topic", "firestore_database", "hub_token",
    "inbox", "keep_answer_days", "keep_days", "keep_work_days", "max_form_megabytes", "outbox", "region", "resources",
    "threads", "webhook_secret", "work", "workflow",
  ]

  environment = merge(
    { for setting, value in var.settings : "DROPSCRIBE_${upper(setting)}" => value },
    {
      GOOGLE_CLOUD_PROJECT          = var.project_id
      DROPSCRIBE_AUDIENCE           = local.audience
      DROPSCRIBE_INBOX              = module.inbox.name
      DROPSCRIBE_OUTBOX             = module.outbox.name
      DROPSCRIBE_WORK               = module.work.name
      DROPSCRIBE_WORKFLOW           = local.workflow
      DROPSCRIBE_FIRESTORE_DATABASE = google_firestore_database.jobs.name
      DROPSCRIBE_KEEP_DAYS          = var.keep_days
      DROPSCRIBE_KEEP_WORK_DAYS     = var.keep_work_days
      HF_HUB_OFFLINE                = lookup(var.settings, "download_models", "false") == "true" ? "0" : "1"
    },
    var.keep_answer_days == null ? {} : { DROPSCRIBE_KEEP_ANSWER_DAYS = var.keep_answer_days },
    local.for_traces,
  )

  # finalize and the gateway compute the cost of a job from the resources of all functions.
  resources = { for name, stage in local.stages : name => { cpu = stage.cpu, memory_gib = stage.memory_gib, gpu = stage.gpu } }
  for_costs = {
    DROPSCRIBE_RESOURCES = jsonencode(local.resources)
    DROPSCRIBE_REGION    = var.region
  }

  # Secrets that functions get as environment variables.
  has_hub_token  = var.hub_token_secret == null ? [] : keys(local.hub_readers)
  webhook_secret = { DROPSCRIBE_WEBHOOK_SECRET = google_secret_manager_secret.webhooks.secret_id }
}

module "function" {
  source   = "./modules/function"
  for_each = local.internal

  project_id      = var.project_id
  region          = var.region
  name            = "${var.name}-${each.key}"
  image           = lookup(var.images, each.key, null)
  service_account = google_service_account.identity[each.key].email
  callers         = local.callers[each.key]
  audience        = local.audience
  stage           = each.value
  timeouts        = local.timeouts
  kms_key         = var.kms_key
  network         = var.network
  labels          = local.labels
  environment = merge(
    local.environment,
    contains(keys(local.publishers), each.key) ? { DROPSCRIBE_EVENTS_TOPIC = local.job_events_topic } : {},
    each.key == "finalize" ? local.for_costs : {},
  )
  secrets = merge(
    contains(local.has_hub_token, each.key) ? { DROPSCRIBE_HUB_TOKEN = var.hub_token_secret } : {},
    contains(keys(local.webhook_signers), each.key) ? local.webhook_secret : {},
  )

  depends_on = [
    google_project_service.api,
    google_kms_crypto_key_iam_member.agents,
    google_secret_manager_secret_iam_member.hub_token,
    google_secret_manager_secret_iam_member.webhooks,
    google_secret_manager_secret_version.webhooks,
  ]
}
