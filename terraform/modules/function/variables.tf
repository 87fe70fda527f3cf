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
  description = "E-mail address of the service account that the function runs as."
  type        = string
}

variable "callers" {
  description = "Members that may call it, each under a name."
  type        = map(string)
}

variable "audience" {
  description = "Audience of a caller's identity token."
  type        = string
}

variable "stage" {
  description = "Resources: vCPU, GiB, l4 or no GPU, concurrent requests per instance, instances."
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
  description = "Timeouts in seconds, each shorter than the next."
  type = object({
    heartbeat      = number
    lease          = number
    stage_deadline = number
    request        = number
    call           = number
  })
}

variable "environment" {
  description = "Environment variables, in addition to those that follow from its resources."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variables whose values are secrets: the id of each one's secret in this project."
  type        = map(string)
  default     = {}
}

variable "kms_key" {
  description = "Key that encrypts the image's copy. null: Google's."
  type        = string
  default     = null
}

variable "network" {
  description = "Subnet that requests are sent through, its tags, and whether those to the internet are, too. null: none."
  type = object({
    subnetwork  = string
    tags        = list(string)
    all_traffic = bool
  })
  default = null
}

variable "labels" {
  description = "Labels of the service and its revisions."
  type        = map(string)
}
