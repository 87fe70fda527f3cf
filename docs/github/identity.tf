# Lets the workflow deploy.yaml of one GitHub repository deploy Dropscribe, without a key of Google's. An owner of the
# project applies it once, before the first deployment: docs/deploy.md.
terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.46, < 9"
    }
  }
}

variable "project_id" {
  description = "Project that is deployed to."
  type        = string
}

variable "region" {
  description = "Region of the deployment, and of the two buckets here."
  type        = string
}

variable "repository" {
  description = "The GitHub repository, as OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[\\w.-]+/[\\w.-]+$", var.repository))
    error_message = "repository is OWNER/NAME."
  }
}

variable "branch" {
  description = "The branch whose commits are deployed."
  type        = string
  default     = "main"
}

locals {
  # What Terraform and a build need. With projectIamAdmin the deployer can give itself any other role, since
  # a deployment grants roles. So only the workflow of one branch may act as the deployer.
  deployer_roles = concat(
    keys(yamldecode(file("${path.module}/../deployer.yaml")).project),
    ["roles/cloudbuild.builds.editor"],
  )
  builder_roles = ["roles/artifactregistry.writer", "roles/logging.logWriter"]
}

resource "google_project_service" "api" {
  for_each = toset(["cloudbuild", "cloudresourcemanager", "iam", "iamcredentials", "serviceusage", "storage", "sts"])

  project            = var.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_iam_workload_identity_pool" "github" {
  project                   = var.project_id
  workload_identity_pool_id = "github"
  description               = "Workflows of ${var.repository}."

  depends_on = [google_project_service.api]
}

# GitHub signs tokens for every repository there is, so the condition is what keeps the others out.
resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "actions"
  attribute_condition                = "assertion.repository == '${var.repository}' && assertion.ref == 'refs/heads/${var.branch}'"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "deployer" {
  project      = var.project_id
  account_id   = "dropscribe-deploy"
  display_name = "Deploys Dropscribe from GitHub"

  depends_on = [google_project_service.api]
}

resource "google_service_account_iam_member" "workflow" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.repository/${var.repository}"
}

resource "google_project_iam_member" "deployer" {
  for_each = toset(local.deployer_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.deployer.member
}

# Cloud Build runs as it. It reads the sources that gcloud uploads, but no recording.
resource "google_service_account" "builder" {
  project      = var.project_id
  account_id   = "dropscribe-build"
  display_name = "Builds and pushes Dropscribe's images"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "builder" {
  for_each = toset(local.builder_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.builder.member
}

# gcloud uploads sources to a bucket of this name.
resource "google_storage_bucket" "sources" {
  project                     = var.project_id
  name                        = "${var.project_id}_cloudbuild"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 7
    }
  }
}

resource "google_storage_bucket_iam_member" "sources" {
  bucket = google_storage_bucket.sources.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member
}

resource "google_storage_bucket" "state" {
  project                     = var.project_id
  name                        = "${var.project_id}-terraform"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
}

output "variables" {
  description = "Variables of the GitHub repository, which deploy.yaml reads."
  value = {
    PROJECT  = var.project_id
    REGION   = var.region
    PROVIDER = google_iam_workload_identity_pool_provider.github.name
    DEPLOYER = google_service_account.deployer.email
    BUILDER  = google_service_account.builder.email
    STATE    = google_storage_bucket.state.name
  }
}
