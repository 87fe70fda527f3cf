"""In virtual time, recordings take turns at each stage, and refused calls retry out of step."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.executions import ExecutionStore
from emulators.workflows.slots import Slots
from emulators.workflows.tests.virtual_time import run

SOURCE = (Path(__file__).parents[2] / "workflows" / "transcription.yaml").read_text()
STAGES = ("prepare", "transcribe", "align", "diarize", "finalize")
ENVIRONMENT = {f"STAGE_URL_{stage.upper()}": f"http://{stage}.test/" for stage in STAGES} | {
    "STAGE_AUDIENCE": "a"
}
Refuse = Callable[[str, int], int]
"""Stage and number of the call, from 1 -> the status it gets."""


class Stages(httpx.AsyncBaseTransport):
    """A recording named `144` is cut into as many chunks. `seconds` is what each stage takes."""

    def __init__(self, seconds: float, refuse: Refuse = lambda stage, number: 200) -> None:
        self.seconds, self.refuse = seconds, refuse
        self.asked: defaultdict[str, list[float]] = defaultdict(list)
        """When each stage was called."""
        self.names: defaultdict[str, list[str]] = defaultdict(list)
        """The recording of each call, by stage."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        stage, asked = request.url.host.removesuffix(".test"), json.loads(await request.aread())
        self.asked[stage].append(asyncio.get_running_loop().time())
        self.names[stage].append(asked["source"]["name"])
        status = self.refuse(stage, len(self.asked[stage]))
        if status != 200:
            return httpx.Response(
                status, json={"type": "problem", "status": status}, request=request
            )
        await asyncio.sleep(self.seconds)
        return httpx.Response(200, json=answer(stage, asked), request=request)


def answer(stage: str, asked: dict[str, Any]) -> dict[str, Any]:
    chunks = [f"chunk {number}" for number in range(int(asked["source"]["name"]))]
    return {
        "job_id": "j",
        "state": "done",
        "duplicate": False,
        "plan": {"detect": None, "transcribe": {}, "align": {}, "diarize": {}, "finalize": {}},
        "outputs": {
            "prepare": {"manifest": "m", "chunks": chunks, "spans": chunks[:36], "probe": "p"},
            "transcribe": {"recognition": "h"},
            "align": {"aligned": "a"},
            "diarize": {"diarization": "d"},
            "finalize": {},
        }[stage],
    }


def played(
    stages: Stages,
    slots: int,
    folder: Path,
    play: Callable[[Deployment], Coroutine[Any, Any, None]],
    share: int | None = None,
    cores: int = 0,
) -> None:
    """Every stage lends all its slots to the only execution while a core is idle."""

    async def body() -> None:
        counts = {f"http://{stage}.test:80": slots for stage in STAGES}
        shares = {f"http://{stage}.test:80": share or slots for stage in STAGES}
        workflow = Workflow("p", "here", "transcription", SOURCE, ENVIRONMENT)
        deployment = Deployment(
            workflow,
            ExecutionStore.open(folder / "executions.sqlite"),
            Slots(counts, shares, counts, cores),
            transport=stages,
        )
        await play(deployment)
        await deployment.close()

    run(body())


def upload(deployment: Deployment, chunks: int) -> str:
    source = {"bucket": "in", "name": str(chunks), "generation": "1"}
    return deployment.create(json.dumps({"data": source})).id


async def ended(deployment: Deployment, execution: str) -> str:
    async with asyncio.timeout(1e6):
        while (found := deployment.store.get(execution)) is not None and found.state == "ACTIVE":
            await asyncio.sleep(1)
    assert found is not None
    return found.state


