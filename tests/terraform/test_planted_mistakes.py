"""Mistakes that somebody could make in terraform/, planted one at a time: each is caught, and by what is named.

To add one, add a line to MISTAKES: what is wrong, where, the text that stands and the text in its place, and what
catches it: a check of checks.py, or what terraform says when it validates, plans or tests.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.terraform import checks
from tests.terraform.copies import Copy, Refused


@dataclass(frozen=True)
class Says:
    """Terraform's command, and a part of its refusal."""

    command: str
    text: str
    file: str = ""
    """Of terraform's tests, the one that says it."""


@dataclass(frozen=True)
class Mistake:
    name: str
    file: str
    """In terraform/."""
    old: str
    """It must be there, once."""
    new: str
    caught_by: checks.Check | Says
    given: dict[str, Any] = field(default_factory=dict)
    """Variables, for a mistake that only shows with them."""


MISTAKES = (
    Mistake(
        "anybody may call the functions",
        "modules/function/main.tf",
        "member   = each.value",
        'member   = "allUsers"',
        checks.nothing_is_public,
    ),
    Mistake(
        "functions are reached from the internet",
        "modules/function/main.tf",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_ALL",
        checks.nothing_is_public,
    ),
    Mistake(
        "an ingress that there is not",
        "modules/function/main.tf",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INTERNAL_ONLY",
        Says("validate", "expected ingress to be one of"),
    ),
    Mistake(
        "writers own their bucket",
        "modules/bucket/main.tf",
        "roles/storage.objectUser",
        "roles/storage.admin",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "documents of every database may be written",
        "identities.tf",
        'expression = "resource.name == \\"projects/${var.project_id}/databases/${var.name}\\""',
        'expression = "true"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "readers of the inbox write to it",
        "buckets.tf",
        'writers             = local.writers["inbox"]',
        'writers             = local.readers["inbox"]',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "all functions act as finalize",
        "functions.tf",
        "google_service_account.identity[each.key].email",
        'google_service_account.identity["finalize"].email',
        checks.nobody_acts_as_another,
    ),
    Mistake(
        "nobody has told the scheduler whom to be",
        "scheduler.tf",
        "audience              = local.audience",
        'audience              = module.function["reconcile"].uri',
        checks.one_audience_is_meant_by_all,
    ),
    Mistake(
        "a stage that the workflow calls has no address",
        "workflow.tf",
        "for stage in local.rights.workflow.calls :",
        'for stage in ["prepare", "transcribe", "align", "finalize"] :',
        checks.the_workflow_knows_every_function_it_calls,
    ),
    Mistake(
        "calls are logged with recordings' names",
        "workflow.tf",
        "LOG_NONE",
        "LOG_ALL_CALLS",
        checks.the_workflow_knows_every_function_it_calls,
    ),
    Mistake(
        "a function is forgotten",
        "stages.tf",
        "diarize    = { model = true, cpu = 1, memory_gib = 2, concurrency = 1, max_instances = 10 }",
        "",
        Says("plan", "diarize"),
    ),
    Mistake(
        "a model answers four at once",
        "stages.tf",
        "align      = { model = true, cpu = 1, memory_gib = 2, concurrency = 1,",
        "align      = { model = true, cpu = 1, memory_gib = 2, concurrency = 4,",
        Says("plan", "a model answers one request at a time"),
    ),
    Mistake(
        "one that holds a decoder answers four at once",
        "stages.tf",
        "prepare    = { model = false, cpu = 1, memory_gib = 2, concurrency = 1,",
        "prepare    = { model = false, cpu = 1, memory_gib = 2, concurrency = 4,",
        checks.a_model_answers_one_request_at_a_time,
    ),
    Mistake(
        "more memory than its vCPU may have",
        "stages.tf",
        "finalize   = { model = false, cpu = 1, memory_gib = 2,",
        "finalize   = { model = false, cpu = 1, memory_gib = 8,",
        Says("plan", "1 vCPU go with 0.5 to 4 GiB"),
    ),
    Mistake(
        "an L4 with half of what it needs",
        "stages.tf",
        "with_gpu = { cpu = 4, memory_gib = 16,",
        "with_gpu = { cpu = 4, memory_gib = 8,",
        Says("plan", "an L4 needs at least 4 vCPU and 16 GiB"),
        {"stages": {"transcribe": {"gpu": "l4"}}},
    ),
    Mistake(
        "a GPU whose CPU sleeps between requests",
        "modules/function/main.tf",
        "cpu_idle          = !local.on_gpu",
        "cpu_idle          = true",
        checks.hardware_is_such_as_cloud_run_has,
        {"stages": {"transcribe": {"gpu": "l4"}}},
    ),
    Mistake(
        "a GPU that no model uses",
        "modules/function/main.tf",
        'DROPSCRIBE_DEVICE = "cuda"',
        'DROPSCRIBE_DEVICE = "cpu"',
        checks.hardware_is_such_as_cloud_run_has,
        {"stages": {"diarize": {"gpu": "l4"}}},
    ),
    Mistake(
        "a hundred instances",
        "stages.tf",
        "transcribe = { model = true, cpu = 1, memory_gib = 3, concurrency = 1, max_instances = 10 }",
        "transcribe = { model = true, cpu = 1, memory_gib = 3, concurrency = 1, max_instances = 100 }",
        checks.nothing_runs_while_there_is_nothing_to_do,
    ),
    Mistake(
        "an instance that is always up",
        "stages.tf",
        "min_instances = 0",
        "min_instances = 1",
        checks.nothing_runs_while_there_is_nothing_to_do,
    ),
    Mistake(
        "a request is cut off before its stage's deadline",
        "functions.tf",
        "request        = 1740",
        "request        = 900",
        Says("plan", "Each must be shorter than the next"),
    ),
    Mistake(
        "a request outlives the workflow's patience, and the rule is gone",
        "modules/function/main.tf",
        "&& var.timeouts.request < var.timeouts.call",
        "",
        Says("test", "a_request_beyond_the_workflows_patience", "tests/function.tftest.hcl"),
    ),
    Mistake(
        "a probe on a path of Cloud Run's own",
        "modules/function/main.tf",
        'path = "/health"',
        'path = "/healthz"',
        checks.a_start_is_waited_for_and_work_is_not_disturbed,
    ),
    Mistake(
        "a model has half a minute to load",
        "modules/function/main.tf",
        "failure_threshold = 24",
        "failure_threshold = 3",
        checks.a_start_is_waited_for_and_work_is_not_disturbed,
    ),
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
        "any page may use the inbox",
        "modules/bucket/main.tf",
        "origin          = cors.value.origins",
        'origin          = ["*"]',
        checks.only_named_pages_use_the_buckets,
        {"cors_origins": ["https://example.com"]},
    ),
    Mistake(
        "answers start the workflow",
        "trigger.tf",
        "value     = module.inbox.name",
        "value     = module.outbox.name",
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "a deletion starts the workflow",
        "trigger.tf",
        "google.cloud.storage.object.v1.finalized",
        "google.cloud.storage.object.v1.deleted",
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "the trigger does not wait for Eventarc's agent",
        "trigger.tf",
        "    google_project_iam_member.eventarc_agent,\n",
        "",
        checks.the_trigger_comes_last,
    ),
    Mistake(
        "tasks never expire",
        "firestore.tf",
        'collections = ["jobs", "tasks", "reconcile"]',
        'collections = ["jobs", "reconcile"]',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "the newest jobs are not found",
        "firestore.tf",
        '{ collection = "jobs", field = "updated", order = "DESCENDING" }',
        '{ collection = "jobs", field = "updated", order = "ASCENDING" }',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "functions use the project's default database",
        "functions.tf",
        "DROPSCRIBE_FIRESTORE_DATABASE = google_firestore_database.jobs.name",
        'DROPSCRIBE_FIRESTORE_DATABASE = "(default)"',
        checks.functions_are_told_where_things_are,
    ),
    Mistake(
        "an alert that waits for a word nobody logs",
        "alerts.tf",
        'jsonPayload.message=\\"settled\\"',
        'jsonPayload.message=\\"finished\\"',
        checks.alerts_read_what_is_logged,
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
        Says("test", "an_image_by_tag", "tests/refusals.tftest.hcl"),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught(mistake: Mistake, topology: Copy, tmp_path: Path) -> None:
    copy = topology.to(tmp_path / "copy")
    file = copy.folder / "terraform" / mistake.file
    text = file.read_text()
    assert text.count(mistake.old) == 1, "the mistake no longer fits the file"
    file.write_text(text.replace(mistake.old, mistake.new))
    if isinstance(mistake.caught_by, Says):
        with pytest.raises(Refused) as refused:
            run(mistake.caught_by, copy, mistake.given)
        assert mistake.caught_by.text in str(refused.value)
    else:
        plan = copy.plan(**mistake.given)
        with pytest.raises(AssertionError):
            mistake.caught_by(plan)


@pytest.mark.parametrize("given", list({str(m.given): m.given for m in MISTAKES}.values()), ids=str)
def test_nothing_is_caught_without_a_mistake(given: dict[str, Any], topology: Copy, tmp_path: Path) -> None:
    plan = topology.to(tmp_path / "copy").plan(**given)
    for check in checks.CHECKS:
        check(plan)


def run(says: Says, copy: Copy, given: dict[str, Any]) -> None:
    if says.command == "plan":
        copy.plan(**given)
    else:
        only = [f"-filter={says.file}"] if says.file else []
        copy.terraform(says.command, "-no-color", *only)
