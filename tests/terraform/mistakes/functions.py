"""What functions run on, how many there may be, and how long each waits."""

import json

from shared.generate import function_facts
from shared.model.stages import FUNCTIONS as STAGE_FUNCTIONS
from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake, Says

STAGES = "../shared/generated/stages.json"
DIARIZE = f'  "diarize": {json.dumps(function_facts(STAGE_FUNCTIONS["diarize"]))},\n'

FUNCTIONS = (
    Mistake(
        "a function is forgotten",
        STAGES,
        DIARIZE,
        "",
        Says("plan", "diarize"),
    ),
    Mistake(
        "a model answers four at once",
        STAGES,
        '"align": {"model": true, "cpu": 1, "memory_gib": 2, "concurrency": 1,',
        '"align": {"model": true, "cpu": 1, "memory_gib": 2, "concurrency": 4,',
        Says("plan", "a model answers one request at a time"),
    ),
    Mistake(
        "one that holds a decoder answers four at once",
        STAGES,
        '"prepare": {"model": false, "cpu": 1, "memory_gib": 2, "concurrency": 1,',
        '"prepare": {"model": false, "cpu": 1, "memory_gib": 2, "concurrency": 4,',
        checks.a_model_answers_one_request_at_a_time,
    ),
    Mistake(
        "more memory than its vCPU may have",
        STAGES,
        '"finalize": {"model": false, "cpu": 1, "memory_gib": 2,',
        '"finalize": {"model": false, "cpu": 1, "memory_gib": 8,',
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
        STAGES,
        '"memory_gib": 3, "concurrency": 1, "max_instances": 5,',
        '"memory_gib": 3, "concurrency": 1, "max_instances": 100,',
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
        Says(
            "test",
            'run "a_request_beyond_the_workflows_patience"... fail',
            "tests/function.tftest.hcl",
        ),
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
)
