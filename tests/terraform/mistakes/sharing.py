"""What goes wrong with a project that others use, too: its roles, its money, other deployments."""

from tests.terraform import checks, deployer, fitting, lasting, neighbours
from tests.terraform.mistakes.mistake import Mistake, Says

BUDGET = {
    "alert_emails": ["a@example.com"],
    "budget": {"billing_account": "012345-6789AB-CDEF01", "amount": 500},
}
OTHER = {"name": "calls"}
QUEUE = """
resource "google_cloud_tasks_queue" "late" {
  project  = var.project_id
  location = var.region
  name     = "${var.name}-late"
}
"""
DEVELOPER = """resource "google_project_iam_member" "developers" {
  project = var.project_id
  role    = "roles/run.developer"
  member  = local.member["reconcile"]
}

"""
EVENTS = "# Eventarc requires this role of every trigger's service account.\n"
SCHEDULE = "# Calls reconcile, which restarts jobs without an answer.\n"
REFUSALS = "tests/sharing.tftest.hcl"

SHARING = (
    Mistake(
        "no role of the deployer makes a new resource",
        "scheduler.tf",
        SCHEDULE,
        QUEUE + SCHEDULE,
        deployer.a_role_makes_each_resource,
    ),
    Mistake(
        "a role is granted that the deployer may not grant",
        "identities.tf",
        EVENTS,
        DEVELOPER + EVENTS,
        deployer.a_deployer_grants_only_what_the_page_lists,
    ),
    Mistake(
        "a budget counts what all projects of the account cost",
        "budget.tf",
        '    projects        = ["projects/${data.google_project.this.number}"]\n',
        "",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a budget reaches only the administrators of the billing account",
        "budget.tf",
        "[for channel in google_monitoring_notification_channel.email : channel.id]",
        "[]",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a budget says something when all is spent",
        "budget.tf",
        "[0.5, 0.9, 1]",
        "[1]",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a budget does not look ahead",
        "budget.tf",
        "FORECASTED_SPEND",
        "CURRENT_SPEND",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a budget is a hundred times as high",
        "budget.tf",
        "tostring(var.budget.amount)",
        "tostring(var.budget.amount * 100)",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a month's money is for a quarter",
        "budget.tf",
        '"MONTH"',
        '"QUARTER"',
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "a budget does not reach those who pay",
        "budget.tf",
        "disable_default_iam_recipients   = false",
        "disable_default_iam_recipients   = true",
        fitting.the_budget_is_that_of_the_project,
        BUDGET,
    ),
    Mistake(
        "the API of budgets is off",
        "apis.tf",
        'var.budget == null ? [] : ["billingbudgets.googleapis.com"]',
        '["cloudbilling.googleapis.com"]',
        checks.every_api_in_use_is_on,
        BUDGET,
    ),
    Mistake(
        "a budget with more addresses than Google takes",
        "variables.tf",
        "length(var.alert_emails) <= 5",
        "length(var.alert_emails) <= 50",
        Says("test", 'run "a_budget_with_six_addresses"... fail', REFUSALS),
    ),
    Mistake(
        "a budget of half a dollar",
        "variables.tf",
        "var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount",
        "var.budget.amount > 0",
        Says("test", 'run "a_budget_of_a_part"... fail', REFUSALS),
    ),
    Mistake(
        "an alert rings for the functions of a neighbour",
        "alerts.tf",
        "one_of(${local.service_names})",
        'starts_with(\\"${var.name}-\\")',
        neighbours.filters_match_no_neighbour,
    ),
    Mistake(
        "charts show the functions of a neighbour",
        "dashboard.tf",
        "one_of(${local.service_names})",
        'starts_with(\\"${var.name}-\\")',
        neighbours.filters_match_no_neighbour,
    ),
    Mistake(
        "an alert rings for the uploads of a neighbour",
        "alerts.tf",
        'full_match(\\"eventarc-${var.region}-${var.name}-upload-sub-[0-9]+\\")',
        'full_match(\\"eventarc-${var.region}-${var.name}-.*\\")',
        neighbours.filters_match_no_neighbour,
    ),
    Mistake(
        "two deployments have a subscription of one name",
        "webhooks.tf",
        "${var.name}-notify-late",
        "${var.name}-late-notify",
        neighbours.names_are_no_neighbours,
    ),
    Mistake(
        "the jobs are in the project's default database",
        "firestore.tf",
        "  name                    = var.name\n",
        '  name                    = "(default)"\n',
        neighbours.no_database_is_shared,
    ),
    Mistake(
        "a database that two deployments make",
        "firestore.tf",
        "  name                    = var.name\n",
        '  name                    = "dropscribe"\n',
        neighbours.no_database_is_shared,
        OTHER,
    ),
    Mistake(
        "a secret that two deployments make",
        "webhooks.tf",
        '"${var.name}-webhooks"',
        '"dropscribe-webhooks"',
        lasting.everything_is_named_after_its_deployment,
        OTHER,
    ),
    Mistake(
        "a role of one's own that two deployments make",
        "identities.tf",
        '"${var.name}_reader"',
        '"dropscribe_reader"',
        checks.own_roles_have_one_permission,
        OTHER,
    ),
    Mistake(
        "nothing of any workflow of the project is logged",
        "logs.tf",
        '    "resource.labels.workflow_id=\\"${local.workflow_name}\\"",\n',
        "",
        checks.no_log_names_a_recording,
    ),
)
