# The HTTP API: a Cloud Run service that is reached from outside the project.
#
# Cloud Run first checks that the caller has roles/run.invoker, unless the API is public. The gateway then checks the
# caller's API key, in any case. Keys are made by `dropscribe keys create` and are no part of Terraform's state.

locals {
  gateway = local.stages["gateway"]
  own_url = var.api_domain == null ? null : "https://${var.api_domain}"

  # vCPU that go with 0.5 GiB or more of memory, and the maximum in GiB.
  gateway_memory = { 1 = 4, 2 = 8, 4 = 16 }

  for_gateway = {
    DROPSCRIBE_EVENTS_TOPIC       = local.job_events_topic
    DROPSCRIBE_CORS_ORIGINS       = jsonencode(var.cors_origins)
    DROPSCRIBE_MAX_FORM_MEGABYTES = "32" # Cloud Run takes requests of 32 MiB. Larger recordings go to Cloud Storage.
    DROPSCRIBE_TRUSTED_PROXIES    = lookup(var.settings, "trusted_proxies", "1")
  }
}

resource "google_cloud_run_v2_service" "gateway" {
  project             = var.project_id
  location            = var.region
  name                = "${var.name}-gateway"
  labels              = local.labels
  ingress             = "INGRESS_TRAFFIC_ALL"
  custom_audiences    = local.own_url[*] # a caller's token may be made for it
  deletion_protection = false            # as that of the functions

  template {
    service_account                  = google_service_account.identity["gateway"].email
    timeout                          = "3600s" # the longest: a recording may be downloaded slowly
    max_instance_request_concurrency = local.gateway.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = local.labels
    encryption_key                   = var.kms_key

    dynamic "vpc_access" {
      for_each = var.network[*]
      content {
        egress = vpc_access.value.all_traffic ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
        network_interfaces {
          subnetwork = vpc_access.value.subnetwork
          tags       = vpc_access.value.tags
        }
      }
    }

    scaling {
      min_instance_count = local.gateway.min_instances
      max_instance_count = local.gateway.max_instances
    }

    containers {
      image = lookup(var.images, "gateway", null)

      resources {
        limits            = { cpu = tostring(local.gateway.cpu), memory = "${local.gateway.memory_gib * 1024}Mi" }
        cpu_idle          = true # CPU is billed per request
        startup_cpu_boost = true
      }

      # It loads no model, so it starts in seconds.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60
        http_get {
          path = "/health/live"
        }
      }

      # Looks at nothing but the process. Storage that does not answer is no reason to restart it.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = "/health/live"
        }
      }

      dynamic "env" {
        for_each = merge(local.environment, local.for_costs, local.for_gateway)
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.webhook_secret
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(keys(var.images), "gateway")
      error_message = "images names none for ${var.name}-gateway. `make push` builds them and writes images.auto.tfvars.json."
    }
    precondition {
      condition     = local.gateway.memory_gib >= 0.5 && local.gateway.memory_gib <= lookup(local.gateway_memory, local.gateway.cpu, 0)
      error_message = "${var.name}-gateway: it has 1, 2 or 4 vCPU, and from 0.5 GiB to 4 GiB for each of them."
    }
    precondition {
      condition     = local.gateway.min_instances >= 0 && local.gateway.max_instances >= 1 && local.gateway.min_instances <= local.gateway.max_instances
      error_message = "${var.name}-gateway: min_instances is at least 0, max_instances at least 1 and not below it."
    }
  }

  depends_on = [
    google_project_service.api,
    google_kms_crypto_key_iam_member.agents,
    google_secret_manager_secret_iam_member.webhooks,
    google_secret_manager_secret_version.webhooks,
  ]
}

# An organisation's policy iam.allowedPolicyMemberDomains refuses allUsers: see docs/deploy.md.
resource "google_cloud_run_v2_service_iam_member" "api_callers" {
  for_each = toset(concat(var.api_callers, var.public ? ["allUsers"] : []))

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.gateway.name
  role     = "roles/run.invoker"
  member   = each.value
}
