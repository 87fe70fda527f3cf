"""Random workflows end as an oracle predicts, whatever the order of their branches.

If they are killed and restarted at any moment the result is the same, and each call is made at
least once.
"""

import asyncio
import json
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.executions import ExecutionStore, StoredExecution
from emulators.workflows.slots import Slots
from emulators.workflows.tests.programs import (
    URL,
    Block,
    Error,
    Oracle,
    Writer,
    blocks,
    stage_result,
)
from emulators.workflows.tests.virtual_time import run

Deaths = list[tuple[float, int]]
"""Each after so many seconds, and then so many iterations of the event loop."""
SLOTS = 2
"""Calls that the stage serves at once."""


class Stages(httpx.AsyncBaseTransport):
    """All stages. Their durations are random; their results depend on the input alone."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.calls: Counter[tuple[int, int]] = Counter()
        self.failed: Counter[str] = Counter()
        self.running = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(await request.aread())
        self.calls[body["number"], body["value"]] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.takes())
        finally:
            self.running -= 1
        if self.failed[body["call"]] < body["failures"]:
            self.failed[body["call"]] += 1
            return httpx.Response(body["status"], json={"type": "problem"}, request=request)
        return httpx.Response(
            200, json={"answer": stage_result(body["number"], body["value"])}, request=request
        )

    def takes(self) -> float:
        return self.dice.choice([0, 0, 0.1, 1, 10])


def deployed(block: Block, stages: Stages, file: Path) -> Deployment:
    workflow = Workflow("p", "here", "sample", json.dumps(Writer().program(block)), {})
    slots = Slots({URL.rstrip("/") + ":80": SLOTS})
    return Deployment(workflow, ExecutionStore.open(file), slots, None, stages)


async def run_with_deaths(
    block: Block, stages: Stages, deaths: Deaths, file: Path
) -> StoredExecution:
    """Runs the program to its end. At each of `deaths` everything that runs is lost."""
    deployment = deployed(block, stages, file)
    execution = deployment.create("null").id
    for seconds, turns in deaths:
        await asyncio.sleep(seconds)
        for _ in range(turns):
            await asyncio.sleep(0)
        deployment.store.close()  # a killed process writes nothing more
        await deployment.close()
        deployment = deployed(block, stages, file)
        deployment.resume()
    return await until_ended(deployment, execution)


async def until_ended(deployment: Deployment, execution: str) -> StoredExecution:
    async with asyncio.timeout(1e6):
        while (found := deployment.store.get(execution)) is not None and found.state == "ACTIVE":
            await asyncio.sleep(1)
    assert found is not None
    await deployment.close()
    return found


def ended(block: Block, stages: Stages, deaths: Deaths) -> StoredExecution:
    with TemporaryDirectory() as folder:
        return run(run_with_deaths(block, stages, deaths, Path(folder) / "executions.sqlite"))


def check(found: StoredExecution, expected: list[int] | Error) -> None:
    if isinstance(expected, Error):
        kind = "string" if isinstance(json.loads(found.error or "null"), str) else "map"
        assert (found.state, kind) == ("FAILED", expected.kind), found
    else:
        assert (found.state, json.loads(found.result or "null")) == ("SUCCEEDED", expected), (
            found.error
        )


@settings(max_examples=150, deadline=None)
@given(blocks(3), st.integers(0, 9))
def test_any_program_ends_as_the_oracle_says_and_calls_as_often(block: Block, seed: int) -> None:
    oracle, stages = Oracle(), Stages(seed)
    expected = oracle.result(block)
    check(ended(block, stages, []), expected)
    assert stages.calls == oracle.calls
    assert stages.most <= SLOTS


deaths = st.lists(
    st.tuples(st.sampled_from([0.0, 0.05, 1.0, 7.0, 30.0]), st.integers(0, 20)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(blocks(3), st.integers(0, 9), deaths)
def test_a_runner_that_is_killed_comes_to_the_same_end(
    block: Block, seed: int, deaths: Deaths
) -> None:
    oracle, stages = Oracle(), Stages(seed)
    expected = oracle.result(block)
    check(ended(block, stages, deaths), expected)
    assert stages.calls.keys() == oracle.calls.keys(), "all it must ask, and nothing else"
    assert all(stages.calls[call] >= times for call, times in oracle.calls.items())


class Refusing(Stages):
    """Refuses so many calls, and records the time of each."""

    def __init__(self, refusals: int) -> None:
        super().__init__(0)
        self.refusals, self.at = refusals, list[float]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.at.append(asyncio.get_running_loop().time())
        return httpx.Response(503 if len(self.at) <= self.refusals else 200, request=request)


def played(program: dict[str, Any], stages: Stages) -> StoredExecution:
    async def body(file: Path) -> StoredExecution:
        workflow = Workflow("p", "here", "sample", json.dumps(program), {})
        deployment = Deployment(workflow, ExecutionStore.open(file), Slots({}), None, stages)
        return await until_ended(deployment, deployment.create("null").id)

    with TemporaryDirectory() as folder:
        return run(body(Path(folder) / "executions.sqlite"))


seconds = st.sampled_from([0, 0.5, 1, 7, 60])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10), seconds, seconds, st.sampled_from([1, 1.5, 2]))
def test_a_call_is_repeated_after_the_delays_of_its_policy(
    refusals: int, retries: int, first: float, most: float, multiplier: float
) -> None:
    backoff = {"initial_delay": first, "max_delay": most, "multiplier": multiplier}
    retry = {
        "predicate": "${http.default_retry_predicate}",
        "max_retries": retries,
        "backoff": backoff,
    }
    ask = {"try": {"call": "http.get", "args": {"url": URL}}, "retry": retry}
    stages = Refusing(refusals)
    found = played({"main": {"steps": [{"ask": ask}]}}, stages)
    assert found.state == ("SUCCEEDED" if refusals <= retries else "FAILED")
    waits = [later - earlier for earlier, later in pairwise(stages.at)]
    assert waits == pytest.approx(
        [min(first * multiplier**n, most) for n in range(min(refusals, retries))]
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30) | st.none(), st.integers(1, 4))
def test_no_more_run_at_once_than_is_allowed(items: int, limit: int | None, outer: int) -> None:
    """So many branches with as many iterations each share twenty places."""
    body = {"number": 1, "value": 1, "failures": 0, "status": 200, "call": ""}
    ask = {"ask": {"call": "http.post", "args": {"url": URL, "body": body}}}
    inner: dict[str, Any] = {"for": {"value": "item", "in": list(range(items)), "steps": [ask]}}
    inner |= {"concurrency_limit": limit} if limit else {}
    branches = [
        {f"b{number}": {"steps": [{f"inner{number}": {"parallel": inner}}]}}
        for number in range(outer)
    ]
    stages = Busy(1)
    assert (
        played({"main": {"steps": [{"outer": {"parallel": {"branches": branches}}}]}}, stages).state
        == "SUCCEEDED"
    )
    assert stages.calls.total() == items * outer
    assert stages.most == min(min(items, limit or 20) * outer, 20)


class Busy(Stages):
    """Each call takes the same time."""

    def takes(self) -> float:
        return 1
