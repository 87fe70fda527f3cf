# Who acts, and what each may do: a service account for each entry of docs/rights.yaml, with just those rights.
#
# Rights on a bucket, a function, the topic and the secret stand with them. Those that only a project can give are here.

locals {
  rights = yamldecode(file("${path.module}/../docs/rights.yaml"))
  member = { for who, account in google_service_account.identity : who => account.member }

  readers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.buckets[bucket], "") == "read"
  } }
  writers = { for bucket in ["inbox", "work", "outbox"] : bucket => {
    for who, right in local.rights : who => local.member[who] if try(right.buckets[bucket], "") == "write"
  } }
  callers = { for function in keys(local.defaults) : function => {
    for who, right in local.rights : who => local.member[who] if contains(try(right.calls, []), function)
  } }
  publishers  = { for who, right in local.rights : who => local.member[who] if try(right.publishes, false) }
  hub_readers = { for who, right in local.rights : who => local.member[who] if try(right.hub_token, false) }
}

resource "google_service_account" "identity" {
  for_each = local.rights

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name} ${each.key}"
  description  = each.value.why

  depends_on = [google_project_service.api]
}

# The job documents, and no other database of the project.
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

# Starting, looking at and cancelling executions. A workflow has no rights of its own, so this holds for all of the
# project's.
resource "google_project_iam_member" "executions" {
  for_each = { for who, right in local.rights : who => local.member[who] if try(right.workflow, false) }

  project = var.project_id
  role    = "roles/workflows.invoker"
  member  = each.value
}

# What Eventarc wants of any trigger's account.
resource "google_project_iam_member" "events" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = local.member["trigger"]
}
