# Whisper large-v3 on two L4 and pyannote's diarizer on a third, with images that have both models in them. The two
# functions share the region's quota of L4. Aligning stays on the CPU.
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
    whisper_model = "large-v3"
    diarize_model = "pyannote/speaker-diarization-community-1"
    batch_size    = "16"
  }
  alert_emails = ["speech-team@example.com"]
}
