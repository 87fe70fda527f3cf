"""What the long recording takes on Google Cloud: minutes and dollars, on CPUs and on an L4.

    python -m benchmarks.long_simulated

The workflow itself runs on the runner, in virtual time. Each call takes the seconds that
`benchmarks.long_recording` has measured for the same part. A function has its maximum of instances;
a call beyond them is refused with 429, as by Cloud Run, and the workflow calls again. The prices
are those of shared/model/prices.toml. On an L4 the recogniser has the pace of local/paces.toml,
which says for each model whether it was measured or assumed, and so does the result.
"""

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.machine import RESULTS, keep
from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.executions import ExecutionStore
from emulators.workflows.slots import Slots
from emulators.workflows.tests.virtual_time import run
from local.cost import Recogniser, add_item, find_recogniser
from shared.model.cost import billed, cost, operations, prices, usd_per_second
from shared.model.stages import FUNCTIONS, STAGE_FUNCTIONS, STAGES, Resources
from shared.settings import settings

SOURCE = Path(__file__).parents[1] / "workflows" / "transcription.yaml"
MEASURED = RESULTS / "long_recording.json"
START_SECONDS = {"prepare": 1.0, "transcribe": 9.1, "align": 4.9, "diarize": 6.2, "finalize": 0.8}
"""Seconds from the start of an instance to its first response (results/images.json). The image is
taken to be there."""
L4_INSTANCES = 2
"""As in terraform/stages.tf."""
REFUSED = 429
"""Status of a call for which there is no instance."""
IDLE_SECONDS = 15 * 60
"""That Cloud Run keeps an idle instance, of which only one with a GPU is billed for it."""
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """A recording and the instances that work on it."""

    seconds: Mapping[str, Sequence[float]]
    """Of each call, by stage and part."""
    instances: Mapping[str, int]
    """At most, by function."""
    resources: Mapping[str, Resources]
    """Of an instance, by function."""

    @property
    def chunks(self) -> int:
        return len(self.seconds["transcribe"])

    @property
    def spans(self) -> int:
        return len(self.seconds["diarize"])


@dataclass
class CloudRun(httpx.AsyncBaseTransport):
    """All functions. A call beyond a function's instances is refused."""

    plan: Plan
    started: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Instances by function."""
    busy: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    billed_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """By stage."""
    lifetime: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Virtual seconds of the first call's start and the last one's end, by function."""
    refused: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        function = request.url.host.removesuffix(".test")
        if self.busy[function] >= self.plan.instances[function]:
            self.refused += 1
            return httpx.Response(REFUSED, request=request)
        params = json.loads(await request.aread())["params"]
        stage = params.get("task", function)  # only requests to detect have one here
        await self.work(stage, function, params.get("part", 0))
        return httpx.Response(200, json=response(self.plan), request=request)

    async def work(self, stage: str, function: str, part: int) -> None:
        """Takes the seconds of the call, on a new instance if all are busy."""
        now = asyncio.get_running_loop().time
        began = now()
        self.busy[function] += 1
        seconds = self.plan.seconds[stage][part]
        self.billed_seconds[stage] += billed(seconds)
        if self.busy[function] > self.started[function]:
            self.started[function] += 1
            await asyncio.sleep(START_SECONDS[function])
        await asyncio.sleep(seconds)
        self.busy[function] -= 1
        first, _ = self.lifetime.get(function, (began, began))
        self.lifetime[function] = (first, now())


def response(plan: Plan) -> dict[str, Any]:
    """Returns the response of any stage: the workflow reads from it what it needs."""
    detect = {"task": "detect"} if "detect" in plan.seconds else None
    no_params: dict[str, Any] = {}
    stages = ("transcribe", "align", "diarize", "finalize")
    return {
        "job_id": "j",
        "state": "done",
        "duplicate": False,
        "plan": {
            "detect": detect,
            **dict.fromkeys(stages, no_params),
        },
        "outputs": {
            "manifest": "m",
            "probe": "p",
            "chunks": ["c"] * plan.chunks,
            "spans": ["s"] * plan.spans,
            "language": "l",
            "recognition": "r",
            "aligned": "a",
            "diarization": "d",
        },
    }


