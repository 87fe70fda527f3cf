# One service account per entry of docs/rights.yaml, with exactly those rights.
#
# Roles on a bucket, function, topic or secret are granted beside that resource. Roles on the project are granted here.

locals {
  rights = yamldecode(file("${path.module}/../docs/rights.yaml"))
  member = { for who, account in google_service_account.identity : who => account.member }

  readers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.buckets[bucket], "") == "read"
  } }
  writers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.buckets[bucket], "") == "write"
  } }
  deleters = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => { member = local.member[who], objects = right.deletes[bucket] }
    if can(right.deletes[bucket])
  } }
  listers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.buckets[bucket], "") == "list"
  } }
  part_readers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.reads[bucket], "") == "words and chunks"
  } }
  edit_writers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.writes[bucket], "") == "edits"
  } }
  creator_role = "projects/${var.project_id}/roles/${google_project_iam_custom_role.creator.role_id}"
  reader_role  = "projects/${var.project_id}/roles/${google_project_iam_custom_role.reader.role_id}"
  lister_role  = "projects/${var.project_id}/roles/${google_project_iam_custom_role.lister.role_id}"
  deleter_role = "projects/${var.project_id}/roles/${google_project_iam_custom_role.deleter.role_id}"
  callers = { for function in keys(local.defaults) : function => {
    for who, right in local.rights : who => local.member[who] if contains(try(right.calls, []), function)
  } }
  publishers  = { for who, right in local.rights : who => local.member[who] if try(right.publishes, false) }
  hub_readers = { for who, right in local.rights : who => local.member[who] if try(right.hub_token, false) }

  webhook_signers = { for who, right in local.rights : who => local.member[who] if try(right.webhook_secret, false) }
}

resource "google_service_account" "identity" {
  for_each = local.rights

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name} ${each.key}"
  description  = each.value.why

  depends_on = [google_project_service.api]
}

# Deletes objects. Every predefined role that does so may also create and overwrite them.
resource "google_project_iam_custom_role" "deleter" {
  project     = var.project_id
  role_id     = replace("${var.name}_deleter", "-", "_")
  title       = "${var.name} deleter"
  description = "Deletes objects. Granted under a condition on their names."
  permissions = ["storage.objects.delete"]

  depends_on = [google_project_service.api]
}

# Lists objects. Every predefined role that does so may also read them, or the bucket's settings.
resource "google_project_iam_custom_role" "lister" {
  project     = var.project_id
  role_id     = replace("${var.name}_lister", "-", "_")
  title       = "${var.name} lister"
  description = "Lists objects without reading them."
  permissions = ["storage.objects.list"]

  depends_on = [google_project_service.api]
}

# Reads objects without listing them, which a condition on their names does not limit.
resource "google_project_iam_custom_role" "reader" {
  project     = var.project_id
  role_id     = replace("${var.name}_reader", "-", "_")
  title       = "${var.name} reader"
  description = "Reads objects. Granted under a condition on their names."
  permissions = ["storage.objects.get"]

  depends_on = [google_project_service.api]
}

# Creates objects, but overwrites none. Every predefined role that does so may also create any, whatever their names.
resource "google_project_iam_custom_role" "creator" {
  project     = var.project_id
  role_id     = replace("${var.name}_creator", "-", "_")
  title       = "${var.name} creator"
  description = "Creates objects. Granted under a condition on their names."
  permissions = ["storage.objects.create"]

  depends_on = [google_project_service.api]
}

# The condition limits the role to the database with the job documents.
resource "google_project_iam_member" "documents" {
  for_each = { for who, right in local.rights : who => local.member[who] if try(right.documents, "") == "write" }

  project = var.project_id
  role    = "roles/datastore.user"
  member  = each.value

  condition {
    title      = "${var.name}-documents"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.name}\""
  }
}

# Starts, reads and cancels executions. Roles cannot be granted on one workflow, so this covers all of the project's.
resource "google_project_iam_member" "executions" {
  for_each = { for who, right in local.rights : who => local.member[who] if try(right.workflow, false) }

  project = var.project_id
  role    = "roles/workflows.invoker"
  member  = each.value
}

# Eventarc requires this role of every trigger's service account.
resource "google_project_iam_member" "events" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = local.member["trigger"]
}