@pytest.mark.parametrize(("slots", "share"), [(1, 1), (2, 2), (10, 10), (2, 1), (10, 9)])
def test_a_short_recording_waits_for_at_most_one_call_of_a_long_one_at_each_stage(
    slots: int, share: int, tmp_path: Path
) -> None:
    """The long recording has 144 chunks, which is twelve hours, and always twelve calls waiting or
    in service. Where its share leaves a slot free, the short one does not wait at all."""
    seconds = 10.0

    async def play(deployment: Deployment) -> None:
        loop, long = asyncio.get_running_loop(), upload(deployment, 144)
        await asyncio.sleep(100)
        began, small = loop.time(), upload(deployment, 1)
        assert await ended(deployment, small) == "SUCCEEDED"
        stages_in_turn = 4  # prepare, transcribe, align, finalize; diarize runs beside
        waits = 0 if share < slots else 2  # at transcribe and at align
        assert loop.time() - began <= (stages_in_turn + waits) * seconds + 1
        assert deployment.store.counts() == {"ACTIVE": 1, "SUCCEEDED": 1}, "the long one goes on"
        assert await ended(deployment, long) == "SUCCEEDED"

    played(Stages(seconds), slots, tmp_path, play, share)


def test_a_short_recording_waits_for_one_call_where_a_long_one_has_the_spare_slots(
    tmp_path: Path,
) -> None:
    """The long one has both slots until the short one comes, and both again at its end."""
    seconds = 10.0

    async def play(deployment: Deployment) -> None:
        loop, long = asyncio.get_running_loop(), upload(deployment, 144)
        began = loop.time()
        await asyncio.sleep(100)
        came, small = loop.time(), upload(deployment, 1)
        assert await ended(deployment, small) == "SUCCEEDED"
        stages_in_turn, waits = 4, 2  # as above; it waits at transcribe and at align
        assert loop.time() - came <= (stages_in_turn + waits) * seconds + 1
        assert await ended(deployment, long) == "SUCCEEDED"
        with_one_slot = 144 * seconds
        assert loop.time() - began < with_one_slot

    played(Stages(seconds), 2, tmp_path, play, share=1, cores=4)


def test_recordings_take_turns_at_a_stage(tmp_path: Path) -> None:
    """Twelve short recordings come while a long one is transcribed, and then it goes on."""
    stages = Stages(10.0)

    async def play(deployment: Deployment) -> None:
        long = upload(deployment, 24)
        await asyncio.sleep(35)
        short = [upload(deployment, 1) for _ in range(12)]
        for execution in (long, *short):
            assert await ended(deployment, execution) == "SUCCEEDED"

    played(stages, 1, tmp_path, play)
    order = stages.names["transcribe"]
    first, last = order.index("1"), len(order) - 1 - order[::-1].index("1")
    between = order[first:last].count("24")
    assert 1 <= between <= 12, "no more than one call of the long recording before each short one"
    assert order.count("24") == 24 and order.count("1") == 12


@pytest.mark.parametrize("refusals", [1, 12, 13, 100, 402])
def test_a_refused_call_is_repeated_soon_then_patiently_out_of_step(
    refusals: int, tmp_path: Path
) -> None:
    stages = Stages(
        1, lambda stage, number: 429 if stage == "prepare" and number <= refusals else 200
    )

    async def play(deployment: Deployment) -> None:
        assert await ended(deployment, upload(deployment, 1)) == "SUCCEEDED"

    played(stages, 1, tmp_path, play)
    waits = [later - earlier for earlier, later in itertools.pairwise(stages.asked["prepare"])]
    assert len(waits) == refusals
    assert waits[:12] == pytest.approx([min(1.5**retry, 120) for retry in range(12)][:refusals])
    assert all(0 <= wait < 120 for wait in waits[12:13]), (
        "drawn, so that those who came together part"
    )
    assert waits[13:] == pytest.approx([120] * (refusals - 13) if refusals > 13 else [])


@pytest.mark.parametrize(("refusals", "status"), [(0, 422), (5, 415), (40, 422), (900, 429)])
def test_a_call_that_fails_for_good_or_is_refused_too_often_is_reported(
    refusals: int, status: int, tmp_path: Path
) -> None:
    stages = Stages(
        1,
        lambda stage, number: 200 if stage != "prepare" else 429 if number <= refusals else status,
    )

    async def play(deployment: Deployment) -> None:
        assert await ended(deployment, upload(deployment, 1)) == "FAILED"

    played(stages, 1, tmp_path, play)
    assert len(stages.asked["prepare"]) == min(refusals + 1, 900 + 1)
    assert len(stages.asked["finalize"]) == 1
