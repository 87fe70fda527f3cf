# What stands when nothing but the least is said. Runs without credentials: nothing is made, and no answer is real.

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

run "stands" {
  command = apply

  assert {
    condition     = output.inbox == "acme-speech-dropscribe-inbox" && output.outbox == "acme-speech-dropscribe-outbox" && output.work == "acme-speech-dropscribe-work"
    error_message = "Three buckets, named after project and deployment."
  }
  assert {
    condition     = output.upload_command == "gcloud storage cp call.mp3 gs://acme-speech-dropscribe-inbox/"
    error_message = "The user is told how to upload."
  }
  assert {
    condition     = output.read_command == "gcloud storage cat gs://acme-speech-dropscribe-outbox/call.mp3/transcript.txt"
    error_message = "The user is told how to read."
  }
  assert {
    condition     = output.repository == "europe-west4-docker.pkg.dev/acme-speech/dropscribe"
    error_message = "Images have a registry."
  }
  assert {
    condition     = output.job_events_topic == "projects/acme-speech/topics/dropscribe-job-events"
    error_message = "Who wants to know subscribes to a topic."
  }
  assert {
    condition     = toset(keys(output.services)) == toset(["align", "diarize", "finalize", "gateway", "notify", "prepare", "reconcile", "transcribe"])
    error_message = "Seven functions."
  }
  assert {
    condition     = toset([for name in keys(google_workflows_workflow.transcription.user_env_vars) : name if name != "STAGE_AUDIENCE"]) == toset([for stage in ["ALIGN", "DIARIZE", "FINALIZE", "PREPARE", "TRANSCRIBE"] : "STAGE_URL_${stage}"])
    error_message = "The workflow knows where each stage is."
  }
  assert {
    condition     = alltrue([for stage in ["align", "diarize", "finalize", "prepare", "transcribe"] : google_workflows_workflow.transcription.user_env_vars["STAGE_URL_${upper(stage)}"] == output.services[stage]])
    error_message = "Each stage is called where it is."
  }
  assert {
    condition     = google_cloud_scheduler_job.reconcile.http_target[0].uri == output.services.reconcile
    error_message = "The schedule calls reconcile."
  }
  assert {
    condition     = output.audience == google_workflows_workflow.transcription.user_env_vars["STAGE_AUDIENCE"]
    error_message = "The user is told what a token must be made for."
  }
  assert {
    condition     = google_firestore_database.jobs.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "What stands is protected."
  }
  assert {
    condition     = length(google_secret_manager_secret_iam_member.hub_token) == 0
    error_message = "Nobody reads a secret unless one is named."
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.api_callers) == 0
    error_message = "Nobody calls the API unless they are named."
  }
  assert {
    condition     = output.api_url == output.services.gateway
    error_message = "The user is told where the API is."
  }
}

run "a_public_api_under_a_name_of_its_own" {
  command = plan
  variables {
    public      = true
    api_callers = ["group:staff@example.com"]
    api_domain  = "speech.example.com"
  }

  assert {
    condition     = toset(keys(google_cloud_run_v2_service_iam_member.api_callers)) == toset(["allUsers", "group:staff@example.com"])
    error_message = "Everybody reaches the API, and its named callers do, too."
  }
  assert {
    condition     = output.api_url == "https://speech.example.com"
    error_message = "The user is told the name of their own."
  }
}
