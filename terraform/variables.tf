variable "project_id" {
  description = "Project for everything. A project of its own is best, because the right to start workflows covers the whole project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is a project's id: 6 to 30 lowercase letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region for everything. A GPU needs a region where Cloud Run has L4, such as europe-west4 or us-central1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a single region such as europe-west4, no multi-region and no zone."
  }
}

variable "name" {
  description = "Prefix of all resource names, so that a project can hold several deployments."
  type        = string
  default     = "dropscribe"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,16}[a-z0-9]$", var.name))
    error_message = "name is 4 to 18 lowercase letters, digits and hyphens: with a function's name it must fit into 30."
  }
}

variable "images" {
  description = "Image of each function, by digest. `make push` writes them to images.auto.tfvars.json."
  type        = map(string)
  default     = {} # the registry is created before it holds images

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("^[^@\\s]+@sha256:[0-9a-f]{64}$", image))])
    error_message = "images are named by digest, REGISTRY/FUNCTION@sha256:…: a tag can move under a running job."
  }
}

variable "stages" {
  description = "Resources of a function that replace its defaults (shared/model/stages.py): vCPU, GiB, an L4, instances."
  type = map(object({
    cpu           = optional(number)
    memory_gib    = optional(number)
    gpu           = optional(string)
    min_instances = optional(number)
    max_instances = optional(number)
  }))
  default = {}

  validation {
    condition     = length(setsubtract(keys(var.stages), keys(local.defaults))) == 0
    error_message = "stages names a function that there is not; there are ${join(", ", keys(local.defaults))}."
  }

  validation {
    condition     = alltrue([for name, stage in var.stages : stage.gpu == null || try(local.defaults[name].model, true)])
    error_message = "Only ${join(", ", [for name, default in local.defaults : name if default.model])} have a model that a GPU speeds up."
  }
}

variable "settings" {
  description = "Settings of the functions by name, such as whisper_model or stage_deadline. See docs/options.md."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), keys(local.settings))) == 0
    error_message = "settings names what shared/settings.py does not have."
  }

  validation {
    condition     = length(setintersection(keys(var.settings), local.settings_by_terraform)) == 0
    error_message = "settings holds one that follows from other variables: ${join(", ", local.settings_by_terraform)}."
  }
}

variable "hub_token_secret" {
  description = "Id of a Secret Manager secret in this project that holds a model hub's token. null: no token."
  type        = string
  default     = null

  validation {
    condition     = var.hub_token_secret == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.hub_token_secret))
    error_message = "hub_token_secret is the secret's id, neither its full name nor the token."
  }
}

variable "keep_work_days" {
  description = "Days until results of stages are deleted. A later redrive computes all of them again."
  type        = number
  default     = 7

  validation {
    condition     = var.keep_work_days >= 1 && floor(var.keep_work_days) == var.keep_work_days
    error_message = "keep_work_days is a whole number of days, at least 1: a job may take a day."
  }
}

variable "keep_answer_days" {
  description = "Days until an answer is deleted. null: never."
  type        = number
  default     = null

  validation {
    condition     = var.keep_answer_days == null || try(var.keep_answer_days >= 1 && floor(var.keep_answer_days) == var.keep_answer_days, false)
    error_message = "keep_answer_days is a whole number of days, at least 1, or null."
  }
}

variable "keep_days" {
  description = "Days until the documents about a job are deleted. That of a job with an answer stays as long as the answer, and so many days more."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_days >= 1 && floor(var.keep_days) == var.keep_days
    error_message = "keep_days is a whole number of days, at least 1."
  }
}

variable "soft_delete_days" {
  description = "Days for which Cloud Storage can restore deleted objects: 0, or 7 to 90. An erasure is complete only after them."
  type = object({
    inbox  = optional(number, 7)
    outbox = optional(number, 0)
  })
  default = {}

  validation {
    condition     = alltrue([for days in values(var.soft_delete_days) : days == 0 || (days >= 7 && days <= 90)])
    error_message = "soft_delete_days is 0, or 7 to 90: Cloud Storage takes nothing else."
  }
}

variable "cors_origins" {
  description = "Origins of web pages, such as https://example.com, that may call the API, upload, and use signed URLs."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "cors_origins are scheme and host, without a path and without *."
  }
}

variable "public" {
  description = "Let requests from anywhere reach the API. They need a key in any case. false: only requests of api_callers."
  type        = bool
  default     = false
}

variable "api_callers" {
  description = "Members that may call the API, such as user:you@example.com or group:staff@example.com."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.api_callers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):[^\\s]+$", member))])
    error_message = "api_callers are members, user:, group:, serviceAccount:, domain:, principal: or principalSet:. For everybody set public = true."
  }
}

variable "api_domain" {
  description = "A host name of your own that leads to the API, such as speech.example.com. null: only Cloud Run's address."
  type        = string
  default     = null

  validation {
    condition     = var.api_domain == null || can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.api_domain))
    error_message = "api_domain is a host name, without https:// and without a path."
  }
}

variable "kms_key" {
  description = "Full name of a Cloud KMS key in `region` that encrypts everything that is stored. null: Google's keys. It cannot be changed for a database that exists."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/${var.region}/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key is projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY, and its location is `region`."
  }
}

variable "network" {
  description = "Subnet through which the functions send requests (Direct VPC egress), its network tags, and whether those to the internet go through it, too. null: no subnet."
  type = object({
    subnetwork  = string
    tags        = optional(list(string), [])
    all_traffic = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.network == null || can(regex("^projects/[^/]+/regions/${var.region}/subnetworks/[^/]+$", var.network.subnetwork))
    error_message = "network.subnetwork is projects/PROJECT/regions/REGION/subnetworks/NAME, and its region is `region`."
  }
}

variable "grant_agents" {
  description = "Grant Google's service agents the roles that a trigger and `kms_key` need. false: something else does."
  type        = bool
  default     = true
}

variable "schedule" {
  description = "Schedule of reconcile as a cron expression, in UTC."
  type        = string
  default     = "*/5 * * * *"

  validation {
    condition     = length(split(" ", var.schedule)) == 5
    error_message = "schedule has cron's five fields."
  }
}

variable "scheduler_region" {
  description = "Region of the schedule, if Cloud Scheduler is not in `region`. null: `region`."
  type        = string
  default     = null

  validation {
    condition     = var.scheduler_region == null || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.scheduler_region))
    error_message = "scheduler_region is a single region such as europe-west1, or null."
  }
}

variable "alert_emails" {
  description = "E-mail addresses for alerts about failed jobs and recordings without an answer."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "alert_emails are e-mail addresses."
  }
}

variable "traces" {
  description = "Send a trace of each job to Cloud Trace: times, ids and states, no names and no texts."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels for all resources that support them, in addition to app and deployment."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels are lowercase letters, digits, _ and -."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete non-empty buckets and the job documents. `make destroy` needs false."
  type        = bool
  default     = true
}
