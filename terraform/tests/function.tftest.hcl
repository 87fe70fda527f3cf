# What a function may run on, and what is refused. Of the module alone.

mock_provider "google" {}

variables {
  project_id      = "acme-speech"
  region          = "europe-west4"
  name            = "dropscribe-transcribe"
  image           = "europe-west4-docker.pkg.dev/acme-speech/dropscribe/transcribe@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  service_account = "dropscribe-transcribe@acme-speech.iam.gserviceaccount.com"
  callers         = { workflow = "serviceAccount:dropscribe-workflow@acme-speech.iam.gserviceaccount.com" }
  audience        = "dropscribe.acme-speech"
  stage           = { model = true, cpu = 4, memory_gib = 8, gpu = null, concurrency = 1, min_instances = 0, max_instances = 5 }
  timeouts        = { heartbeat = 15, lease = 60, stage_deadline = 1500, request = 1740, call = 1800 }
  environment     = {}
  labels          = {}
}

run "on_cpu" {
  command = plan
  module { source = "./modules/function" }

  assert {
    condition     = google_cloud_run_v2_service.this.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "Only the project's own Workflows and Scheduler reach it."
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].containers[0].resources[0].cpu_idle
    error_message = "Billed for requests only."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe) == 0
    error_message = "A stage at work answers nobody else."
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.callers) == 1
    error_message = "Who may call it is named."
  }
}

run "on_an_l4" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 4, memory_gib = 16, gpu = "l4", concurrency = 1, min_instances = 0, max_instances = 3 }
  }

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].node_selector[0].accelerator == "nvidia-l4"
    error_message = "It has an L4."
  }
  assert {
    condition     = !google_cloud_run_v2_service.this.template[0].containers[0].resources[0].cpu_idle
    error_message = "A GPU wants its CPU always on."
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].gpu_zonal_redundancy_disabled
    error_message = "A job can wait; the redundant quota is dearer and another one."
  }
  assert {
    condition = contains([
      for variable in google_cloud_run_v2_service.this.template[0].containers[0].env : "${variable.name}=${variable.value}"
    ], "DROPSCRIBE_DEVICE=cuda")
    error_message = "The model is told to use it."
  }
}

run "without_an_image" {
  command = plan
  module { source = "./modules/function" }
  variables { image = null }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "on_three_vcpu" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 3, memory_gib = 4, gpu = null, concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "with_more_memory_than_its_vcpu_may_have" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 2, memory_gib = 16, gpu = null, concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "on_four_vcpu_with_the_memory_of_eight" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 4, memory_gib = 32, gpu = null, concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "on_a_gpu_of_another_kind" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 8, memory_gib = 32, gpu = "a100", concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "on_an_l4_with_too_few_vcpu" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 2, memory_gib = 8, gpu = "l4", concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "on_an_l4_with_too_little_memory" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 4, memory_gib = 8, gpu = "l4", concurrency = 1, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "a_model_with_two_requests_at_once" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 4, memory_gib = 8, gpu = null, concurrency = 2, min_instances = 0, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "more_instances_at_least_than_at_most" {
  command = plan
  module { source = "./modules/function" }
  variables {
    stage = { model = true, cpu = 4, memory_gib = 8, gpu = null, concurrency = 1, min_instances = 2, max_instances = 1 }
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "a_lease_shorter_than_a_heartbeat" {
  command = plan
  module { source = "./modules/function" }
  variables { timeouts = { heartbeat = 90, lease = 60, stage_deadline = 1500, request = 1740, call = 1800 } }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "a_deadline_beyond_the_request" {
  command = plan
  module { source = "./modules/function" }
  variables { timeouts = { heartbeat = 15, lease = 60, stage_deadline = 1730, request = 1740, call = 1800 } }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "a_request_beyond_the_workflows_patience" {
  command = plan
  module { source = "./modules/function" }
  variables { timeouts = { heartbeat = 15, lease = 60, stage_deadline = 1500, request = 1800, call = 1800 } }
  expect_failures = [google_cloud_run_v2_service.this]
}
