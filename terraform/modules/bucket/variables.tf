variable "project_id" {
  description = "Project of the bucket."
  type        = string
}

variable "region" {
  description = "Location of the bucket: that of the trigger, which must be the same."
  type        = string
}

variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string
}

variable "labels" {
  description = "Labels on the bucket."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Refuse to delete the bucket while it holds something."
  type        = bool
}

variable "delete_after_days" {
  description = "Age at which an object is deleted. null: never."
  type        = number
  default     = null
}

variable "soft_delete_days" {
  description = "Days for which what was deleted can be brought back. 0: not at all."
  type        = number
}

variable "cors" {
  description = "Web pages that may use the bucket through signed URLs, and how."
  type = object({
    origins = list(string)
    methods = list(string)
    headers = list(string)
  })
  default = { origins = [], methods = [], headers = [] }
}

variable "readers" {
  description = "Members that may read, by a name for each."
  type        = map(string)
}

variable "writers" {
  description = "Members that may write, by a name for each."
  type        = map(string)
}
