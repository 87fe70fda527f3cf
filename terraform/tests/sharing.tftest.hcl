# What is refused about buckets that exist and about a budget, before anything is made.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id = "acme-speech"
  region     = "europe-west4"
  images = {
    for function in ["prepare", "transcribe", "align", "diarize", "finalize", "reconcile", "gateway", "notify"] :
    function => "europe-west4-docker.pkg.dev/acme-speech/dropscribe/${function}@sha256:${format("%064d", 1)}"
  }
}

run "a_bucket_by_its_address" {
  command = plan
  variables { buckets = { outbox = "gs://acme-answers" } }
  expect_failures = [var.buckets]
}

run "one_bucket_for_two_things" {
  command = plan
  variables {
    buckets  = { inbox = "acme-calls", outbox = "acme-calls" }
    settings = { recordings_since = "2026-12-01T00:00:00Z" }
  }
  expect_failures = [var.buckets]
}

run "an_inbox_that_exists_without_a_time" {
  command = plan
  variables { buckets = { inbox = "acme-calls" } }
  expect_failures = [var.buckets]
}

run "a_budget_of_a_project" {
  command = plan
  variables {
    alert_emails = ["a@example.com"]
    budget       = { billing_account = "acme-speech", amount = 100 }
  }
  expect_failures = [var.budget]
}

run "a_budget_of_nothing" {
  command = plan
  variables {
    alert_emails = ["a@example.com"]
    budget       = { billing_account = "012345-6789AB-CDEF01", amount = 0 }
  }
  expect_failures = [var.budget]
}

run "a_budget_without_an_address" {
  command = plan
  variables { budget = { billing_account = "012345-6789AB-CDEF01", amount = 100 } }
  expect_failures = [var.budget]
}

run "a_budget_with_six_addresses" {
  command = plan
  variables {
    alert_emails = [for name in ["a", "b", "c", "d", "e", "f"] : "${name}@example.com"]
    budget       = { billing_account = "012345-6789AB-CDEF01", amount = 100 }
  }
  expect_failures = [var.budget]
}

run "a_budget_of_a_part" {
  command = plan
  variables {
    alert_emails = ["a@example.com"]
    budget       = { billing_account = "012345-6789AB-CDEF01", amount = 0.5 }
  }
  expect_failures = [var.budget]
}
