# All defaults: CPU only, nothing runs while there is nothing to do.
module "dropscribe" {
  source = "../.."

  project_id = var.project_id
  region     = var.region
  images     = var.images
}
