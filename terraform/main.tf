# Dropscribe in your own project: a recording dropped into the inbox gets its answer in the outbox.
#
# An upload's event starts the workflow (trigger.tf, workflow.tf), which calls the functions (functions.tf, stages.tf).
# They store objects and documents (buckets.tf, firestore.tf) with the rights of docs/rights.yaml (identities.tf).

locals {
  labels = merge(var.labels, { app = "dropscribe", deployment = var.name })

  # Callers of a function request tokens for this audience. Its URL is unknown until the service exists.
  audience = "${var.name}.${var.project_id}"

  workflow_source = file("${path.module}/../workflows/transcription.yaml")
  workflow_name   = "${var.name}-transcription"
  workflow        = "projects/${var.project_id}/locations/${var.region}/workflows/${local.workflow_name}"
}