def simulate(plan: Plan) -> tuple[float, CloudRun]:
    """Returns the seconds from upload to answer, and what the functions did."""
    functions = CloudRun(plan)

    async def body(folder: Path) -> float:
        deployment = deploy(functions, folder)
        source = {"bucket": "in", "name": "long", "generation": "1"}
        execution = deployment.create(json.dumps({"data": source})).id
        while (stored := deployment.store.get(execution)) and stored.state == "ACTIVE":
            await asyncio.sleep(POLL_SECONDS)
        assert stored is not None
        assert stored.state == "SUCCEEDED", stored
        await deployment.close()
        return asyncio.get_running_loop().time()

    with tempfile.TemporaryDirectory() as folder:
        seconds = run(body(Path(folder)))
    return seconds, functions


def deploy(functions: CloudRun, folder: Path) -> Deployment:
    environment = {"STAGE_AUDIENCE": "a"}
    for name in STAGE_FUNCTIONS:
        environment[f"STAGE_URL_{name.upper()}"] = f"http://{name}.test:80"
    workflow = Workflow("p", "here", "transcription", SOURCE.read_text(), environment)
    store = ExecutionStore.open(folder / "executions.sqlite")
    return Deployment(workflow, store, Slots({}), transport=functions)


def figures(plan: Plan, audio_seconds: float) -> dict[str, Any]:
    """Returns the minutes and the dollars of a recording."""
    seconds, functions = simulate(plan)
    calls = {stage: len(parts) for stage, parts in plan.seconds.items()}
    used = operations(
        calls,
        seconds=sum(functions.billed_seconds.values()),
        stored=2 * audio_seconds,
        kept_days=settings().buckets.keep_work_days,
        heartbeat=settings().jobs.heartbeat,
    )
    spent = cost(functions.billed_seconds, used, plan.resources, prices())
    for function, resources in plan.resources.items():
        if resources.gpu is not None:
            idle = idle_seconds(function, functions)
            spent = add_item(spent, "idle", idle * usd_per_second(resources, prices()))
    return {
        "minutes": round(seconds / 60, 1),
        "usd": round(spent.total, 4),
        "usd_per_hour_of_audio": round(spent.total / audio_seconds * 3600, 4),
        "usd_by_item": {item: round(usd, 4) for item, usd in spent.items.items()},
        "instances": dict(functions.started),
        "calls_refused": functions.refused,
    }


def idle_seconds(function: str, functions: CloudRun) -> float:
    """Returns the seconds in which instances with a GPU are billed and not at work.

    All are taken to live from the first call of the function until IDLE_SECONDS after the last.
    """
    first, last = functions.lifetime[function]
    living = (last - first + IDLE_SECONDS) * functions.started[function]
    busy = 0.0
    for stage, seconds in functions.billed_seconds.items():
        if STAGES[stage].function == function:
            busy += seconds
    return max(living - busy, 0.0)


def on_cpus(stage_seconds: Mapping[str, Sequence[float]]) -> Plan:
    """Returns the plan with the measured seconds and the default instances."""
    instances = {}
    resources = {}
    for name in STAGE_FUNCTIONS:
        spec = FUNCTIONS[name]
        instances[name] = spec.max_instances * spec.concurrency
        resources[name] = spec.resources
    return Plan(stage_seconds, instances, resources)


def on_l4(plan: Plan, recogniser: Recogniser, audio_seconds: float) -> Plan:
    """Returns the plan with the recogniser's pace on instances with an L4."""
    chunk_seconds = audio_seconds / plan.chunks
    seconds = {**plan.seconds, "transcribe": [recogniser.rtf * chunk_seconds] * plan.chunks}
    if "detect" in seconds:
        seconds["detect"] = [recogniser.detect]
    instances = {**plan.instances, "transcribe": L4_INSTANCES}
    resources = {**plan.resources, "transcribe": recogniser.resources}
    return Plan(seconds, instances, resources)


def all_figures(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the figures on CPUs, and those on an L4 for each model with a pace."""
    audio_seconds = measured["audio_hours"] * 3600
    cpus = on_cpus(measured["stage_seconds"])
    rows: dict[str, Any] = {
        "audio_hours": measured["audio_hours"],
        "base on CPUs": {"pace": "measured", **figures(cpus, audio_seconds)},
    }
    for model in ("large-v3", "large-v3-turbo"):
        recogniser = find_recogniser(model, "l4")
        plan = on_l4(cpus, recogniser, audio_seconds)
        pace = f"{recogniser.origin}: {recogniser.source}"
        rows[f"{model} on L4s"] = {"pace": pace, **figures(plan, audio_seconds)}
    return rows


if __name__ == "__main__":
    record = json.loads(MEASURED.read_text())
    keep("long_simulated", all_figures(record["figures"]))
