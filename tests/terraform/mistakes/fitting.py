"""What leaves something outside a company's key or network."""

from tests.terraform import fitting
from tests.terraform.mistakes.mistake import Mistake, Says

KEY = "projects/acme-keys/locations/europe-west4/keyRings/speech/cryptoKeys/dropscribe"
ENCRYPTED = {"kms_key": KEY}
SUBNETWORK = "projects/acme-net/regions/europe-west4/subnetworks/speech"
INSIDE = {"network": {"subnetwork": SUBNETWORK, "tags": ["speech"], "all_traffic": True}}
SERVICE_KEY = "    encryption_key                   = var.kms_key\n"

FITTING = (
    Mistake(
        "recordings are encrypted with Google's keys",
        "modules/bucket/main.tf",
        "for_each = var.kms_key[*]",
        "for_each = []",
        fitting.all_that_is_stored_is_encrypted_with_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "job documents are encrypted with Google's keys",
        "firestore.tf",
        "for_each = var.kms_key[*]",
        "for_each = []",
        fitting.all_that_is_stored_is_encrypted_with_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "the functions' images are encrypted with Google's keys",
        "modules/function/main.tf",
        SERVICE_KEY,
        "",
        fitting.all_that_is_stored_is_encrypted_with_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "late events are encrypted with Google's keys",
        "webhooks.tf",
        "  kms_key_name = var.kms_key\n",
        "",
        fitting.all_that_is_stored_is_encrypted_with_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "Firestore's agent may not use the key",
        "encryption.tf",
        "@gcp-sa-firestore.iam",
        "@gcp-sa-datastore.iam",
        fitting.agents_may_use_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "the agents may use any key",
        "encryption.tf",
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "roles/cloudkms.admin",
        fitting.agents_may_use_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "images are pushed before the registry's agent may use the key",
        "registry.tf",
        "[google_project_service.api, google_kms_crypto_key_iam_member.agents]",
        "[google_project_service.api]",
        fitting.agents_may_use_the_key,
        ENCRYPTED,
    ),
    Mistake(
        "one function may take the quota of all",
        "../shared/generated/stages.json",
        '"memory_gib": 3, "concurrency": 1, "max_instances": 5,',
        '"memory_gib": 3, "concurrency": 1, "max_instances": 10,',
        fitting.the_defaults_fit_into_a_new_project,
    ),
    Mistake(
        "the gateway's requests go around the network",
        "gateway.tf",
        "for_each = var.network[*]",
        "for_each = []",
        fitting.requests_go_through_the_network,
        INSIDE,
    ),
    Mistake(
        "requests to the internet go around the network",
        "modules/function/main.tf",
        '"ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"',
        '"PRIVATE_RANGES_ONLY" : "PRIVATE_RANGES_ONLY"',
        fitting.requests_go_through_the_network,
        INSIDE,
    ),
    Mistake(
        "a key of another region is taken",
        "variables.tf",
        "locations/${var.region}/keyRings",
        "locations/[^/]+/keyRings",
        Says("test", "a_key_of_another_region", "tests/refusals.tftest.hcl"),
    ),
)
