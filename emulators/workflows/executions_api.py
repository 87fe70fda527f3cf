"""Google's Executions API in JSON. api.py serves it over HTTP, grpc_api.py over gRPC."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Literal

from emulators.workflows import limits
from emulators.workflows.deployment import Deployment
from emulators.workflows.errors import WorkflowError
from emulators.workflows.executions import StoredExecution
from emulators.workflows.values import Map, Value, from_json

View = Literal["BASIC", "FULL"]

_STATE_FILTER = re.compile(r'state *= *"([A-Z]+)"')
_PAGE_SIZE = 100
_PAGE_SIZE_MAX: dict[View, int] = {"BASIC": 1000, "FULL": 100}


class ApiError(Exception):
    """A refused request, with the status name that HTTP and gRPC share."""

    def __init__(
        self, status: Literal["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"], message: str
    ) -> None:
        super().__init__(message)
        self.status = status


class ExecutionsApi:
    """Each method returns the JSON of Google's message, or raises ApiError."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def create_execution(self, parent: str, argument: Value) -> Map:
        self._require_workflow(parent)
        return self._show(self._deployment.create(_checked_argument(argument)), "FULL")

    def get_execution(self, name: str, view: View | None) -> Map:
        return self._show(self._find(name), view or "FULL")

    def list_executions(
        self, parent: str, view: View | None, page_size: int, page_token: str, filter_: str = ""
    ) -> Map:
        """Returns a page of executions.

        Size 0, an empty token and an empty filter mean "not given", as in Google's messages. Of
        Google's filters only those by state are there: `state="ACTIVE" OR state="QUEUED"`.
        """
        self._require_workflow(parent)
        if page_size < 0:
            raise ApiError("INVALID_ARGUMENT", "the page size is below 0")
        view = view or "BASIC"
        size = min(page_size or _PAGE_SIZE, _PAGE_SIZE_MAX[view])
        states = _filtered_states(filter_)
        found = self._deployment.store.newest(size + 1, _page_start(page_token), states)
        page = found[:size]
        answer: Map = {"executions": [self._show(stored, view) for stored in page]}
        if len(found) > size:
            answer["nextPageToken"] = base64.urlsafe_b64encode(
                str(page[-1].number).encode()
            ).decode()
        return answer

    async def cancel_execution(self, name: str) -> Map:
        stored = self._find(name)
        if stored.state != "ACTIVE":
            raise ApiError("FAILED_PRECONDITION", f"the execution is {stored.state}, not ACTIVE")
        await self._deployment.cancel(stored.id)
        return self._show(self._find(name), "FULL")

    def _require_workflow(self, name: str) -> None:
        if name != self._deployment.workflow.name:
            raise ApiError(
                "NOT_FOUND", f"workflow {name} is not here; {self._deployment.workflow.name} is"
            )

    def _find(self, name: str) -> StoredExecution:
        parent, _, execution = name.rpartition("/executions/")
        self._require_workflow(parent)
        stored = self._deployment.store.get(execution)
        if stored is None:
            raise ApiError("NOT_FOUND", f"execution {execution} not found")
        return stored

    def _show(self, stored: StoredExecution, view: View) -> Map:
        """Returns the execution in Google's JSON, without the fields that it does not have."""
        shown: Map = {
            "name": f"{self._deployment.workflow.name}/executions/{stored.id}",
            "createTime": _timestamp(stored.start_time),
            "startTime": _timestamp(stored.start_time),
            "endTime": stored.end_time and _timestamp(stored.end_time),
            "duration": stored.end_time and f"{stored.end_time - stored.start_time:.6f}s",
            "state": stored.state,
            "workflowRevisionId": self._deployment.workflow.revision,
        }
        if view == "FULL":
            shown |= {
                "argument": stored.argument,
                "result": stored.result,
                "error": stored.error and {"payload": stored.error, "context": stored.context},
                "status": {"currentSteps": self._steps(stored)},
            }
        return {key: value for key, value in shown.items() if value is not None}

    def _steps(self, stored: StoredExecution) -> list[dict[str, str | None]]:
        last = [(stored.routine, stored.step)] if stored.step else []
        steps = self._deployment.current_steps(stored.id) or last
        return [{"routine": routine, "step": step} for routine, step in steps]


def _checked_argument(argument: Value) -> str:
    if not isinstance(argument, str):
        raise ApiError("INVALID_ARGUMENT", "argument must be JSON in a string")
    if len(argument.encode()) > limits.ARGUMENT_BYTES:
        raise ApiError("INVALID_ARGUMENT", f"argument is larger than {limits.ARGUMENT_BYTES} bytes")
    try:
        from_json(argument or "null")
    except WorkflowError as error:
        raise ApiError("INVALID_ARGUMENT", f"argument: {error}") from error
    return argument or "null"


def _filtered_states(filter_: str) -> tuple[str, ...]:
    """Returns the states that a filter names. It is empty for an empty filter, which names all."""
    if not filter_:
        return ()
    states = []
    for part in filter_.split(" OR "):
        matched = _STATE_FILTER.fullmatch(part)
        if matched is None:
            raise ApiError("INVALID_ARGUMENT", f"filter: {part} is not implemented here")
        states.append(matched[1])
    return tuple(states)


def _page_start(token: str) -> int | None:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else None
    except (binascii.Error, ValueError) as error:
        raise ApiError("INVALID_ARGUMENT", "bad page token") from error


def _timestamp(seconds: float) -> str:
    return (
        datetime.fromtimestamp(seconds, UTC)
        .isoformat(timespec="microseconds")
        .replace("+00:00", "Z")
    )
