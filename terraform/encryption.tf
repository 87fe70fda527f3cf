# Encryption with a key of one's own (kms_key), for everything that stores data or runs code of this deployment.
#
# Google's service agents encrypt and decrypt with the key, so each needs the right to. A resource is refused until its
# agent has it. If the key is in a project where this configuration may grant nothing, its owner grants the same
# (grant_agents = false), see docs/deploy.md.

locals {
  # Members that use the key. Each agent exists once its service was first needed; `make deploy` creates them.
  key_agents = {
    artifactregistry = "service-${data.google_project.this.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    firestore        = "service-${data.google_project.this.number}@gcp-sa-firestore.iam.gserviceaccount.com"
    pubsub           = "service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    run              = "service-${data.google_project.this.number}@serverless-robot-prod.iam.gserviceaccount.com"
    secretmanager    = "service-${data.google_project.this.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    storage          = data.google_storage_project_service_account.this.email_address
    workflows        = "service-${data.google_project.this.number}@gcp-sa-workflows.iam.gserviceaccount.com"
  }
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = var.kms_key != null && var.grant_agents ? local.key_agents : {}

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"

  depends_on = [google_project_service.api]
}
