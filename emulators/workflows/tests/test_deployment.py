"""Executions survive cancellation, shutdown and bugs of the runner, tested in-process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from emulators.workflows.calls import TokenMaker
from emulators.workflows.deployment import Deployment, Workflow, status
from emulators.workflows.executions import ExecutionStore
from emulators.workflows.slots import Slots

SLEEPS = "main:\n  steps:\n    - wait:\n        call: sys.sleep\n        args: {seconds: 1000}\n"
ASKS = "{call: http.get, args: {url: 'http://127.0.0.1:1/', auth: {type: OIDC}}}"
CALLS = f"main:\n  steps:\n    - ask: {ASKS}\n"
RETURNS_BYTES = "main:\n  steps:\n    - answer:\n        return: ${text.encode('a')}\n"


def run(
    source: str,
    file: Path,
    test: Callable[[Deployment], Awaitable[None]],
    make_token: TokenMaker | None = None,
) -> None:
    async def body() -> None:
        workflow = Workflow("p1", "here", "sample", source, {})
        deployment = Deployment(workflow, ExecutionStore.open(file), Slots({}), make_token)
        deployment.resume()
        try:
            await test(deployment)
        finally:
            await deployment.close()

    asyncio.run(asyncio.wait_for(body(), 30))


def test_an_execution_is_cancelled_before_its_first_step(tmp_path: Path) -> None:
    async def test(deployment: Deployment) -> None:
        stored = deployment.create("null")
        await deployment.cancel(stored.id)
        assert deployment.store.counts() == {"CANCELLED": 1}
        assert deployment.current_steps(stored.id) == []
        assert status(deployment)["active"] == []

    run(SLEEPS, tmp_path / "executions.sqlite", test)


def test_closing_leaves_executions_active_and_the_next_start_resumes_them(tmp_path: Path) -> None:
    started: list[str] = []

    async def first(deployment: Deployment) -> None:
        started.append(deployment.create("null").id)
        await asyncio.sleep(0)

    async def second(deployment: Deployment) -> None:
        while deployment.current_steps(started[0]) != [("main", "wait")]:
            await asyncio.sleep(0.01)
        assert deployment.store.counts() == {"ACTIVE": 1}

    run(SLEEPS, tmp_path / "executions.sqlite", first)
    run(SLEEPS, tmp_path / "executions.sqlite", second)


def test_a_bug_in_the_runner_ends_the_execution_with_a_system_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(audience: str) -> str:
        raise RuntimeError("no key")

    async def test(deployment: Deployment) -> None:
        found = await until_ended(deployment, deployment.create("null").id)
        assert found["tags"] == ["SystemError"]

    run(CALLS, tmp_path / "executions.sqlite", test, make_token=broken)
    assert "no key" in caplog.text


def test_an_ended_execution_is_let_go(tmp_path: Path) -> None:
    async def test(deployment: Deployment) -> None:
        execution = deployment.create("null").id
        await until_ended(deployment, execution)
        while deployment.current_steps(execution):
            await asyncio.sleep(0.01)

    run(RETURNS_BYTES, tmp_path / "executions.sqlite", test)


def test_bytes_cannot_be_returned(tmp_path: Path) -> None:
    async def test(deployment: Deployment) -> None:
        found = await until_ended(deployment, deployment.create("null").id)
        assert found["tags"] == ["ValueError"]

    run(RETURNS_BYTES, tmp_path / "executions.sqlite", test)


async def until_ended(deployment: Deployment, execution: str) -> dict[str, list[str]]:
    """Waits for the end of an execution. Returns the payload of its error."""
    while (found := deployment.store.get(execution)) is None or found.state == "ACTIVE":
        await asyncio.sleep(0.01)
    return dict(json.loads(found.error or "{}"))
