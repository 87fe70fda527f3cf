"""How an upload comes to nothing, and what is deleted that should have stayed."""

from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake, Says

CHANNELS = (
    "  notification_channels = "
    "[for channel in google_monitoring_notification_channel.email : channel.id]\n"
)
OF_JOBS = f"""  for_each = local.alerts

  project               = var.project_id
  display_name          = "${{var.name}}: ${{each.value.says}}"
  combiner              = "OR"
{CHANNELS}"""
"""The begin of the alerts about jobs."""

LOSSES = (
    Mistake(
        "recordings are deleted after a week",
        "modules/bucket/main.tf",
        '"AbortIncompleteMultipartUpload"',
        '"Delete"',
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "recordings go with their answers",
        "buckets.tf",
        "  soft_delete_days    = var.soft_delete_days.inbox\n",
        "  delete_after_days   = var.keep_answer_days\n"
        "  soft_delete_days    = var.soft_delete_days.inbox\n",
        checks.buckets_keep_as_long_as_they_should,
        {"keep_answer_days": 30},
    ),
    Mistake(
        "answers go with what passes between stages",
        "buckets.tf",
        "delete_after_days   = var.keep_answer_days",
        "delete_after_days   = var.keep_work_days",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "a protected bucket goes with all that is in it",
        "modules/bucket/main.tf",
        "!var.deletion_protection",
        "var.deletion_protection",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "hours that were meant as days",
        "modules/bucket/main.tf",
        "var.soft_delete_days * 24 * 3600",
        "var.soft_delete_days * 3600",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "a protected database goes with the deployment",
        "firestore.tf",
        '? "ABANDON" : "DELETE"',
        '? "DELETE" : "ABANDON"',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "a function whose first start failed cannot be replaced",
        "modules/function/main.tf",
        "  deletion_protection = false",
        "  deletion_protection = true",
        checks.what_holds_no_data_can_be_replaced,
    ),
    Mistake(
        "a gateway is protected because nothing is said",
        "gateway.tf",
        "  deletion_protection = false            # as that of the functions\n",
        "",
        checks.what_holds_no_data_can_be_replaced,
    ),
    Mistake(
        "a workflow that was refused cannot be replaced",
        "workflow.tf",
        "deletion_protection = false",
        "deletion_protection = true",
        checks.what_holds_no_data_can_be_replaced,
    ),
    Mistake(
        "nothing is protected unless it is said",
        "variables.tf",
        'needs false."\n  type        = bool\n  default     = true',
        'needs false."\n  type        = bool\n  default     = false',
        Says("test", "What stands is protected", "tests/defaults.tftest.hcl"),
    ),
    Mistake(
        "the last reader of a bucket is the only one",
        "modules/bucket/main.tf",
        'resource "google_storage_bucket_iam_member" "readers" {\n'
        "  for_each = var.readers\n"
        "\n"
        "  bucket = local.name\n"
        '  role   = "roles/storage.objectViewer"\n'
        "  member = each.value",
        'resource "google_storage_bucket_iam_binding" "readers" {\n'
        "  for_each = var.readers\n"
        "\n"
        "  bucket = local.name\n"
        '  role   = "roles/storage.objectViewer"\n'
        "  members = [each.value]",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "writers cannot write over the generation they read",
        "modules/bucket/main.tf",
        '"roles/storage.objectUser"',
        '"roles/storage.objectCreator"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the stages write to the outbox, and finalize does not",
        "buckets.tf",
        'local.writers["outbox"]',
        'local.writers["work"]',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "executions are looked at and never started",
        "identities.tf",
        '"roles/workflows.invoker"',
        '"roles/workflows.viewer"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the workflow receives events, and the trigger does not",
        "identities.tf",
        'local.member["trigger"]',
        'local.member["workflow"]',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "an agent that there is not carries the event",
        "agents.tf",
        "${data.google_project.this.number}@gcp-sa-eventarc",
        "${var.project_id}@gcp-sa-eventarc",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "a deployment beside others takes the agents' roles with it",
        "agents.tf",
        '"eventarc_agent" {\n  count = var.grant_agents ? 1 : 0\n',
        '"eventarc_agent" {\n  count = 1\n',
        checks.rights_are_those_of_the_table,
        {"grant_agents": False},
    ),
    Mistake(
        "the schedule is where Cloud Scheduler is not",
        "scheduler.tf",
        "coalesce(var.scheduler_region, var.region)",
        "var.region",
        checks.the_sweep_is_called,
        {"scheduler_region": "europe-west1"},
    ),
    Mistake(
        "two deploys are all that can be taken back",
        "registry.tf",
        "keep_count = 15",
        "keep_count = 5",
        checks.old_images_go,
    ),
    Mistake(
        "whatever is written to any bucket starts the workflow",
        "trigger.tf",
        '  matching_criteria {\n    attribute = "bucket"\n    value     = module.inbox.name\n  }\n',
        "",
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "the event's data is no JSON",
        "trigger.tf",
        '"application/json"',
        '"application/protobuf"',
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "the trigger is not where its bucket is",
        "trigger.tf",
        "location                = var.region",
        'location                = "global"',
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "the trigger does not wait for the workflow",
        "trigger.tf",
        "google_workflows_workflow.transcription.id",
        "local.workflow",
        checks.an_upload_starts_the_workflow,
    ),
    Mistake(
        "the trigger does not wait for its own rights",
        "trigger.tf",
        "    google_project_iam_member.executions,\n",
        "",
        checks.the_trigger_comes_last,
    ),
    Mistake(
        "functions do not wait for the right to their token",
        "functions.tf",
        "    google_secret_manager_secret_iam_member.hub_token,\n",
        "",
        checks.only_who_may_read_a_secret_has_it,
    ),
    Mistake(
        "what is asked for has no index",
        "firestore.tf",
        'field = "options" }',
        'field = "state" }',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "another field than the documents' ends them",
        "firestore.tf",
        '  field      = "expires"\n',
        '  field      = "expire_at"\n',
        checks.documents_end_and_are_found,
    ),
    Mistake(
        "the schedule's token is for another",
        "scheduler.tf",
        "audience              = local.audience",
        "audience              = var.name",
        checks.one_audience_is_meant_by_all,
    ),
    Mistake(
        "the schedule acts as the workflow, which may not call reconcile",
        "scheduler.tf",
        'identity["scheduler"]',
        'identity["workflow"]',
        checks.one_audience_is_meant_by_all,
    ),
    Mistake(
        "the schedule sends what is no JSON",
        "scheduler.tf",
        'base64encode("{}")',
        '"{}"',
        checks.the_sweep_is_called,
    ),
    Mistake(
        "the schedule is paused",
        "scheduler.tf",
        "  time_zone        =",
        "  paused           = true\n  time_zone        =",
        checks.the_sweep_is_called,
    ),
    Mistake(
        "the schedule waits longer than it can",
        "scheduler.tf",
        '"1800s"',
        '"3600s"',
        checks.the_sweep_is_called,
    ),
    Mistake(
        "the schedule calls another function",
        "scheduler.tf",
        'module.function["reconcile"].uri',
        'module.function["finalize"].uri',
        Says("test", "The schedule calls reconcile", "tests/defaults.tftest.hcl"),
    ),
    Mistake(
        "the newest images are deleted, too",
        "registry.tf",
        'action = "KEEP"',
        'action = "DELETE"',
        checks.old_images_go,
    ),
    Mistake(
        "other applications lose their APIs with the deployment",
        "apis.tf",
        "disable_on_destroy = false",
        "disable_on_destroy = true",
        checks.every_api_in_use_is_on,
    ),
    Mistake(
        "a start of reconcile's uses up the mails of a day",
        "alerts.tf",
        "jsonPayload.given_up>0",
        "jsonPayload.started>0",
        checks.alerts_read_what_is_logged,
    ),
    Mistake(
        "an alert that no document explains",
        "alerts.tf",
        '"uploads start nothing"',
        '"uploads lead to nothing"',
        checks.each_alert_is_explained,
    ),
    Mistake(
        "a chart of what is not measured",
        "dashboard.tf",
        '${local.own_metric}/cost\\"',
        '${local.own_metric}/costs\\"',
        checks.the_dashboard_shows_what_is_measured,
    ),
    Mistake(
        "bodies that are too large are in no chart",
        "dashboard.tf",
        '\\"413\\",',
        "",
        checks.the_dashboard_shows_what_is_measured,
    ),
    Mistake(
        "a key with too many requests is taken for a lack of instances",
        "dashboard.tf",
        ' resource.labels.service_name!=\\"${var.name}-gateway\\"',
        "",
        checks.the_dashboard_shows_what_is_measured,
    ),
    Mistake(
        "a metric of what is not logged",
        "dashboard.tf",
        'cost = "cost_usd"',
        'cost = "cost"',
        checks.the_dashboard_shows_what_is_measured,
    ),
    Mistake(
        "charts lie on each other",
        "dashboard.tf",
        "floor(index / 2) * 4",
        "floor(index / 4) * 4",
        checks.the_dashboard_shows_what_is_measured,
    ),
    Mistake(
        "a dead reconcile is noticed after a day",
        "alerts.tf",
        "sweep_minutes * 6 * 60",
        "sweep_minutes * 6 * 3600",
        checks.a_dead_part_is_told,
    ),
    Mistake(
        "sweeps that fail count as sweeps",
        "alerts.tf",
        'metric.labels.response_code_class=\\"2xx\\"',
        'metric.labels.response_code!=\\"0\\"',
        checks.a_dead_part_is_told,
    ),
    Mistake(
        "a busy stage is an alarm",
        "alerts.tf",
        'metric.labels.response_code=\\"500\\"',
        'metric.labels.response_code_class=\\"5xx\\"',
        checks.a_dead_part_is_told,
    ),
    Mistake(
        "events that wait are looked for at another trigger",
        "alerts.tf",
        "eventarc-${var.region}-${var.name}-upload-sub-[0-9]+\\",
        "eventarc-${var.region}-${var.name}-inbox-sub-[0-9]+\\",
        checks.a_dead_part_is_told,
    ),
    Mistake(
        "an alert that reaches nobody",
        "alerts.tf",
        OF_JOBS,
        OF_JOBS.replace(CHANNELS, ""),
        checks.alerts_reach_somebody,
    ),
    Mistake(
        "an alert that is off",
        "alerts.tf",
        OF_JOBS,
        f"{OF_JOBS}  enabled               = false\n",
        checks.alerts_read_what_is_logged,
    ),
)
