variable "project_id" {
  description = "Project of the bucket."
  type        = string
}

variable "region" {
  description = "Location of the bucket, which must be the trigger's."
  type        = string
}

variable "name" {
  description = "Globally unique name of the bucket."
  type        = string
}

variable "labels" {
  description = "Labels on the bucket."
  type        = map(string)
}

variable "kms_key" {
  description = "Key that encrypts new objects. null: Google's."
  type        = string
}

variable "deletion_protection" {
  description = "Refuse to delete the bucket while it is not empty."
  type        = bool
}

variable "delete_after_days" {
  description = "Age in days at which an object is deleted. null: never."
  type        = number
  default     = null
}

variable "soft_delete_days" {
  description = "Days for which deleted objects can be restored. 0: never."
  type        = number
}

variable "cors" {
  description = "CORS rules for web pages that use signed URLs."
  type = object({
    origins = list(string)
    methods = list(string)
    headers = list(string)
  })
  default = { origins = [], methods = [], headers = [] }
}

variable "listers" {
  description = "Members that may list objects without reading them, each under a name."
  type        = map(string)
}

variable "lister_role" {
  description = "Role of the listers."
  type        = string
}

variable "readers" {
  description = "Members that may read, each under a name."
  type        = map(string)
}

variable "part_readers" {
  description = "Members that may read manifests, words and the sound of chunks, each under a name."
  type        = map(string)
}

variable "edit_writers" {
  description = "Members that may read, create and overwrite edits, each under a name."
  type        = map(string)
}

variable "creator_role" {
  description = "Role in which the writers of edits create them."
  type        = string
}

variable "reader_role" {
  description = "Role of the readers of words, chunks and edits."
  type        = string
}

variable "writers" {
  description = "Members that may write, each under a name."
  type        = map(string)
}

variable "deleters" {
  description = "Members that may delete recordings, audio or everything, each under a name."
  type        = map(object({ member = string, objects = string }))
}

variable "deleter_role" {
  description = "Role of the deleters."
  type        = string
}
