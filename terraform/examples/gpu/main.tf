# Whisper large-v3 on an L4, and a pyannote diarizer from the hub on another. The two share the region's quota of L4,
# which is 3 in most projects. Aligning stays on CPU: it is a tenth of the work.
module "dropscribe" {
  source = "../.."

  project_id = var.project_id
  region     = var.region
  images     = var.images

  stages = {
    transcribe = { gpu = "l4", max_instances = 2 }
    diarize    = { gpu = "l4", max_instances = 1 }
  }
  settings = {
    whisper_model   = "large-v3"
    diarize_model   = "pyannote/speaker-diarization-community-1"
    batch_size      = "16"
    download_models = "true"
  }
  hub_token_secret = "dropscribe-hub-token"
  alert_emails     = ["speech-team@example.com"]
}
