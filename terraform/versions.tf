terraform {
  required_version = ">= 1.11" # arguments that are written and never stored

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.46, < 9"
    }
  }
}
