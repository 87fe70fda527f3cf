"""Who may do what, and from where."""

from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake, Says

ACCESS = (
    Mistake(
        "anybody may call the functions",
        "modules/function/main.tf",
        "member   = each.value",
        'member   = "allUsers"',
        checks.only_the_api_is_public_and_only_if_asked,
    ),
    Mistake(
        "functions are reached from the internet",
        "modules/function/main.tf",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_ALL",
        checks.only_the_api_is_public_and_only_if_asked,
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
        "options.json may be deleted",
        "modules/bucket/main.tf",
        '${local.object} && !resource.name.endsWith(\\"/options.json\\")',
        "${local.object}",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "whatever stages have found may be deleted",
        "modules/bucket/main.tf",
        '${local.object} && resource.name.endsWith(\\".wav\\")',
        "${local.object}",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "who deletes may also write",
        "identities.tf",
        'permissions = ["storage.objects.delete"]',
        'permissions = ["storage.objects.delete", "storage.objects.create"]',
        checks.own_roles_have_one_permission,
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
        "any page may use the inbox",
        "modules/bucket/main.tf",
        "origin          = cors.value.origins",
        'origin          = ["*"]',
        checks.only_named_pages_use_the_buckets,
        {"cors_origins": ["https://example.com"]},
    ),
)
