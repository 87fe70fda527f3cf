"""A deployed workflow: starts its executions, cancels them, and resumes them after a restart."""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from emulators.workflows import limits, log
from emulators.workflows.calls import HttpCalls, TokenMaker
from emulators.workflows.check import check
from emulators.workflows.engine import Execution
from emulators.workflows.errors import Finding, SourceError, WorkflowError, failure
from emulators.workflows.executions import Ending, ExecutionStore, NotWritten, StoredExecution
from emulators.workflows.natives import Context
from emulators.workflows.program import Program
from emulators.workflows.slots import QueueLength, Slots
from emulators.workflows.source import load
from emulators.workflows.values import Map, Value, from_json, to_json

_STOP_SECONDS = 10
_END_PAUSE = 2.0
"""Seconds between two tries to write the end of an execution."""


@dataclass(frozen=True)
class Workflow:
    """A workflow's program, name and environment."""

    project: str
    location: str
    id: str
    source: str
    variables: Mapping[str, str]
    """The user's environment variables, for `sys.get_env`."""

    @property
    def name(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/workflows/{self.id}"

    @property
    def revision(self) -> str:
        return "000001-" + hashlib.sha256(self.source.encode()).hexdigest()[:3]

    def program(self) -> Program:
        """Returns the program. Raises SourceError if Google would refuse to deploy the workflow."""
        if len(self.variables) > limits.USER_VARIABLES:
            raise SourceError(
                [Finding(0, f"more than {limits.USER_VARIABLES} environment variables")]
            )
        program = load(self.source)
        if mistakes := check(program):
            raise SourceError(mistakes)
        return program

    def environment(self, execution: str) -> dict[str, str]:
        return {
            **self.variables,
            "GOOGLE_CLOUD_PROJECT_ID": self.project,
            "GOOGLE_CLOUD_PROJECT_NUMBER": "0",
            "GOOGLE_CLOUD_LOCATION": self.location,
            "GOOGLE_CLOUD_WORKFLOW_ID": self.id,
            "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": self.revision,
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution,
        }


@dataclass(frozen=True)
class _Running:
    execution: Execution
    task: asyncio.Task[None]


class Deployment:
    """A deployed workflow and its executions."""

    def __init__(
        self,
        workflow: Workflow,
        store: ExecutionStore,
        slots: Slots,
        make_token: TokenMaker | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.workflow = workflow
        self.store = store
        self._program = workflow.program()
        self._slots = slots
        self._http = HttpCalls(self._slots, make_token, transport)
        self._running: dict[str, _Running] = {}

    def create(self, argument: str) -> StoredExecution:
        """Starts an execution and returns it once it is committed. The argument is JSON."""
        stored = self.store.create(str(uuid.uuid4()), argument)
        self._start(stored)
        return stored

    def resume(self) -> None:
        """Restarts every execution that a restart of the process cut off, from its beginning."""
        for stored in self.store.active():
            log.event("execution resumes", execution=stored.id)
            self._start(stored)

    async def cancel(self, execution: str) -> None:
        """Cancels an execution and returns once nothing of it runs."""
        running = self._running.get(execution)
        if running is None:
            return
        self.store.end(execution, Ending("CANCELLED", last_step=_last_step(running.execution)))
        running.task.cancel()
        await asyncio.wait([running.task], timeout=_STOP_SECONDS)

    async def close(self) -> None:
        """Stops working. Active executions stay ACTIVE and resume at the next start."""
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        await self._http.close()
        self.store.close()

    def current_steps(self, execution: str) -> list[tuple[str, str]]:
        running = self._running.get(execution)
        return running.execution.current_steps if running else []

    def queues(self) -> dict[str, QueueLength]:
        return self._slots.lengths()

    def waiting(self) -> dict[str, dict[str, int]]:
        """Returns the place among the waiting executions, by execution and origin."""
        return self._slots.positions()

    def _start(self, stored: StoredExecution) -> None:
        context = Context(
            stored.id, self.workflow.environment(stored.id), self._http, _logger(stored.id)
        )
        execution = Execution(self._program, context)
        task = asyncio.create_task(self._run(stored, execution), name=stored.id)
        self._running[stored.id] = _Running(execution, task)
        self._slots.begin(stored.id)
        # Not at the end of the task itself: a task that is cancelled before its first step does not
        # reach it.
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        execution = task.get_name()
        del self._running[execution]
        self._slots.end(execution)

    async def _run(self, stored: StoredExecution, execution: Execution) -> None:
        log.event("execution starts", execution=stored.id)
        ending = await _ending(execution, stored)
        await self._end(stored.id, ending)
        log.event("execution ends", execution=stored.id, state=ending.state)

    async def _end(self, execution: str, ending: Ending) -> None:
        """Writes how an execution ended, and tries again until there is room on the disk.

        Until then the execution counts as active, and its recording would not be started again. A
        restart reads the row.
        """
        while True:
            try:
                return self.store.end(execution, ending)
            except NotWritten as error:
                log.event("no end is written", "WARNING", execution=execution, error=str(error))
                await asyncio.sleep(_END_PAUSE)


async def _ending(execution: Execution, stored: StoredExecution) -> Ending:
    try:
        result = to_json(await execution.result(from_json(stored.argument)))
    except WorkflowError as error:
        return _failed(error, execution, stored.id)
    except Exception:
        log.logger.exception("the runner failed", extra={"fields": {"execution": stored.id}})
        return _failed(
            failure("SystemError", "the runner failed; its log says how"), execution, stored.id
        )
    return Ending("SUCCEEDED", result=result, last_step=_last_step(execution))


def _failed(error: WorkflowError, execution: Execution, execution_id: str) -> Ending:
    code = error.payload.get("code") if isinstance(error.payload, dict) else None
    last_step = _last_step(execution)
    log.event(
        "execution failed",
        "ERROR",
        execution=execution_id,
        step=last_step[1],
        code=code,
        tags=error.tags,
    )
    return Ending(
        "FAILED", error=_payload(error.payload), context=error.context, last_step=last_step
    )


def _payload(payload: Value) -> str:
    try:
        return to_json(payload)
    except WorkflowError as error:
        return to_json(error.payload)


def _last_step(execution: Execution) -> tuple[str, str] | tuple[None, None]:
    return next(reversed(execution.current_steps), (None, None))


def _logger(execution: str) -> Callable[[str, Value], None]:
    def write(severity: str, data: Value) -> None:
        log.event("sys.log", severity, execution=execution, data=data)

    return write


def status(deployment: Deployment) -> Map:
    """Returns the running and waiting executions, for people and supervisors."""
    waiting = deployment.waiting()
    return {
        "workflow": deployment.workflow.name,
        "source": deployment.workflow.source,
        "executions": deployment.store.counts(),
        "active": [
            {
                "id": stored.id,
                "start_time": stored.start_time,
                "steps": [step for _, step in deployment.current_steps(stored.id)],
                "waiting": waiting.get(stored.id, {}),
            }
            for stored in deployment.store.active()
        ],
        "queues": deployment.queues(),
    }
