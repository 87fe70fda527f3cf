# Google's service agents, which carry an upload's event from Cloud Storage through Pub/Sub to Eventarc. Their roles
# come first: a trigger is refused without them, and a new role takes a minute or two to work everywhere.
#
# Each agent and role belongs to the whole project: other triggers and deployments need the same grants. So `make destroy`
# leaves them, and a deployment beside others can do without them (grant_agents = false). An agent exists only once it is
# first needed; `make deploy` creates them.

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

data "google_project" "this" {
  project_id = var.project_id
}

data "google_storage_project_service_account" "this" {
  project = var.project_id # reading it creates it
}

resource "google_project_iam_member" "eventarc_agent" {
  count = var.grant_agents ? 1 : 0

  project = var.project_id
  role    = "roles/eventarc.serviceAgent"
  member  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-eventarc.iam.gserviceaccount.com"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "storage_agent" {
  count = var.grant_agents ? 1 : 0

  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.this.member

  depends_on = [google_project_service.api]
}

# Pub/Sub pushes uploads as `trigger` and job events as `push`, with tokens that its agent makes for them. In a project that
# has used Pub/Sub since before April 2021 the agent's own role does not include that.
resource "google_service_account_iam_member" "pubsub_agent" {
  for_each = toset(["push", "trigger"])

  service_account_id = "projects/${var.project_id}/serviceAccounts/${google_service_account.identity[each.key].email}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent

  depends_on = [google_pubsub_topic.late_events] # the first use of Pub/Sub makes its service agent
}
