# In a company's project: state in a bucket, recordings in a bucket that exists, a key, a network and a budget of one's own.
# The state's bucket is named by `terraform init -backend-config=bucket=acme-terraform`.
terraform {
  backend "gcs" {
    prefix = "dropscribe"
  }
}

module "dropscribe" {
  source = "../.."

  project_id = var.project_id
  region     = var.region
  images     = var.images

  buckets  = { inbox = "acme-calls" }
  settings = { recordings_since = "2026-12-01T00:00:00Z" }

  kms_key = "projects/acme-keys/locations/${var.region}/keyRings/speech/cryptoKeys/dropscribe"
  network = {
    subnetwork  = "projects/acme-net/regions/${var.region}/subnetworks/speech"
    all_traffic = true
  }

  alert_emails = ["speech-team@example.com"]
  budget       = { billing_account = "012345-6789AB-CDEF01", amount = 500 }
  labels       = { team = "speech" }
}
