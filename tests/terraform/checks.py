"""What must hold of any plan of the topology. Each is a function of a plan that asserts."""

import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from typing import Any

from functions.finalize.answer.missing_parts import ALIGNMENT_FAILED, SPEAKERS_UNKNOWN
from functions.finalize.job import logged_figures
from functions.gateway.refusals import REASONS
from shared.jobs.job import JobFigures
from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.ports.documents import Page
from shared.settings import setting_fields
from tests.support.queries import changing_collections, equalities, pages, recent_collections
from tests.terraform.copies import FUNCTIONS, ROOT
from tests.terraform.deployer import DEPLOYER_CHECKS
from tests.terraform.existing import EXISTING_CHECKS
from tests.terraform.fitting import FITTING_CHECKS
from tests.terraform.gateway import GATEWAY_CHECKS
from tests.terraform.lasting import (
    erased_is_gone,
    everything_is_in_one_region,
    everything_is_named_after_its_deployment,
    nothing_is_paid_for_after_it_is_gone,
)
from tests.terraform.neighbours import NEIGHBOUR_CHECKS
from tests.terraform.plan import Plan, Service, texts
from tests.terraform.rights import documented, granted, is_legacy
from tests.terraform.webhooks import WEBHOOK_CHECKS

Check = Callable[[Plan], None]
MODELS = {name for name, spec in FUNCTION_SPECS.items() if spec.has_model}
MOST_MEMORY = {1: 4, 2: 8, 4: 16, 6: 24, 8: 32}
"""vCPU -> GiB, of Cloud Run."""
WORKFLOW = (ROOT / "workflows" / "transcription.yaml").read_text()
DAY = 24 * 3600


def rights_are_those_of_the_table(plan: Plan) -> None:
    assert Counter(granted(plan)) == Counter(documented(plan))


def only_owners_have_buckets_by_their_role_in_the_project(plan: Plan) -> None:
    """Cloud Storage gives these roles to viewers and editors of the project, too."""
    owners = [f"projectOwner:{plan.given['project_id']}"]
    wanted = {
        "roles/storage.legacyBucketReader": [],
        "roles/storage.legacyObjectReader": [],
        "roles/storage.legacyBucketOwner": owners,
        "roles/storage.legacyObjectOwner": owners,
    }
    found: dict[str, dict[str, list[str]]] = {}
    for resource in filter(is_legacy, plan.resources):
        members = found.setdefault(resource.values["bucket"], {})
        members[resource.values["role"]] = resource.values["members"]
    names = [bucket["name"] for bucket in buckets(plan).values()]
    assert found == dict.fromkeys(names, wanted)


def own_roles_have_one_permission(plan: Plan) -> None:
    roles = {role.values["role_id"]: role for role in plan.of("project_iam_custom_role")}
    prefix = plan.given["name"].replace("-", "_")
    permissions = {name: role.values["permissions"] for name, role in roles.items()}
    assert permissions == {
        f"{prefix}_creator": ["storage.objects.create"],
        f"{prefix}_deleter": ["storage.objects.delete"],
        f"{prefix}_lister": ["storage.objects.list"],
        f"{prefix}_reader": ["storage.objects.get"],
    }


def nobody_acts_as_another(plan: Plan) -> None:
    made = {account.key: account.values["account_id"] for account in plan.of("service_account")}
    assert made == {who: f"{plan.given['name']}-{who}" for who in plan.rights}
    for name, service in plan.services().items():
        assert service.template.get("service_account") == email(name, plan)
    assert plan.one("workflows_workflow").values["service_account"] == email("workflow", plan)
    assert plan.one("eventarc_trigger").values["service_account"] == email("trigger", plan)


def email(who: str, plan: Plan) -> str:
    return f"{plan.given['name']}-{who}@{plan.given['project_id']}.iam.gserviceaccount.com"


