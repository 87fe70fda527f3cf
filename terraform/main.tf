# Dropscribe in a project of one's own: a recording dropped into the inbox is answered in the outbox.
#
# An upload's event starts the workflow (trigger.tf, workflow.tf), which calls the functions (functions.tf, stages.tf);
# they keep objects and documents (buckets.tf, firestore.tf) and may do what docs/rights.yaml says (identities.tf).

locals {
  labels = merge(var.labels, { app = "dropscribe", deployment = var.name })

  # Whoever calls a function makes the token for this, not for the function's URL: that is known only when it stands.
  audience = "${var.name}.${var.project_id}"

  workflow_source = file("${path.module}/../workflows/transcription.yaml")
  workflow_name   = "${var.name}-transcription"
  workflow        = "projects/${var.project_id}/locations/${var.region}/workflows/${local.workflow_name}"
}
