"""Who reaches or learns more than they should, and what stays after it was erased."""

from tests.terraform import checks
from tests.terraform.lasting import erased_is_gone, everything_is_in_one_region
from tests.terraform.mistakes.mistake import Mistake, Says

LEAKS = (
    Mistake(
        "callers are not looked at",
        "modules/function/main.tf",
        "  custom_audiences    = [var.audience]\n",
        "  custom_audiences    = [var.audience]\n  invoker_iam_disabled = true\n",
        checks.only_the_api_is_public_and_only_if_asked,
    ),
    Mistake(
        "functions act as the project's default account, an editor",
        "modules/function/main.tf",
        "    service_account                  = var.service_account\n",
        "",
        checks.nobody_acts_as_another,
    ),
    Mistake(
        "callers may change the functions",
        "modules/function/main.tf",
        '"roles/run.invoker"',
        '"roles/run.developer"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "whoever may read a bucket may write to it",
        "identities.tf",
        '"") == "write"\n  } }\n  deleters',
        '"") != ""\n  } }\n  deleters',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "documents of a deployment whose name goes on may be written",
        "identities.tf",
        'resource.name == \\"projects/${var.project_id}/databases/${var.name}\\"',
        'resource.name.startsWith(\\"projects/${var.project_id}/databases/${var.name}\\")',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "all identities read the hub's token",
        "secret.tf",
        ": local.hub_readers",
        ": local.member",
        checks.rights_are_those_of_the_table,
        {"hub_token_secret": "hub"},
    ),
    Mistake(
        "functions that may not read the hub's token are started with it",
        "functions.tf",
        "contains(local.has_hub_token, each.key)",
        "var.hub_token_secret != null",
        checks.only_who_may_read_a_secret_has_it,
        {"hub_token_secret": "hub"},
    ),
    Mistake(
        "the secret's name is the token",
        "modules/function/main.tf",
        "          value_source {\n"
        "            secret_key_ref {\n"
        "              secret  = env.value\n"
        '              version = "latest"\n'
        "            }\n"
        "          }\n",
        "          value = env.value\n",
        checks.only_who_may_read_a_secret_has_it,
        {"hub_token_secret": "hub"},
    ),
    Mistake(
        "viewers of the project read recordings",
        "modules/bucket/main.tf",
        "    legacyObjectReader = []\n",
        "",
        checks.only_owners_have_buckets_by_their_role_in_the_project,
    ),
    Mistake(
        "editors of the project read recordings",
        "modules/bucket/main.tf",
        'legacyObjectOwner  = ["projectOwner:',
        'legacyObjectOwner  = ["projectEditor:${var.project_id}", "projectOwner:',
        checks.only_owners_have_buckets_by_their_role_in_the_project,
    ),
    Mistake(
        "editors of the project may grant themselves a bucket",
        "modules/bucket/main.tf",
        '    legacyBucketOwner  = ["projectOwner:${var.project_id}"]\n',
        "",
        checks.only_owners_have_buckets_by_their_role_in_the_project,
    ),
    Mistake(
        "executions' arguments are logged",
        "logs.tf",
        'executions_system\\""',
        'Executions\\""',
        checks.no_log_names_a_recording,
    ),
    Mistake(
        "the exclusion is of another workflow",
        "logs.tf",
        'workflow_id=\\"${local.workflow_name}\\"',
        'workflow_id=\\"${var.name}\\"',
        checks.no_log_names_a_recording,
    ),
    Mistake(
        "the exclusion is off",
        "logs.tf",
        "  project     = var.project_id\n",
        "  project     = var.project_id\n  disabled    = true\n",
        checks.no_log_names_a_recording,
    ),
    Mistake(
        "the first upload is logged before the exclusion",
        "trigger.tf",
        "    google_logging_project_exclusion.executions,\n",
        "",
        checks.the_trigger_comes_last,
    ),
    Mistake(
        "voices can be brought back as long as recordings",
        "buckets.tf",
        "soft_delete_days    = 0",
        "soft_delete_days    = var.soft_delete_days.inbox",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "an erased recording has an older version",
        "modules/bucket/main.tf",
        "enabled = false",
        "enabled = true",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "an age that only an older version has",
        "modules/bucket/main.tf",
        "age = lifecycle_rule.value",
        "days_since_noncurrent_time = lifecycle_rule.value",
        checks.buckets_keep_as_long_as_they_should,
    ),
    Mistake(
        "nothing can be erased or replaced",
        "modules/bucket/main.tf",
        "  force_destroy               =",
        "  default_event_based_hold    = true\n  force_destroy               =",
        erased_is_gone,
    ),
    Mistake(
        "erased documents can be read for a week",
        "firestore.tf",
        "  delete_protection_state =",
        '  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"\n'
        "  delete_protection_state =",
        erased_is_gone,
    ),
    Mistake(
        "the topic keeps recordings' names for a month",
        "job_events.tf",
        "  labels  = local.labels\n",
        '  labels  = local.labels\n\n  message_retention_duration = "2678400s"\n',
        erased_is_gone,
    ),
    Mistake(
        "job events are kept in any region",
        "job_events.tf",
        "  message_storage_policy {\n    allowed_persistence_regions = [var.region]\n  }\n\n",
        "",
        checks.only_who_publishes_knows_the_topic,
    ),
    Mistake(
        "an e-mail names the recording",
        "alerts.tf",
        "EXTRACT(jsonPayload.job_id)",
        "EXTRACT(jsonPayload.source.name)",
        checks.alerts_read_what_is_logged,
    ),
    Mistake(
        "failed calls are logged with recordings' names",
        "workflow.tf",
        '"LOG_NONE"',
        '"LOG_ERRORS_ONLY"',
        checks.the_workflow_knows_every_function_it_calls,
    ),
    Mistake(
        "documents are on another continent",
        "firestore.tf",
        "location_id             = var.region",
        'location_id             = "nam5"',
        everything_is_in_one_region,
    ),
    Mistake(
        "any page is taken",
        "variables.tf",
        "^https?://[^/*]+$",
        "^(https?://[^/]+|\\\\*)$",
        Says("test", 'run "any_page"... fail', "tests/refusals.tftest.hcl"),
    ),
)