def only_the_api_is_public_and_only_if_asked(plan: Plan) -> None:
    everybody = {"allUsers", "allAuthenticatedUsers"}
    public = [resource for resource in plan.resources if everybody & {*texts(resource.values)}]
    addresses = [resource.address for resource in public]
    api = 'google_cloud_run_v2_service_iam_member.api_callers["allUsers"]'
    assert addresses == ([api] if plan.given["public"] else [])
    assert all(resource.values["role"] == "roles/run.invoker" for resource in public)
    for bucket in plan.of("storage_bucket"):
        assert bucket.values["public_access_prevention"] == "enforced"
        assert bucket.values["uniform_bucket_level_access"] is True
    for service in plan.internal_services().values():
        assert service.values["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    for service in plan.services().values():
        assert not service.values.get("invoker_iam_disabled")


def every_function_is_deployed(plan: Plan) -> None:
    services = plan.services()
    assert sorted(services) == FUNCTIONS
    for name, service in services.items():
        assert service.values["name"] == f"{plan.given['name']}-{name}"
        assert service.container["image"] == plan.given["images"][name]
        assert re.search(r"@sha256:[0-9a-f]{64}$", service.container["image"])


def the_workflow_knows_every_function_it_calls(plan: Plan) -> None:
    workflow = plan.one("workflows_workflow")
    assert workflow.values["source_contents"] == WORKFLOW
    called = set(re.findall(r'stage: "(\w+)"', WORKFLOW))
    variables = (
        workflow.values["user_env_vars"].keys() | workflow.unknown.get("user_env_vars", {}).keys()
    )
    assert variables == {"STAGE_AUDIENCE", *(f"STAGE_URL_{stage.upper()}" for stage in called)}
    assert workflow.values["call_log_level"] == "LOG_NONE", "arguments hold recordings' names"


def no_log_names_a_recording(plan: Plan) -> None:
    """The start of an execution is logged with its argument."""
    exclusion = plan.one("logging_project_exclusion").values
    project, name = plan.given["project_id"], plan.given["name"]
    assert exclusion["project"] == project and not exclusion["disabled"]
    assert exclusion["filter"].split() == [
        'resource.type="workflows.googleapis.com/Workflow"',
        f'resource.labels.workflow_id="{name}-transcription"',
        f'logName="projects/{project}/logs/workflows.googleapis.com%2Fexecutions_system"',
    ]


def one_audience_is_meant_by_all(plan: Plan) -> None:
    services = plan.internal_services().values()
    (audience,) = {
        audience for service in services for audience in service.values["custom_audiences"] or [""]
    }
    assert plan.one("workflows_workflow").values["user_env_vars"]["STAGE_AUDIENCE"] == audience
    (target,) = plan.one("cloud_scheduler_job").values["http_target"]
    assert target["oidc_token"] == [
        {"audience": audience, "service_account_email": email("scheduler", plan)}
    ]


def a_model_answers_one_request_at_a_time(plan: Plan) -> None:
    for name, service in plan.internal_services().items():
        at_once = service.template.get("max_instance_request_concurrency")
        assert (
            service.environment["THREADS"] == str(at_once) and service.environment["WORKERS"] == "1"
        )
        assert at_once == 1 or name not in {*MODELS, "prepare"}


def a_start_is_waited_for_and_work_is_not_disturbed(plan: Plan) -> None:
    for name, service in plan.internal_services().items():
        (probe,) = service.container["startup_probe"]
        assert probe["http_get"][0]["path"] == "/health"
        waits = (probe["initial_delay_seconds"] or 0) + probe["period_seconds"] * probe[
            "failure_threshold"
        ]
        assert 120 <= waits <= 240 and probe["timeout_seconds"] <= probe["period_seconds"]
        looks_often = probe["period_seconds"] <= 2
        assert looks_often or name in MODELS, "the first request waits for the next look"
        assert not service.container["liveness_probe"], "a stage at work answers nobody else"
        assert service.resources["startup_cpu_boost"] is True
        assert service.template["execution_environment"] == "EXECUTION_ENVIRONMENT_GEN2"


def each_timeout_is_shorter_than_the_next(plan: Plan) -> None:
    (call,) = (float(seconds) for seconds in re.findall(r"timeout: (\d+)", WORKFLOW))
    assert call <= 1800, "the most that Workflows waits"
    for service in plan.internal_services().values():
        heartbeat, lease, deadline = (
            seconds_of(name, service) for name in ("heartbeat", "lease", "stage_deadline")
        )
        assert heartbeat < lease < deadline < service.timeout < call
        assert deadline + heartbeat < service.timeout, "a deadline is looked at with each heartbeat"


def seconds_of(setting: str, service: Service) -> float:
    """Returns a setting of a service: the given one, or the default."""
    default = str(setting_fields()[setting].default)
    given = service.environment.get(f"DROPSCRIBE_{setting.upper()}")
    return float(given or default)


def the_sweep_is_called(plan: Plan) -> None:
    job = plan.one("cloud_scheduler_job").values
    assert (
        plan.services()["reconcile"].timeout
        <= float(job["attempt_deadline"].removesuffix("s"))
        <= 1800
    )
    assert job["schedule"] == plan.given["schedule"] and not job.get("paused")
    assert job["region"] == (plan.given["scheduler_region"] or plan.given["region"])
    (target,) = job["http_target"]
    assert (
        target["http_method"] == "POST" and target["headers"]["Content-Type"] == "application/json"
    )
    assert b64decode(target["body"]) == b"{}"


def hardware_is_such_as_cloud_run_has(plan: Plan) -> None:
    for name, service in plan.services().items():
        assert 0.5 <= service.memory_gib <= MOST_MEMORY[service.cpu], name
        on_gpu = service.gpu is not None
        assert service.resources["limits"].get("nvidia.com/gpu") == ("1" if on_gpu else None)
        assert service.resources["cpu_idle"] is not on_gpu, (
            "a GPU wants its CPU; all else is billed for requests"
        )
        numbers = plan.given["settings"].get("compute_type", "float16" if on_gpu else None)
        assert service.environment.get("DROPSCRIBE_COMPUTE_TYPE") == numbers, "a CPU has no float16"
        if on_gpu:
            check_gpu(name, service)


def check_gpu(name: str, service: Service) -> None:
    assert service.gpu == "nvidia-l4" and service.cpu >= 4 and service.memory_gib >= 16
    assert service.template["gpu_zonal_redundancy_disabled"] is True
    assert service.environment["DROPSCRIBE_DEVICE"] == "cuda" and name in MODELS


def nothing_runs_while_there_is_nothing_to_do(plan: Plan) -> None:
    for name, service in plan.services().items():
        (scaling,) = service.template["scaling"]
        asked = (plan.given["stages"].get(name) or {}).get("min_instances") or 0
        assert scaling["min_instance_count"] == asked
        assert not [
            level for level in service.values.get("scaling") or [] if level["min_instance_count"]
        ]
        assert scaling["max_instance_count"] * service.cpu <= 20, (
            "what a new project may have of one service"
        )
        assert scaling["max_instance_count"] * service.memory_gib <= 40


def what_is_asked_for_is_had(plan: Plan) -> None:
    for name, service in plan.services().items():
        (scaling,) = service.template["scaling"]
        had = {
            "cpu": service.cpu,
            "memory_gib": service.memory_gib,
            "gpu": service.gpu and service.gpu.removeprefix("nvidia-"),
            "min_instances": scaling["min_instance_count"],
            "max_instances": scaling["max_instance_count"],
        }
        asked = plan.given["stages"].get(name) or {}
        assert {
            key: value for key, value in asked.items() if value is not None
        }.items() <= had.items()


def functions_are_told_where_things_are(plan: Plan) -> None:
    project, region, name = (plan.given[key] for key in ("project_id", "region", "name"))
    location = f"projects/{project}/locations/{region}"
    wanted = {
        "GOOGLE_CLOUD_PROJECT": project,
        "DROPSCRIBE_AUDIENCE": plan.services()["prepare"].values["custom_audiences"][0],
        "DROPSCRIBE_INBOX": plan.bucket("inbox"),
        "DROPSCRIBE_OUTBOX": plan.bucket("outbox"),
        "DROPSCRIBE_WORK": plan.bucket("work"),
        "DROPSCRIBE_WORKFLOW": f"{location}/workflows/{name}-transcription",
        "DROPSCRIBE_FIRESTORE_DATABASE": name,
        "DROPSCRIBE_KEEP_DAYS": str(plan.given["keep_days"]),
        **answer_days(plan),
        **{
            f"DROPSCRIBE_{setting.upper()}": value
            for setting, value in plan.given["settings"].items()
        },
    }
    made = {bucket.values["name"] for bucket in plan.of("storage_bucket")}
    assert made < set(wanted.values())
    assert plan.one("workflows_workflow").values["name"] == f"{name}-transcription"
    for service in plan.services().values():
        assert wanted.items() <= service.environment.items()
        offline = plan.given["settings"].get("download_models") != "true"
        assert service.environment["HF_HUB_OFFLINE"] == str(int(offline))
        assert "DROPSCRIBE_CALLERS" not in service.environment, (
            "Cloud Run takes a token's signature away"
        )


def answer_days(plan: Plan) -> dict[str, str]:
    """Returns the variable with the days that answers are kept, if they are not kept for ever. The
    documents of a job are kept as long."""
    days = plan.given["keep_answer_days"]
    return {} if days is None else {"DROPSCRIBE_KEEP_ANSWER_DAYS": str(days)}


def traces_are_sent_if_that_is_asked(plan: Plan) -> None:
    wanted = "google" if plan.given["traces"] else None
    for name, service in plan.services().items():
        own = plan.given["settings"].get("traces")
        assert service.environment.get("DROPSCRIBE_TRACES") == (wanted or own), name
    on = {service.values["service"] for service in plan.of("project_service")}
    apis = {"cloudtrace.googleapis.com", "telemetry.googleapis.com"}
    assert on & apis == (apis if plan.given["traces"] else set())


def only_who_publishes_knows_the_topic(plan: Plan) -> None:
    topic = f"projects/{plan.given['project_id']}/topics/{plan.given['name']}-job-events"
    for name, service in plan.services().items():
        told = service.environment.get("DROPSCRIBE_EVENTS_TOPIC")
        assert told == (topic if plan.rights[name].get("publishes") else None)
    for made in plan.of("pubsub_topic"):
        (policy,) = made.values.get("message_storage_policy") or [{}]
        assert policy.get("allowed_persistence_regions") == [plan.given["region"]], made.address


def only_who_may_read_a_secret_has_it(plan: Plan) -> None:
    hub_token, webhooks = plan.given["hub_token_secret"], f"{plan.given['name']}-webhooks"
    for name, service in plan.services().items():
        rights = plan.rights[name]
        given = {}
        if hub_token and rights.get("hub_token"):
            given["DROPSCRIBE_HUB_TOKEN"] = hub_token
        if rights.get("webhook_secret"):
            given["DROPSCRIBE_WEBHOOK_SECRET"] = webhooks
        assert service.secrets == given, name
    grants = "google_secret_manager_secret_iam_member"
    own = {f"{grants}.webhooks", "google_secret_manager_secret_version.webhooks"}
    assert {f"{grants}.hub_token", *own} <= plan.waits_for("module.function")
    assert own <= plan.waits_for("google_cloud_run_v2_service.gateway")


def finalize_knows_what_the_others_run_on(plan: Plan) -> None:
    services = plan.services()
    told = json.loads(services["finalize"].environment["DROPSCRIBE_RESOURCES"])
    assert told == {
        name: {
            "cpu": one.cpu,
            "memory_gib": one.memory_gib,
            "gpu": one.gpu and one.gpu.removeprefix("nvidia-"),
        }
        for name, one in services.items()
    }
    assert services["finalize"].environment["DROPSCRIBE_REGION"] == plan.given["region"]
    assert services["finalize"].environment.get("DROPSCRIBE_KEEP_WORK_DAYS") == str(
        plan.given["keep_work_days"]
    )


def buckets_keep_as_long_as_they_should(plan: Plan) -> None:
    soft = {"inbox": 7, "outbox": 0, **plan.given["soft_delete_days"]}
    deleted = {
        "inbox": None,
        "work": plan.given["keep_work_days"],
        "outbox": plan.given["keep_answer_days"],
    }
    recoverable = {"inbox": soft["inbox"], "work": 0, "outbox": soft["outbox"]}
    for kind, bucket in buckets(plan).items():
        age = {"Delete": deleted[kind]} if deleted[kind] else {}
        assert rules(bucket) == {"AbortIncompleteMultipartUpload": 7, **age}
        assert (
            bucket["soft_delete_policy"][0]["retention_duration_seconds"] == recoverable[kind] * DAY
        )
        assert bucket["versioning"] == [{"enabled": False}]
        assert bucket["force_destroy"] is not plan.given["deletion_protection"]


def rules(bucket: dict[str, Any]) -> dict[str, int]:
    """Action -> age in days. A rule with any other condition is not one of ours."""
    found = {}
    for rule in bucket["lifecycle_rule"]:
        (action,), (condition,) = rule["action"], rule["condition"]
        assert {name for name, value in condition.items() if value} <= {"age"}
        found[action["type"]] = condition["age"]
    return found


def buckets(plan: Plan) -> dict[str, dict[str, Any]]:
    return {
        bucket.values["name"].rpartition("-")[2]: bucket.values
        for bucket in plan.of("storage_bucket")
    }


def only_named_pages_use_the_buckets(plan: Plan) -> None:
    origins, found = plan.given["cors_origins"], buckets(plan)
    methods = {"inbox": {"GET", "POST", "PUT"}, "outbox": {"GET"}}
    for kind, bucket in found.items():
        pages = [(rule["origin"], set(rule["method"])) for rule in bucket["cors"]]
        is_used = origins and kind in methods
        assert pages == ([(origins, methods[kind])] if is_used else [])
    for rule in found.get("inbox", {"cors": []})["cors"]:
        assert {"Content-Range", "Location", "Range"} <= set(rule["response_header"]), (
            "resumable uploads need them"
        )


def an_upload_starts_the_workflow(plan: Plan) -> None:
    trigger, inbox = plan.one("eventarc_trigger"), plan.bucket("inbox")
    criteria = {one["attribute"]: one["value"] for one in trigger.values["matching_criteria"]}
    assert criteria == {"type": "google.cloud.storage.object.v1.finalized", "bucket": inbox}
    assert trigger.values["location"] == plan.given["region"]
    assert trigger.values["event_data_content_type"] == "application/json"
    started = plan.refers_to(trigger.address, "destination")
    assert "google_workflows_workflow.transcription" in started, "it is made before the trigger"


def the_trigger_comes_last(plan: Plan) -> None:
    agents = {
        "google_project_iam_member.eventarc_agent",
        "google_project_iam_member.storage_agent",
        "google_service_account_iam_member.pubsub_agent",
    }
    own = {"google_project_iam_member.events", "google_project_iam_member.executions"}
    all_else = {"module.function", "module.inbox", "module.work", "module.outbox"}
    logs = {"google_logging_project_exclusion.executions"}
    assert agents | own | all_else | logs <= plan.waits_for("google_eventarc_trigger.upload")


def documents_end_and_are_found(plan: Plan) -> None:
    database, protected = plan.one("firestore_database").values, plan.given["deletion_protection"]
    assert (database["name"], database["type"]) == (plan.given["name"], "FIRESTORE_NATIVE")
    assert (
        database["delete_protection_state"]
        == f"DELETE_PROTECTION_{'ENABLED' if protected else 'DISABLED'}"
    )
    assert database["deletion_policy"] == ("ABANDON" if protected else "DELETE")
    fields = {
        (field.values["collection"], field.values["field"]): field.values
        for field in plan.of("firestore_field")
    }
    for collection in (
        "jobs",
        "tasks",
        "reconcile",
        "keys",
        "sessions",
        "login_codes",
        "uploads",
        "events",
        "batches",
        "webhooks",
        "deliveries",
    ):
        assert fields.get((collection, "expires"), {}).get("ttl_config"), f"{collection} never end"
    assert not [at for at, field in fields.items() if field["ttl_config"] and at[1] != "expires"]
    for at, field in fields.items():
        assert at not in indexed_by_itself(), f"shared/adapters/firestore.py asks for {at}"
        assert field["index_config"] == [{"indexes": []}], "an index makes writing dearer"
        assert field.get("deletion_policy") == "ABANDON", "it goes with its database"


def indexed_by_itself() -> set[tuple[str, str]]:
    """Collection and field of each query for a single field. Firestore has an index of each."""
    return equalities() | {(collection, "updated") for collection in recent_collections()}


def pages_are_in_an_index(plan: Plan) -> None:
    database = plan.one("firestore_database").values["name"]
    indexes = []
    for index in plan.of("firestore_index"):
        values = index.values
        assert values["database"] == database
        assert values["query_scope"] in (None, "COLLECTION")
        fields = [
            (field["field_path"], field["array_config"] or field["order"])
            for field in values["fields"]
        ]
        indexes.append((values["collection"], *fields))
    wanted = {page_index(collection, page) for collection, page in pages()}
    for collection in changing_collections():
        wanted.add((collection, ("state", "ASCENDING"), ("updated", "ASCENDING")))
    assert len(set(indexes)) == len(indexes) and set(indexes) == wanted


def page_index(collection: str, page: Page) -> tuple[str | tuple[str, str], ...]:
    """Returns the collection and the fields of the only composite index that serves a page."""
    of_state = (("state", "ASCENDING"),) if page.state else ()
    direction = "ASCENDING" if page.ascending else "DESCENDING"
    return (collection, ("folders", "CONTAINS"), *of_state, (page.order, direction))


def alerts_read_what_is_logged(plan: Plan) -> None:
    filters = {
        policy.key: filter_of(policy.values)
        for policy in plan.of("monitoring_alert_policy")
        if policy.address.startswith("google_monitoring_alert_policy.jobs")
    }
    assert set(filters) == {"failed", "incomplete", "retryable"}
    for name, logs in (("finalize/job.py", "settled"), ("reconcile/sweep.py", "swept")):
        source = (ROOT / "functions" / name).read_text()
        assert re.search(rf'log\.info\(\s*"{logs}"', source), name
    name = plan.given["name"]
    settled = f'resource.labels.service_name="{name}-finalize" jsonPayload.message="settled"'
    assert f'{settled} jsonPayload.state="failed"' in filters["failed"]
    assert f'{settled} jsonPayload.state="retryable"' in filters["retryable"]
    codes = f"^({SPEAKERS_UNKNOWN}|{ALIGNMENT_FAILED})$"
    assert filters["incomplete"] == f'{logs_of_finalize(plan)} jsonPayload.warnings=~"{codes}"'
    swept = f'resource.labels.service_name="{name}-reconcile" jsonPayload.message="swept"'
    assert f"{swept} jsonPayload.given_up>0" in filters["retryable"]
    assert "started" not in filters["retryable"], "a start is no alarm, and a day has 20 mails"
    assert all(settled in metric.values["filter"] for metric in plan.of("logging_metric"))


def logs_of_finalize(plan: Plan) -> str:
    """Returns the filter of the lines that finalize logs at the end of a run."""
    (jobs,) = [metric for metric in plan.of("logging_metric") if not metric.key]
    return str(jobs.values["filter"])


def the_dashboard_shows_what_is_measured(plan: Plan) -> None:
    dashboard = json.loads(plan.one("monitoring_dashboard").values["dashboard_json"])
    tiles = dashboard["mosaicLayout"]["tiles"]
    places = {(tile["xPos"], tile["yPos"]) for tile in tiles}
    assert len(places) == len(tiles) and {x for x, _ in places} == {0, 6}
    name = plan.given["name"]
    charts = "".join(texts(dashboard))
    shown = set(re.findall(r'metric.type="([^"]+)"', charts))
    own = {f"logging.googleapis.com/user/{one.values['name']}" for one in plan.of("logging_metric")}
    assert {metric for metric in shown if metric.startswith("logging.")} == own
    assert all(metric.values["name"].startswith(f"{name}/") for metric in plan.of("logging_metric"))
    (refused,) = re.findall(
        rf'service_name="{name}-gateway" metric.labels.response_code=one_of\(([^)]+)\)', charts
    )
    assert set(json.loads(f"[{refused}]")) == set(map(str, REASONS))
    full = re.findall(r'(\S+) metric.labels.response_code="429"', charts)
    assert full == [f'resource.labels.service_name!="{name}-gateway"'], "429 is its own limit"
    for metric in plan.of("logging_metric"):
        if metric.key:
            field = (
                metric.values["value_extractor"].removeprefix("EXTRACT(jsonPayload.").rstrip(")")
            )
            assert field in LOGGED_FIGURES, field


def figures_of_a_job() -> set[str]:
    """Returns the fields with numbers in the line that finalize logs at the end of a job."""
    stages = {stage: 1.0 for stage in ("prepare", "detect", "transcribe", "align", "diarize")}
    logged = logged_figures(JobFigures(audio_seconds=2, stage_seconds=stages, cost_usd=0.1))
    factors = logged.pop("rtf")
    return {*logged, *(f"rtf.{stage}" for stage in factors)}


LOGGED_FIGURES = figures_of_a_job()


def a_dead_part_is_told(plan: Plan) -> None:
    name, region = plan.given["name"], plan.given["region"]
    (condition,) = policy_of("silence", plan)["conditions"]
    (absent,) = condition["condition_absent"]
    assert f'service_name="{name}-reconcile"' in absent["filter"]
    assert 'response_code_class="2xx"' in absent["filter"], "a sweep that failed is none"
    assert absent["duration"] == "1800s", "six of the default schedule's intervals"
    uploads = threshold_of('metrics["undelivered"]', plan)
    subscription = f"eventarc-{region}-{name}-upload-sub-[0-9]+"
    assert f'monitoring.regex.full_match("{subscription}")' in uploads["filter"]
    assert uploads["threshold_value"] == 900
    crashes = threshold_of('metrics["crashing"]', plan)
    services = ",".join(f'"{name}-{function}"' for function in FUNCTIONS)
    assert f"service_name=one_of({services})" in crashes["filter"]
    assert 'response_code="500"' in crashes["filter"], "503 is a matter of waiting"


def each_alert_is_explained(plan: Plan) -> None:
    """An e-mail has the name of the alert, by which a person looks for what to do."""
    operations = (ROOT / "docs" / "operations.md").read_text()
    beginning = f"{plan.given['name']}: "
    for policy in plan.of("monitoring_alert_policy"):
        says = str(policy.values["display_name"]).removeprefix(beginning)
        assert f"*{says}*" in operations, says


def threshold_of(address: str, plan: Plan) -> dict[str, Any]:
    (condition,) = policy_of(address, plan)["conditions"]
    (threshold,) = condition["condition_threshold"]
    return dict(threshold)


def policy_of(address: str, plan: Plan) -> dict[str, Any]:
    policies = {policy.address: policy.values for policy in plan.of("monitoring_alert_policy")}
    return dict(policies[f"google_monitoring_alert_policy.{address}"])


def filter_of(policy: dict[str, Any]) -> str:
    (condition,) = policy["conditions"]
    assert policy["enabled"] is not False
    (matched,) = condition["condition_matched_log"]
    assert matched["label_extractors"] == {"job": "EXTRACT(jsonPayload.job_id)"}, (
        "a message names no recording"
    )
    return str(matched["filter"])


def alerts_reach_somebody(plan: Plan) -> None:
    channels = {
        channel.values["labels"]["email_address"]
        for channel in plan.of("monitoring_notification_channel")
    }
    assert channels == set(plan.given["alert_emails"])
    for policies in ("jobs", "metrics", "silence"):
        address = f"google_monitoring_alert_policy.{policies}"
        used = plan.refers_to(address, "notification_channels")
        assert "google_monitoring_notification_channel.email" in used


def old_images_go(plan: Plan) -> None:
    registry = plan.one("artifact_registry_repository").values
    policies = {policy["action"]: policy for policy in registry["cleanup_policies"]}
    assert set(policies) == {"KEEP", "DELETE"} and not registry["cleanup_policy_dry_run"]
    (kept,), (deleted,) = policies["KEEP"]["most_recent_versions"], policies["DELETE"]["condition"]
    assert kept["keep_count"] >= 2 * 3, "a deploy can be taken back; an image may be three versions"
    assert deleted["tag_state"] == "ANY", "each image has a tag"


def all_carry_their_labels(plan: Plan) -> None:
    wanted = {"app": "dropscribe", "deployment": plan.given["name"], **plan.given["labels"]}
    for resource in plan.resources:
        if "effective_labels" in {*resource.values, *resource.unknown}:
            assert resource.values["labels"] == wanted, resource.address


def what_holds_no_data_can_be_replaced(plan: Plan) -> None:
    """Terraform replaces a service whose first start failed, and deletes it for that."""
    for resource in (*plan.of("cloud_run_v2_service"), *plan.of("workflows_workflow")):
        assert resource.values["deletion_protection"] is False, resource.address


def the_secret_of_webhooks_is_protected(plan: Plan) -> None:
    protected = plan.given["deletion_protection"]
    assert plan.one("secret_manager_secret").values["deletion_protection"] is protected


def every_api_in_use_is_on(plan: Plan) -> None:
    on = {service.values["service"].partition(".")[0] for service in plan.of("project_service")}
    used = {
        APIS[resource.type.split("_")[1]]
        for resource in plan.resources
        if resource.type.split("_")[1] in APIS
    }
    assert used | {"run", "cloudscheduler", "workflowexecutions", "iam"} <= on
    assert ("cloudkms" in on) == (plan.given["kms_key"] is not None)
    assert not any(service.values["disable_on_destroy"] for service in plan.of("project_service"))


APIS = {
    "artifact": "artifactregistry",
    "billing": "billingbudgets",
    "eventarc": "eventarc",
    "firestore": "firestore",
    "logging": "logging",
    "monitoring": "monitoring",
    "pubsub": "pubsub",
    "secret": "secretmanager",
    "storage": "storage",
    "workflows": "workflows",
}
"""First word of a resource's type -> the API that makes it."""

CHECKS: tuple[Check, ...] = (
    rights_are_those_of_the_table,
    only_owners_have_buckets_by_their_role_in_the_project,
    own_roles_have_one_permission,
    nobody_acts_as_another,
    only_the_api_is_public_and_only_if_asked,
    every_function_is_deployed,
    the_workflow_knows_every_function_it_calls,
    no_log_names_a_recording,
    one_audience_is_meant_by_all,
    a_model_answers_one_request_at_a_time,
    a_start_is_waited_for_and_work_is_not_disturbed,
    each_timeout_is_shorter_than_the_next,
    the_sweep_is_called,
    hardware_is_such_as_cloud_run_has,
    nothing_runs_while_there_is_nothing_to_do,
    what_is_asked_for_is_had,
    functions_are_told_where_things_are,
    traces_are_sent_if_that_is_asked,
    only_who_publishes_knows_the_topic,
    only_who_may_read_a_secret_has_it,
    finalize_knows_what_the_others_run_on,
    buckets_keep_as_long_as_they_should,
    only_named_pages_use_the_buckets,
    an_upload_starts_the_workflow,
    the_trigger_comes_last,
    *GATEWAY_CHECKS,
    *WEBHOOK_CHECKS,
    *FITTING_CHECKS,
    *EXISTING_CHECKS,
    *DEPLOYER_CHECKS,
    *NEIGHBOUR_CHECKS,
    documents_end_and_are_found,
    pages_are_in_an_index,
    alerts_read_what_is_logged,
    a_dead_part_is_told,
    each_alert_is_explained,
    the_dashboard_shows_what_is_measured,
    alerts_reach_somebody,
    old_images_go,
    all_carry_their_labels,
    what_holds_no_data_can_be_replaced,
    the_secret_of_webhooks_is_protected,
    every_api_in_use_is_on,
    erased_is_gone,
    everything_is_in_one_region,
    everything_is_named_after_its_deployment,
    nothing_is_paid_for_after_it_is_gone,
)
