"""What is kept, how long, and under which name."""

from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake, Says

KEEPING = (
    Mistake(
        "what passes between stages stays for ever",
        "buckets.tf",
        "delete_after_days   = var.keep_work_days",
        "delete_after_days   = null",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "answers stay, whatever was said",
        "buckets.tf",
        "delete_after_days   = var.keep_answer_days",
        "delete_after_days   = null",
        checks.buckets_keep_as_long_as_they_should,
        {"keep_answer_days": 30},
    ),
    Mistake(
        "voices can be brought back",
        "buckets.tf",
        "soft_delete_days    = 0",
        "soft_delete_days    = 7",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "tasks never expire",
        "firestore.tf",
        '    "jobs", "tasks", "reconcile",',
        '    "jobs", "reconcile",',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "a destroy changes fifty fields of a database that goes",
        "firestore.tf",
        '  deletion_policy = "ABANDON"\n\n  index_config {}',
        "  index_config {}",
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "the newest jobs of a state have no index",
        "firestore.tf",
        '"newest-of-state" = { collection = "jobs", order = "state ASCENDING, position DESC',
        '"newest-of-state" = { collection = "jobs", order = "state ASCENDING, position ASC',
        checks.pages_are_in_an_index,
    ),
    Mistake(
        "the records that were done since a time have no index",
        "firestore.tf",
        '    field_path = "updated"\n',
        '    field_path = "started"\n',
        checks.pages_are_in_an_index,
    ),
    Mistake(
        "an index that no page needs is paid for",
        "firestore.tf",
        '    "last-ended" ',
        '    "first" = { collection = "jobs", order = "position ASCENDING" }\n    "last-ended" ',
        checks.pages_are_in_an_index,
    ),
    Mistake(
        "functions use the project's default database",
        "functions.tf",
        "DROPSCRIBE_FIRESTORE_DATABASE = google_firestore_database.jobs.name",
        'DROPSCRIBE_FIRESTORE_DATABASE = "(default)"',
        checks.functions_are_told_where_things_are,
    ),
    Mistake(
        "images are only said to be deleted",
        "registry.tf",
        'format        = "DOCKER"',
        'format        = "DOCKER"\n  cleanup_policy_dry_run = true',
        checks.old_images_go,
    ),
    Mistake(
        "no labels on the workflow",
        "workflow.tf",
        "  labels              = local.labels\n",
        "",
        checks.all_carry_their_labels,
    ),
    Mistake(
        "an API that is used is off",
        "apis.tf",
        '    "eventarc.googleapis.com",\n',
        "",
        checks.every_api_in_use_is_on,
    ),
    Mistake(
        "documents can be deleted with the deployment",
        "firestore.tf",
        '"DELETE_PROTECTION_ENABLED"',
        '"DELETE_PROTECTION_DISABLED"',
        Says("test", "What stands is protected", "tests/defaults.tftest.hcl"),
    ),
    Mistake(
        "an image by tag is taken",
        "variables.tf",
        '@sha256:[0-9a-f]{64}$"',
        '"',
        Says("test", 'run "an_image_by_tag"... fail', "tests/refusals.tftest.hcl"),
    ),
)
