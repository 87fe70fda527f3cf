"""The stand-in provider rejects what the schema forbids and keeps what it creates."""

from pathlib import Path

import pytest

from tests.terraform.copies import Copy, Refused

TERRAFORM = """
terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}
"""
BUCKET = """
resource "google_storage_bucket" "this" {{
  project  = "acme-speech"
  name     = "a-bucket"
  location = "europe-west4"
  {more}
}}
"""
SERVICE = """
resource "google_cloud_run_v2_service" "this" {
  name     = "a-service"
  location = "europe-west4"
  ingress  = "INGRESS_NONE"
  template {
    containers {
      image = "an-image"
    }
  }
}
"""


@pytest.fixture
def work(environment: dict[str, str], tmp_path: Path) -> Copy:
    return Copy(tmp_path, environment)


def said_of(more: str, work: Copy) -> str:
    (work.folder / "main.tf").write_text(TERRAFORM + BUCKET.format(more=more))
    work.init(".")
    return work.terraform("validate", "-no-color", module=".")


def test_a_good_bucket_is_valid(work: Copy) -> None:
    assert "Success" in said_of("", work)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ("colour = 1", "Unsupported argument"),
        ("force_destroy = []", "Incorrect attribute value type"),
        ('url = "gs://another"', "url cannot be set: it is computed"),
        ("versioning {}", "Missing required argument"),
        (
            "versioning {\n enabled = true\n}\nversioning {\n enabled = true\n}",
            "Too many versioning blocks",
        ),
        ("lifecycle_rule {\n condition {\n age = 1\n }\n}", "Insufficient action blocks"),
        ("versionings {\n enabled = true\n}", "Unsupported block type"),
        ("labels = google_storage_bucket.that.labels", "Reference to undeclared resource"),
    ],
)
def test_a_bad_one_is_not(more: str, refusal: str, work: Copy) -> None:
    with pytest.raises(Refused, match=refusal):
        said_of(more, work)


def test_a_value_must_be_one_of_those_that_are_documented(work: Copy) -> None:
    (work.folder / "main.tf").write_text(TERRAFORM + SERVICE)
    work.init(".")
    with pytest.raises(Refused, match="expected ingress to be one of"):
        work.terraform("validate", "-no-color", module=".")


def test_what_is_made_has_values_and_keeps_them(work: Copy) -> None:
    said_of("", work)
    made = work.terraform("apply", "-auto-approve", "-no-color", module=".")
    assert "1 added" in made
    state = work.terraform("show", "-no-color", module=".")
    assert 'id                          = "projects/acme-speech/storage_bucket/a-bucket"' in state
    work.terraform("plan", "-detailed-exitcode", "-no-color", module=".")
    assert "1 destroyed" in work.terraform("destroy", "-auto-approve", "-no-color", module=".")
