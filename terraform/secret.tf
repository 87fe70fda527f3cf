# The model hub's token, for models behind a licence form that are not in the images. It is stored in Secret Manager by
# hand, so that it never enters Terraform's state:
#
#   printf %s "$TOKEN" | gcloud secrets create NAME --replication-policy=user-managed --locations=REGION --data-file=-
resource "google_secret_manager_secret_iam_member" "hub_token" {
  for_each = var.hub_token_secret == null ? {} : local.hub_readers

  project   = var.project_id
  secret_id = var.hub_token_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value

  depends_on = [google_project_service.api]
}
