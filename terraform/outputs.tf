output "project" {
  description = "Project of the deployment."
  value       = var.project_id
}

output "inbox" {
  description = "Bucket for recordings."
  value       = module.inbox.name
}

output "outbox" {
  description = "Bucket for answers."
  value       = module.outbox.name
}

output "work" {
  description = "Bucket for the results of stages."
  value       = module.work.name
}

output "upload_command" {
  description = "Command that uploads a recording."
  value       = "gcloud storage cp call.mp3 gs://${module.inbox.name}/"
}

output "read_command" {
  description = "Command that reads its answer."
  value       = "gcloud storage cat gs://${module.outbox.name}/call.mp3/transcript.txt"
}

output "workflow" {
  description = "The workflow's full name."
  value       = google_workflows_workflow.transcription.id
}

output "services" {
  description = "URL of each function, for callers with the right to invoke it."
  value = merge(
    { for name, function in module.function : name => function.uri },
    { gateway = google_cloud_run_v2_service.gateway.uri },
  )
}

output "api_url" {
  description = "Address of the HTTP API."
  value       = coalesce(local.own_url, google_cloud_run_v2_service.gateway.uri)
}

output "audience" {
  description = "Audience of a caller's identity token."
  value       = local.audience
}

output "job_events_topic" {
  description = "Pub/Sub topic of job events."
  value       = local.job_events_topic
}

output "late_events_subscription" {
  description = "Pub/Sub subscription of the job events that webhooks have not got by the first pushes."
  value       = google_pubsub_subscription.late_notify.id
}

output "repository" {
  description = "Repository that images are pushed to, as REPOSITORY/FUNCTION."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "database" {
  description = "Firestore database with the job documents."
  value       = google_firestore_database.jobs.name
}

output "settings" {
  description = "Settings of the functions, without secrets, for commands that act on the deployment without its API."
  value       = { for name, value in merge(local.environment, local.for_costs) : name => tostring(value) }
}
