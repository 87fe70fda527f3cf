# What is refused before anything is made, and by which variable.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id = "acme-speech"
  region     = "europe-west4"
  images = {
    for function in ["prepare", "transcribe", "align", "diarize", "finalize", "reconcile", "gateway", "notify"] :
    function => "europe-west4-docker.pkg.dev/acme-speech/dropscribe/${function}@sha256:${format("%064d", 1)}"
  }
}

run "a_project_number" {
  command = plan
  variables { project_id = "123456789012" }
  expect_failures = [var.project_id]
}

run "a_multi_region" {
  command = plan
  variables { region = "eu" }
  expect_failures = [var.region]
}

run "a_key_of_another_region" {
  command = plan
  variables { kms_key = "projects/acme-keys/locations/europe-west1/keyRings/speech/cryptoKeys/dropscribe" }
  expect_failures = [var.kms_key]
}

run "a_subnet_by_its_name_only" {
  command = plan
  variables { network = { subnetwork = "speech" } }
  expect_failures = [var.network]
}

run "a_name_too_long" {
  command = plan
  variables { name = "nineteen-characters" }
  expect_failures = [var.name]
}

run "an_image_by_tag" {
  command = plan
  variables { images = { prepare = "europe-west4-docker.pkg.dev/acme-speech/dropscribe/prepare:latest" } }
  expect_failures = [var.images]
}

run "a_function_that_there_is_not" {
  command = plan
  variables { stages = { summarize = { cpu = 2 } } }
  expect_failures = [var.stages]
}

run "a_gpu_without_a_model" {
  command = plan
  variables { stages = { finalize = { gpu = "l4" } } }
  expect_failures = [var.stages]
}

run "a_setting_misspelt" {
  command = plan
  variables { settings = { whispermodel = "large-v3" } }
  expect_failures = [var.settings]
}

run "a_setting_of_terraforms" {
  command = plan
  variables { settings = { inbox = "another" } }
  expect_failures = [var.settings]
}

run "a_device_without_a_gpu" {
  command = plan
  variables { settings = { device = "cuda" } }
  expect_failures = [var.settings]
}

run "more_threads_than_vcpu" {
  command = plan
  variables { settings = { threads = "4" } }
  expect_failures = [var.settings]
}

run "a_check_that_cloud_run_has_done" {
  command = plan
  variables { settings = { callers = "[\"a@example.com\"]" } }
  expect_failures = [var.settings]
}

run "a_token_in_place_of_its_name" {
  command = plan
  variables { hub_token_secret = "projects/acme-speech/secrets/hub" }
  expect_failures = [var.hub_token_secret]
}

run "work_gone_at_once" {
  command = plan
  variables { keep_work_days = 0 }
  expect_failures = [var.keep_work_days]
}

run "answers_gone_at_once" {
  command = plan
  variables { keep_answer_days = 0 }
  expect_failures = [var.keep_answer_days]
}

run "documents_for_half_a_day" {
  command = plan
  variables { keep_days = 1.5 }
  expect_failures = [var.keep_days]
}

run "soft_delete_for_a_day" {
  command = plan
  variables { soft_delete_days = { inbox = 1 } }
  expect_failures = [var.soft_delete_days]
}

run "any_page" {
  command = plan
  variables { cors_origins = ["*"] }
  expect_failures = [var.cors_origins]
}

run "everybody_as_a_caller" {
  command = plan
  variables { api_callers = ["allUsers"] }
  expect_failures = [var.api_callers]
}

run "a_domain_with_a_scheme" {
  command = plan
  variables { api_domain = "https://speech.example.com" }
  expect_failures = [var.api_domain]
}

run "pages_of_the_api_among_the_settings" {
  command = plan
  variables { settings = { cors_origins = "[\"https://example.com\"]" } }
  expect_failures = [var.settings]
}

run "a_gateway_without_an_image" {
  command = plan
  variables {
    images = {
      for function in ["prepare", "transcribe", "align", "diarize", "finalize", "reconcile", "notify"] :
      function => "europe-west4-docker.pkg.dev/acme-speech/dropscribe/${function}@sha256:${format("%064d", 1)}"
    }
  }
  expect_failures = [google_cloud_run_v2_service.gateway]
}

run "a_gateway_with_more_memory_than_its_vcpu_may_have" {
  command = plan
  variables { stages = { gateway = { memory_gib = 8 } } }
  expect_failures = [google_cloud_run_v2_service.gateway]
}

run "a_gateway_with_more_instances_at_least_than_at_most" {
  command = plan
  variables { stages = { gateway = { min_instances = 5 } } }
  expect_failures = [google_cloud_run_v2_service.gateway]
}

run "no_schedule" {
  command = plan
  variables { schedule = "hourly" }
  expect_failures = [var.schedule]
}

run "no_address" {
  command = plan
  variables { alert_emails = ["speech-team"] }
  expect_failures = [var.alert_emails]
}

run "labels_in_capitals" {
  command = plan
  variables { labels = { Team = "speech" } }
  expect_failures = [var.labels]
}
