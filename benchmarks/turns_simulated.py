"""What turns, shares and spare workers do for short recordings beside a long one. Simulated.

    python -m benchmarks.turns_simulated

The workflow itself runs on the runner, in virtual time. The stages only take the processor seconds
that were measured with real models, on two cores that all calls in work share evenly. So the
figures depend on no machine, and leave out what an idle machine would lose beside that.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import mean
from typing import Any

import httpx

from benchmarks.machine import keep
from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.executions import ExecutionStore
from emulators.workflows.slots import Slots
from emulators.workflows.tests.virtual_time import run
from shared.model.stages import STAGE_FUNCTIONS

SOURCE = Path(__file__).parents[1] / "workflows" / "transcription.yaml"
CORES = 2
CLIP_NAMES = [f"0-{number}" for number in range(12)]
MINUTES = (10, 20, 120)
"""Lengths of the recordings beside which the clips come, 20 s after they are prepared."""
CLIP = {
    "prepare": 0.15,
    "detect": 1.15,
    "transcribe": 1.25,
    "align": 0.25,
    "diarize": 0.12,
    "finalize": 0.1,
}
"""Processor seconds of each stage for a clip of 3 s, with a twelfth of what the emulators took."""
MINUTE = {"prepare": 0.4, "transcribe": 3.6, "align": 0.3, "diarize": 2.1, "finalize": 0.03}
"""Processor seconds of each stage for a minute of conversation, in a quarter of an hour of
`benchmarks.long_recording`. A chunk has one minute."""
DETECT = 4.0
"""Processor seconds to detect the language of a conversation."""
SPAN = 20
"""Minutes of a span."""
STEP = 0.05
"""Seconds in which the shares of the cores stay the same."""


@dataclass(frozen=True)
class Machine:
    """Worker processes by stage, and how many of them one job may use."""

    workers: Mapping[str, int]
    shares: Mapping[str, int]
    slots: type[Slots] = Slots
    alone: Mapping[str, int] = field(default_factory=dict)
    """How many workers the only job may use while a core has nothing to do."""


class FirstInFirstOut(Slots):
    """Slots without turns: every call counts as an execution of its own."""

    numbers = count()

    @asynccontextmanager
    async def take(self, origin: str, execution: str) -> AsyncIterator[None]:
        async with super().take(origin, str(next(self.numbers))):
            yield


EVERY_STAGE = {"prepare": 2, "transcribe": 1, "align": 1, "diarize": 1, "finalize": 4}
SPARES = EVERY_STAGE | {"transcribe": 2, "diarize": 2}
MACHINES = {
    "first_in_first_out": Machine(EVERY_STAGE, EVERY_STAGE, FirstInFirstOut),
    "turns": Machine(EVERY_STAGE, EVERY_STAGE),
    "turns_and_two_workers_for_every_job": Machine(SPARES, SPARES),
    "turns_and_a_spare_worker": Machine(SPARES, EVERY_STAGE),
    "turns_and_a_spare_worker_and_idle_cores": Machine(
        SPARES, EVERY_STAGE, alone={"transcribe": 2}
    ),
}


@dataclass
class Work:
    seconds: float
    """Processor seconds that are left."""
    done: asyncio.Event


class Stages(httpx.AsyncBaseTransport):
    """All stages on one machine. A recording's name is its minutes and a number; 0 is a clip."""

    def __init__(self) -> None:
        self.at_work: list[Work] = []
        self.clock: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        function = request.url.host.removesuffix(".test")
        body = json.loads(await request.aread())
        minutes = int(body["source"]["name"].partition("-")[0])
        work = Work(seconds_of(body["params"].get("task", function), minutes), asyncio.Event())
        self.at_work.append(work)
        if self.clock is None:
            self.clock = asyncio.create_task(self.compute())
        await work.done.wait()
        return httpx.Response(200, json=response(function, minutes), request=request)

    async def compute(self) -> None:
        """Divides the cores among the calls in work until there are none."""
        while self.at_work:
            await asyncio.sleep(STEP)
            each = min(1.0, CORES / len(self.at_work)) * STEP
            for work in self.at_work:
                work.seconds -= each
                if work.seconds <= 0:
                    work.done.set()
            self.at_work = [work for work in self.at_work if work.seconds > 0]
        self.clock = None


