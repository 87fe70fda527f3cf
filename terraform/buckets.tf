# Three buckets, because a trigger on a bucket that also receives answers would trigger itself.

locals {
  upload_headers = ["Content-Type", "Content-Range", "Location", "Range", "x-goog-resumable", "x-goog-meta-*"]
}

# Recordings. Only their owner deletes them, or asks for it with keep-audio=false.
module "inbox" {
  source = "./modules/bucket"

  project_id          = var.project_id
  region              = var.region
  name                = "${var.project_id}-${var.name}-inbox"
  soft_delete_days    = var.soft_delete_days.inbox
  cors                = { origins = var.cors_origins, methods = ["GET", "POST", "PUT"], headers = local.upload_headers }
  listers             = local.listers["inbox"]
  lister_role         = local.lister_role
  readers             = local.readers["inbox"]
  part_readers        = local.part_readers["inbox"]
  edit_writers        = local.edit_writers["inbox"]
  creator_role        = local.creator_role
  reader_role         = local.reader_role
  writers             = local.writers["inbox"]
  deleters            = local.deleters["inbox"]
  deleter_role        = local.deleter_role
  labels              = local.labels
  kms_key             = var.kms_key
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

# Results of stages. They hold voice embeddings, so deleted objects cannot be restored.
module "work" {
  source = "./modules/bucket"

  project_id          = var.project_id
  region              = var.region
  name                = "${var.project_id}-${var.name}-work"
  delete_after_days   = var.keep_work_days
  soft_delete_days    = 0
  listers             = local.listers["work"]
  lister_role         = local.lister_role
  readers             = local.readers["work"]
  part_readers        = local.part_readers["work"]
  edit_writers        = local.edit_writers["work"]
  creator_role        = local.creator_role
  reader_role         = local.reader_role
  writers             = local.writers["work"]
  deleters            = local.deleters["work"]
  deleter_role        = local.deleter_role
  labels              = local.labels
  kms_key             = var.kms_key
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}

# Answers. Each can be made again from its recording.
module "outbox" {
  source = "./modules/bucket"

  project_id          = var.project_id
  region              = var.region
  name                = "${var.project_id}-${var.name}-outbox"
  delete_after_days   = var.keep_answer_days
  soft_delete_days    = var.soft_delete_days.outbox
  cors                = { origins = var.cors_origins, methods = ["GET"], headers = ["Content-Type"] }
  listers             = local.listers["outbox"]
  lister_role         = local.lister_role
  readers             = local.readers["outbox"]
  part_readers        = local.part_readers["outbox"]
  edit_writers        = local.edit_writers["outbox"]
  creator_role        = local.creator_role
  reader_role         = local.reader_role
  writers             = local.writers["outbox"]
  deleters            = local.deleters["outbox"]
  deleter_role        = local.deleter_role
  labels              = local.labels
  kms_key             = var.kms_key
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agents]
}
