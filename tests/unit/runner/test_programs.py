"""Whatever a workflow says, and in whatever order its branches come to run: the runner does what the oracle says.

Also when it is killed and started again at any moment: the result is the same, and each call is made at least once.
"""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from local.runner.deployment import Deployment, Workflow
from local.runner.executions import ExecutionStore, StoredExecution
from tests.unit.runner.programs import URL, Block, Error, Oracle, Writer, answered, blocks
from tests.unit.runner.virtual_time import run

Deaths = list[tuple[float, int]]
"""Each after how many seconds, and then how many turns of the loop."""
SLOTS = 2
"""Calls that the stage takes at once."""


class Stages(httpx.AsyncBaseTransport):
    """All stages. How long each takes is drawn; what each answers follows from what it is asked."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.calls: Counter[tuple[int, int]] = Counter()
        self.failed: Counter[str] = Counter()
        self.running = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(await request.aread())
        self.calls[asked["number"], asked["value"]] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.dice.choice([0, 0, 0.1, 1, 10]))
        finally:
            self.running -= 1
        if self.failed[asked["call"]] < asked["failures"]:
            self.failed[asked["call"]] += 1
            return httpx.Response(asked["status"], json={"type": "problem"}, request=request)
        return httpx.Response(200, json={"answer": answered(asked["number"], asked["value"])}, request=request)


def deployed(block: Block, stages: Stages, file: Path) -> Deployment:
    workflow = Workflow("p", "here", "sample", json.dumps(Writer().program(block)), {})
    return Deployment(workflow, ExecutionStore.open(file), {URL.rstrip("/") + ":80": SLOTS}, None, stages)


async def lived(block: Block, stages: Stages, deaths: Deaths, file: Path) -> StoredExecution:
    """Run it to its end. At each of `deaths` all that runs is lost."""
    deployment = deployed(block, stages, file)
    execution = deployment.create("null").id
    for seconds, turns in deaths:
        await asyncio.sleep(seconds)
        for _ in range(turns):
            await asyncio.sleep(0)
        deployment.store.close()  # whoever is dead writes nothing any more
        await deployment.close()
        deployment = deployed(block, stages, file)
        deployment.resume()
    async with asyncio.timeout(1e6):
        while (found := deployment.store.get(execution)) is not None and found.state == "ACTIVE":
            await asyncio.sleep(1)
    assert found is not None
    await deployment.close()
    return found


def ended(block: Block, stages: Stages, deaths: Deaths) -> StoredExecution:
    with TemporaryDirectory() as folder:
        return run(lived(block, stages, deaths, Path(folder) / "executions.sqlite"))


def check(found: StoredExecution, expected: list[int] | Error) -> None:
    if isinstance(expected, Error):
        kind = "string" if isinstance(json.loads(found.error or "null"), str) else "map"
        assert (found.state, kind) == ("FAILED", expected.kind), found
    else:
        assert (found.state, json.loads(found.result or "null")) == ("SUCCEEDED", expected), found.error


@settings(max_examples=150, deadline=None)
@given(blocks(3), st.integers(0, 9))
def test_any_program_ends_as_the_oracle_says_and_calls_as_often(block: Block, seed: int) -> None:
    oracle, stages = Oracle(), Stages(seed)
    expected = oracle.result(block)
    check(ended(block, stages, []), expected)
    assert stages.calls == oracle.calls
    assert stages.most <= SLOTS


deaths = st.lists(st.tuples(st.sampled_from([0.0, 0.05, 1.0, 7.0, 30.0]), st.integers(0, 20)), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(blocks(3), st.integers(0, 9), deaths)
def test_a_runner_that_is_killed_comes_to_the_same_end(block: Block, seed: int, deaths: Deaths) -> None:
    oracle, stages = Oracle(), Stages(seed)
    expected = oracle.result(block)
    check(ended(block, stages, deaths), expected)
    assert stages.calls.keys() == oracle.calls.keys(), "all it must ask, and nothing else"
    assert all(stages.calls[call] >= times for call, times in oracle.calls.items())