def seconds_of(stage: str, minutes: int) -> float:
    """Returns the processor seconds of a call."""
    if minutes == 0:
        return CLIP[stage]
    if stage == "detect":
        return DETECT
    if stage in ("prepare", "finalize"):
        return MINUTE[stage] * minutes
    if stage == "diarize":
        return MINUTE[stage] * min(minutes, SPAN)
    return MINUTE[stage]


def response(function: str, minutes: int) -> dict[str, Any]:
    chunks = max(1, minutes)
    spans = max(1, minutes // SPAN)
    no_params: dict[str, Any] = {}
    stages = ("transcribe", "align", "diarize", "finalize")
    return {
        "job_id": "j",
        "state": "done",
        "duplicate": False,
        "plan": {"detect": {"task": "detect"}, **dict.fromkeys(stages, no_params)},
        "outputs": {
            "manifest": "m",
            "probe": "p",
            "chunks": ["c"] * chunks,
            "spans": ["s"] * spans,
            "language": "l",
            "recognition": "r",
            "aligned": "a",
            "diarization": "d",
        },
    }


def answered(machine: Machine, uploads: Mapping[str, float]) -> dict[str, float]:
    """Returns the seconds from upload to answer of each recording, which is uploaded at a time."""
    found: dict[str, float] = {}

    async def body(folder: Path) -> None:
        deployment = deploy(machine, folder)

        async def one(name: str, at: float) -> None:
            await asyncio.sleep(at)
            source = {"bucket": "in", "name": name, "generation": "1"}
            execution = deployment.create(json.dumps({"data": source})).id
            began = asyncio.get_running_loop().time()
            while (stored := deployment.store.get(execution)) and stored.state == "ACTIVE":
                await asyncio.sleep(STEP)
            assert stored is not None and stored.state == "SUCCEEDED"
            found[name] = asyncio.get_running_loop().time() - began

        await asyncio.gather(*(one(name, at) for name, at in uploads.items()))
        await deployment.close()

    with tempfile.TemporaryDirectory() as folder:
        run(body(Path(folder)))
    return found


def deploy(machine: Machine, folder: Path) -> Deployment:
    urls = {function: f"http://{function}.test:80" for function in STAGE_FUNCTIONS}
    environment = {f"STAGE_URL_{name.upper()}": url for name, url in urls.items()}
    environment["STAGE_AUDIENCE"] = "a"
    workflow = Workflow("p", "here", "transcription", SOURCE.read_text(), environment)
    store = ExecutionStore.open(folder / "executions.sqlite")
    workers = {urls[name]: workers for name, workers in machine.workers.items()}
    shares = {urls[name]: share for name, share in machine.shares.items()}
    alone = {urls[name]: most for name, most in machine.alone.items()}
    slots = machine.slots(workers, shares, alone, CORES)
    return Deployment(workflow, store, slots, transport=Stages())


def beside(machine: Machine, minutes: int) -> dict[str, float]:
    """Returns the seconds of a recording of so many minutes, alone and beside the clips."""
    long = f"{minutes}-long"
    prepared = MINUTE["prepare"] * minutes
    clips = dict.fromkeys(CLIP_NAMES, 20 + prepared)
    alone = answered(machine, {long: 0.0})[long]
    together = answered(machine, {long: 0.0, **clips})
    with_clips = together.pop(long)
    return {
        "minutes": minutes,
        "seconds_alone": round(alone),
        "seconds_beside_the_clips": round(with_clips),
        "clips_take_seconds_on_average": round(mean(together.values())),
        "the_last_clip_takes_seconds": round(max(together.values())),
    }


def figures(machine: Machine) -> dict[str, object]:
    clips = answered(machine, dict.fromkeys(CLIP_NAMES, 0.0))
    return {
        "clips_alone_take_seconds_on_average": round(mean(clips.values())),
        "the_last_clip_takes_seconds": round(max(clips.values())),
        "beside": [beside(machine, minutes) for minutes in MINUTES],
    }


if __name__ == "__main__":
    keep("turns_simulated", {name: figures(machine) for name, machine in MACHINES.items()})
