output "inbox" {
  description = "Bucket for recordings."
  value       = module.inbox.name
}

output "outbox" {
  description = "Bucket for answers."
  value       = module.outbox.name
}

output "work" {
  description = "Bucket for what passes between stages."
  value       = module.work.name
}

output "upload_command" {
  description = "How a recording is dropped in."
  value       = "gcloud storage cp call.mp3 gs://${module.inbox.name}/"
}

output "read_command" {
  description = "How its answer is read."
  value       = "gcloud storage cat gs://${module.outbox.name}/call.mp3/transcript.txt"
}

output "workflow" {
  description = "The workflow's full name."
  value       = google_workflows_workflow.transcription.id
}

output "services" {
  description = "Where each function is called, by those who may."
  value       = { for name, function in module.function : name => function.uri }
}

output "audience" {
  description = "What a caller's token must be made for."
  value       = local.audience
}

output "completions" {
  description = "Topic that tells of answers."
  value       = local.completions
}

output "repository" {
  description = "Where images are pushed to: REPOSITORY/FUNCTION."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "database" {
  description = "Firestore database with the job documents."
  value       = google_firestore_database.jobs.name
}
