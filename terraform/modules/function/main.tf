# A function as a private Cloud Run service, and the right to call it.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

locals {
  on_gpu = var.stage.gpu != null

  # Maximum memory, in GiB, that Cloud Run allows per number of vCPU.
  most_memory = { 1 = 4, 2 = 8, 4 = 16, 6 = 24, 8 = 32 }

  # Seconds between two looks whether the function has started, and that it may take for an answer.
  probe = var.stage.model ? { period = 10, timeout = 5 } : { period = 2, timeout = 2 }

  environment = merge(
    {
      WORKERS            = "1"
      THREADS            = tostring(var.stage.concurrency)
      DROPSCRIBE_THREADS = tostring(var.stage.cpu)
      OMP_NUM_THREADS    = tostring(var.stage.cpu)
    },
    local.on_gpu ? { DROPSCRIBE_DEVICE = "cuda", DROPSCRIBE_COMPUTE_TYPE = "float16" } : {},
    var.environment,
  )
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  labels              = var.labels
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY" # Workflows and Scheduler of the same project count as internal
  custom_audiences    = [var.audience]
  deletion_protection = false # it holds no data, and one whose first start failed must be replaced

  template {
    service_account                  = var.service_account
    timeout                          = "${var.timeouts.request}s"
    max_instance_request_concurrency = var.stage.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    gpu_zonal_redundancy_disabled    = local.on_gpu ? true : null # redundancy costs more, and a job can wait
    labels                           = var.labels
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
      min_instance_count = var.stage.min_instances
      max_instance_count = var.stage.max_instances
    }

    dynamic "node_selector" {
      for_each = local.on_gpu ? ["nvidia-${var.stage.gpu}"] : []
      content {
        accelerator = node_selector.value
      }
    }

    containers {
      image = var.image

      resources {
        limits = merge(
          { cpu = tostring(var.stage.cpu), memory = "${var.stage.memory_gib * 1024}Mi" },
          local.on_gpu ? { "nvidia.com/gpu" = "1" } : {},
        )
        cpu_idle          = !local.on_gpu # CPU is billed per request; a GPU needs it always on
        startup_cpu_boost = true
      }

      # A model is loaded before the first request, in at most 240 s, the longest that Cloud Run waits. The other
      # functions start in seconds, and their first request waits for the next look. There is no liveness probe, because
      # a busy stage cannot answer it. A stage that hangs is ended by its own deadline.
      startup_probe {
        period_seconds    = local.probe.period
        timeout_seconds   = local.probe.timeout
        failure_threshold = 240 / local.probe.period
        http_get {
          path = "/health" # Cloud Run reserves paths that end in z
        }
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secrets
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
      condition     = var.image != null
      error_message = "images names none for ${var.name}. `make push` builds them and writes images.auto.tfvars.json."
    }
    precondition {
      condition     = contains(keys(local.most_memory), tostring(var.stage.cpu))
      error_message = "${var.name}: Cloud Run has 1, 2, 4, 6 or 8 vCPU."
    }
    precondition {
      condition     = var.stage.memory_gib >= 0.5 && var.stage.memory_gib <= lookup(local.most_memory, var.stage.cpu, 0)
      error_message = "${var.name}: ${var.stage.cpu} vCPU go with 0.5 to ${lookup(local.most_memory, var.stage.cpu, 0)} GiB."
    }
    precondition {
      condition     = !local.on_gpu || var.stage.gpu == "l4"
      error_message = "${var.name}: the images' CUDA 12 runs on l4; there is no image for another GPU."
    }
    precondition {
      condition     = !local.on_gpu || (var.stage.cpu >= 4 && var.stage.memory_gib >= 16)
      error_message = "${var.name}: an L4 needs at least 4 vCPU and 16 GiB."
    }
    precondition {
      condition     = !var.stage.model || var.stage.concurrency == 1
      error_message = "${var.name}: a model answers one request at a time."
    }
    precondition {
      condition     = var.stage.min_instances >= 0 && var.stage.max_instances >= 1 && var.stage.min_instances <= var.stage.max_instances
      error_message = "${var.name}: min_instances is at least 0, max_instances at least 1 and not below it."
    }
    precondition {
      condition = (
        var.timeouts.heartbeat < var.timeouts.lease
        && var.timeouts.lease < var.timeouts.stage_deadline
        && var.timeouts.stage_deadline + var.timeouts.heartbeat < var.timeouts.request # it is checked at each heartbeat
        && var.timeouts.request < var.timeouts.call
      )
      error_message = "Each must be shorter than the next: heartbeat, lease, stage_deadline, the service's ${var.timeouts.request} s, the workflow's ${var.timeouts.call} s."
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "callers" {
  for_each = var.callers

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
