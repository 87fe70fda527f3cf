# Google's service agents, which carry an upload's event from Cloud Storage through Pub/Sub to Eventarc. Their roles
# come first: a trigger is refused without them, and a new role takes a minute or two to work everywhere.
#
# Each agent and role belongs to the whole project: other triggers and deployments need the same grants. So `make destroy`
# leaves them, and a deployment beside others can do without them (grant_agents = false). An agent exists only once it is
# first needed; `make deploy` creates them.

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
