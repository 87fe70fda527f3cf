"""What starts what, and who is told."""

from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake

EVENTS = (
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
        "the trigger does not wait for the right to push as it",
        "trigger.tf",
        "    google_service_account_iam_member.pubsub_agent,\n",
        "",
        checks.the_trigger_comes_last,
    ),
    Mistake(
        "uploads start nothing in a project that is older than Pub/Sub's agent",
        "agents.tf",
        'for_each = toset(["push", "trigger"])',
        'for_each = toset(["push"])',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "an alert that waits for a word nobody logs",
        "alerts.tf",
        'jsonPayload.message=\\"settled\\"',
        'jsonPayload.message=\\"finished\\"',
        checks.alerts_read_what_is_logged,
    ),
)
