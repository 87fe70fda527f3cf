"""Who reaches the HTTP API, what it may do, and how it is watched."""

from tests.terraform import checks, gateway
from tests.terraform.mistakes.mistake import Mistake, Says

PAGES = {"cors_origins": ["https://example.com"]}
CALLERS = {"api_callers": ["user:a@example.com"]}
PROBED = """        failure_threshold = 3
        http_get {
          path = "/health/live\""""
"""The end of the liveness probe."""

GATEWAY = (
    Mistake(
        "the API is public by default",
        "variables.tf",
        "  type        = bool\n  default     = false",
        "  type        = bool\n  default     = true",
        Says("test", "Nobody calls the API unless they are named", "tests/defaults.tftest.hcl"),
    ),
    Mistake(
        "the API is public, whatever was said",
        "gateway.tf",
        'var.public ? ["allUsers"] : []',
        '["allUsers"]',
        checks.only_the_api_is_public_and_only_if_asked,
    ),
    Mistake(
        "the API does not look at its callers",
        "gateway.tf",
        '  ingress             = "INGRESS_TRAFFIC_ALL"\n',
        '  ingress             = "INGRESS_TRAFFIC_ALL"\n  invoker_iam_disabled = true\n',
        checks.only_the_api_is_public_and_only_if_asked,
    ),
    Mistake(
        "everybody is taken for a caller's name",
        "variables.tf",
        '"^(user|group|serviceAccount|domain|principal|principalSet):[^\\\\s]+$"',
        '"^[^\\\\s]+$"',
        Says("test", 'run "everybody_as_a_caller"... fail', "tests/refusals.tftest.hcl"),
    ),
    Mistake(
        "named callers have no right to call",
        "gateway.tf",
        "concat(var.api_callers, ",
        "concat([], ",
        gateway.api_callers_may_call_it,
        CALLERS,
    ),
    Mistake(
        "named callers may change the service",
        "gateway.tf",
        '"roles/run.invoker"',
        '"roles/run.developer"',
        checks.rights_are_those_of_the_table,
        CALLERS,
    ),
    Mistake(
        "named callers call prepare",
        "gateway.tf",
        "name     = google_cloud_run_v2_service.gateway.name",
        'name     = module.function["prepare"].name',
        gateway.api_callers_may_call_it,
        CALLERS,
    ),
    Mistake(
        "nobody outside reaches the API",
        "gateway.tf",
        "INGRESS_TRAFFIC_ALL",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        gateway.the_api_is_reached_from_outside,
    ),
    Mistake(
        "tokens for the API's own name are refused",
        "gateway.tf",
        "  custom_audiences    = local.own_url[*] # a caller's token may be made for it\n",
        "",
        gateway.the_api_is_reached_from_outside,
        {"api_domain": "speech.example.com"},
    ),
    Mistake(
        "the gateway acts as finalize",
        "gateway.tf",
        'identity["gateway"].email',
        'identity["finalize"].email',
        checks.nobody_acts_as_another,
    ),
    Mistake(
        "the gateway reads voices",
        "modules/bucket/main.tf",
        "role   = var.lister_role",
        'role   = "roles/storage.objectViewer"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the gateway reads voices beside words",
        "modules/bucket/main.tf",
        'for stage in ["prepare", "align"]',
        'for stage in ["prepare", "align", "diarize"]',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the gateway reads all sound beside chunks",
        "modules/bucket/main.tf",
        '"-chunks.wav"',
        '".wav"',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "the gateway writes results of stages beside edits",
        "modules/bucket/main.tf",
        'endsWith(\\"/edits.json\\")',
        'endsWith(\\".json\\")',
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "who creates may also overwrite",
        "identities.tf",
        'permissions = ["storage.objects.create"]',
        'permissions = ["storage.objects.create", "storage.objects.delete"]',
        checks.own_roles_have_one_permission,
    ),
    Mistake(
        "edits are stored once and never again",
        "modules/bucket/main.tf",
        "    deletes = var.deleter_role\n",
        "",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "who lists may also read",
        "identities.tf",
        'permissions = ["storage.objects.list"]',
        'permissions = ["storage.objects.list", "storage.objects.get"]',
        checks.own_roles_have_one_permission,
    ),
    Mistake(
        "the gateway is restarted when storage does not answer",
        "gateway.tf",
        PROBED,
        PROBED.replace("live", "ready"),
        gateway.the_gateway_is_watched,
    ),
    Mistake(
        "the gateway is restarted after one slow look",
        "gateway.tf",
        PROBED,
        PROBED.replace("3", "1"),
        gateway.the_gateway_is_watched,
    ),
    Mistake(
        "a first request waits ten seconds for the next look",
        "gateway.tf",
        "        period_seconds    = 1\n",
        "        period_seconds    = 10\n",
        gateway.the_gateway_is_watched,
    ),
    Mistake(
        "an instance for each request",
        "gateway.tf",
        "= local.gateway.concurrency",
        "= 1",
        gateway.the_gateway_serves_many_at_once,
    ),
    Mistake(
        "a slow download is cut off",
        "gateway.tf",
        '"3600s"',
        '"300s"',
        gateway.the_gateway_serves_many_at_once,
    ),
    Mistake(
        "a form that Cloud Run refuses is let in",
        "gateway.tf",
        'DROPSCRIBE_MAX_FORM_MEGABYTES = "32"',
        'DROPSCRIBE_MAX_FORM_MEGABYTES = "100"',
        gateway.the_gateway_knows_its_pages_and_limits,
    ),
    Mistake(
        "the API refuses the pages that the buckets know",
        "gateway.tf",
        "jsonencode(var.cors_origins)",
        '"[]"',
        gateway.the_gateway_knows_its_pages_and_limits,
        PAGES,
    ),
    Mistake(
        "a client's own word for its address is believed",
        "gateway.tf",
        'lookup(var.settings, "trusted_proxies", "1")',
        '"2"',
        gateway.the_gateway_knows_its_pages_and_limits,
    ),
    Mistake(
        "jobs are listed whose answers are gone",
        "functions.tf",
        "    var.keep_answer_days == null ? {} :"
        " { DROPSCRIBE_KEEP_ANSWER_DAYS = var.keep_answer_days },\n",
        "",
        checks.functions_are_told_where_things_are,
        {"keep_answer_days": 30},
    ),
    Mistake(
        "a key is in the state",
        "gateway.tf",
        "  for_gateway = {\n",
        f'  for_gateway = {{\n    DROPSCRIBE_KEY = "ds_{"0" * 64}"\n',
        gateway.no_key_is_in_the_state,
    ),
    Mistake(
        "the hash of a key is in the state",
        "gateway.tf",
        "# An organisation's policy",
        'resource "google_firestore_document" "key" {\n'
        "  project     = var.project_id\n"
        "  database    = google_firestore_database.jobs.name\n"
        '  collection  = "keys"\n'
        '  document_id = sha256("ds_key")\n'
        "  fields      = jsonencode({})\n"
        "}\n\n# An organisation's policy",
        gateway.no_key_is_in_the_state,
    ),
)
