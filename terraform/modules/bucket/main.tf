# A private bucket and its roles.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_storage_bucket" "this" {
  project                     = var.project_id
  name                        = var.name
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true       # roles are granted on the bucket, never on an object
  public_access_prevention    = "enforced" # holds whatever role is granted later
  force_destroy               = !var.deletion_protection

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  # Answers are replaced and recordings erased, so no older version may remain.
  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 24 * 3600
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.delete_after_days == null ? [] : [var.delete_after_days]
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "cors" {
    for_each = length(var.cors.origins) == 0 ? [] : [var.cors]
    content {
      origin          = cors.value.origins
      method          = cors.value.methods
      response_header = cors.value.headers
      max_age_seconds = 3600
    }
  }
}

locals {
  # Cloud Storage grants these roles to the project's viewers, editors and owners with each new bucket. Only owners keep
  # theirs: a viewer of the project is no reader of recordings.
  legacy_roles = {
    legacyBucketReader = []
    legacyObjectReader = []
    legacyBucketOwner  = ["projectOwner:${var.project_id}"]
    legacyObjectOwner  = ["projectOwner:${var.project_id}"]
  }
}

resource "google_storage_bucket_iam_binding" "legacy" {
  for_each = local.legacy_roles

  bucket  = google_storage_bucket.this.name
  role    = "roles/storage.${each.key}"
  members = each.value
}

# Lists objects.
resource "google_storage_bucket_iam_member" "listers" {
  for_each = var.listers

  bucket = google_storage_bucket.this.name
  role   = var.lister_role
  member = each.value
}

# Reads and lists objects.
resource "google_storage_bucket_iam_member" "readers" {
  for_each = var.readers

  bucket = google_storage_bucket.this.name
  role   = "roles/storage.objectViewer"
  member = each.value
}

# Reads, lists, creates, overwrites and deletes objects. Changes neither the bucket nor its roles.
resource "google_storage_bucket_iam_member" "writers" {
  for_each = var.writers

  bucket = google_storage_bucket.this.name
  role   = "roles/storage.objectUser"
  member = each.value
}

locals {
  object = "resource.type == \"storage.googleapis.com/Object\""

  # Names of the results of prepare, transcribe and align, which are <job>/<stage>/<file>.
  of_parts = [for stage in ["prepare", "transcribe", "align"] : "resource.name.extract(\"/objects/{job}/${stage}/\") != \"\""]

  # Names of manifests and words, and of chunks. Spans and language samples end otherwise.
  readable = [for ending in [".json", "-chunks.wav"] : "resource.name.endsWith(\"${ending}\")"]

  # Names of the edits of a job, which are <job>/edits.json.
  edits = "${local.object} && resource.name.endsWith(\"/edits.json\")"

  # What writes edits: to overwrite an object takes the rights to create and to delete it.
  edit_roles = {
    reads   = var.reader_role
    creates = var.creator_role
    deletes = var.deleter_role
  }
  edit_grants = merge([for who, member in var.edit_writers : {
    for right, role in local.edit_roles : "${who} ${right}" => { member = member, role = role }
  }]...)

  # Conditions under which the role deletes.
  deletable = {
    recordings = "${local.object} && !resource.name.endsWith(\"/options.json\")"
    audio      = "${local.object} && resource.name.endsWith(\".wav\")"
    everything = local.object
  }
}

# Reads manifests, words and the sound of chunks. Other results of stages hold embeddings of voices.
resource "google_storage_bucket_iam_member" "part_readers" {
  for_each = var.part_readers

  bucket = google_storage_bucket.this.name
  role   = var.reader_role
  member = each.value

  condition {
    title      = "words and chunks"
    expression = "${local.object} && (${join(" || ", local.readable)}) && (${join(" || ", local.of_parts)})"
  }
}

# Reads, creates and overwrites edits.
resource "google_storage_bucket_iam_member" "edit_writers" {
  for_each = local.edit_grants

  bucket = google_storage_bucket.this.name
  role   = each.value.role
  member = each.value.member

  condition {
    title      = "edits"
    expression = local.edits
  }
}

# Deletes objects that meet the condition.
resource "google_storage_bucket_iam_member" "deleters" {
  for_each = var.deleters

  bucket = google_storage_bucket.this.name
  role   = var.deleter_role
  member = each.value.member

  condition {
    title      = each.value.objects
    expression = local.deletable[each.value.objects]
  }
}
