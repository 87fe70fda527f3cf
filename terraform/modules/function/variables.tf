variable "project_id" {
  description = "Project of the service."
  type        = string
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "name" {
  description = "The service's name."
  type        = string
}

variable "image" {
  description = "Image by digest."
  type        = string
}

variable "service_account" {
  description = "E-mail address of the account that the function acts as."
  type        = string
}

variable "callers" {
  description = "Members that may call it, by a name for each."
  type        = map(string)
}

variable "audience" {
  description = "What a caller's token is made for."
  type        = string
}

variable "stage" {
  description = "What it runs on: vCPU, GiB, l4 or no GPU, requests at once in an instance, instances."
  type = object({
    model         = bool
    cpu           = number
    memory_gib    = number
    gpu           = string
    concurrency   = number
    min_instances = number
    max_instances = number
  })
}

variable "timeouts" {
  description = "Seconds, each shorter than the next."
  type = object({
    heartbeat      = number
    lease          = number
    stage_deadline = number
    request        = number
    call           = number
  })
}

variable "environment" {
  description = "Environment variables, besides those that follow from what it runs on."
  type        = map(string)
}

variable "hub_token_secret" {
  description = "Id of the secret with the model hub's token. null: none."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels on the service and its revisions."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Refuse to delete the service."
  type        = bool
}
