"""The routes: Google's Executions API, the bucket's notifications, health and status."""

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.runner import limits
from local.runner.deployment import Deployment, status
from local.runner.errors import WorkflowError
from local.runner.events import BadNotification, cloud_event
from local.runner.executions import StoredExecution
from local.runner.values import Map, Value, from_json, to_json

_WORKFLOW = "/v1/projects/{project}/locations/{location}/workflows/{workflow}"
_STATUS = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 409: "ABORTED"}
_PAGE_SIZE = 100
_PAGE_SIZE_MAX = {"BASIC": 1000, "FULL": 100}
_VIEWS = {"0": "", "1": "BASIC", "2": "FULL", "EXECUTION_VIEW_UNSPECIFIED": "", "": ""}


class ApiError(Exception):
    """An answer in the form of Google's errors."""

    def __init__(self, code: int, message: str, status: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or _STATUS[code]


def make_app(deployment: Deployment, inbox: str) -> Starlette:
    """The application; it resumes the cut-off executions when it starts, and stops the active ones when it ends."""
    api = _Api(deployment, inbox)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        deployment.resume()
        yield
        await deployment.close()

    routes = [
        Route("/health", api.health),
        Route("/status", api.status),
        Route("/events", api.notify, methods=["POST"]),
        Route(f"{_WORKFLOW}/executions", api.create_execution, methods=["POST"]),
        Route(f"{_WORKFLOW}/executions", api.list_executions, methods=["GET"]),
        Route(f"{_WORKFLOW}/executions/{{execution}}:cancel", api.cancel_execution, methods=["POST"]),
        Route(f"{_WORKFLOW}/executions/{{execution}}", api.get_execution, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={ApiError: _error})


class _Api:
    def __init__(self, deployment: Deployment, inbox: str) -> None:
        self._deployment = deployment
        self._inbox = inbox

    async def health(self, request: Request) -> Response:
        return PlainTextResponse("ok")

    async def status(self, request: Request) -> Response:
        return JSONResponse(status(self._deployment))

    async def notify(self, request: Request) -> Response:
        """200 once the execution is committed, or when there is none to start: the sender may forget the event."""
        try:
            event = cloud_event(await _body(request), self._inbox)
        except BadNotification as error:
            raise ApiError(400, str(error)) from error
        if event is None:
            return JSONResponse({})
        return JSONResponse({"execution": self._deployment.create(to_json(event)).id})

    async def create_execution(self, request: Request) -> Response:
        self._require_workflow(request)
        execution = await _body(request)
        argument = execution.get("argument", "null") if isinstance(execution, dict) else None
        return self._shown(self._deployment.create(_checked_argument(argument)), "FULL")

    async def get_execution(self, request: Request) -> Response:
        return self._shown(self._find(request), _view(request) or "FULL")

    async def list_executions(self, request: Request) -> Response:
        self._require_workflow(request)
        view = _view(request) or "BASIC"
        size = min(_page_size(request), _PAGE_SIZE_MAX[view])
        found = self._deployment.store.newest(size + 1, _page_start(request.query_params.get("pageToken", "")))
        page = found[:size]
        answer: Map = {"executions": [self._show(stored, view) for stored in page]}
        if len(found) > size:
            answer["nextPageToken"] = base64.urlsafe_b64encode(str(page[-1].number).encode()).decode()
        return JSONResponse(answer)

    async def cancel_execution(self, request: Request) -> Response:
        stored = self._find(request)
        if stored.state != "ACTIVE":
            raise ApiError(400, f"the execution is {stored.state}, not ACTIVE", "FAILED_PRECONDITION")
        await self._deployment.cancel(stored.id)
        return self._shown(self._find(request), "FULL")

    def _require_workflow(self, request: Request) -> None:
        parts = request.path_params
        name = f"projects/{parts['project']}/locations/{parts['location']}/workflows/{parts['workflow']}"
        if name != self._deployment.workflow.name:
            raise ApiError(404, f"workflow {name} is not here; {self._deployment.workflow.name} is")

    def _find(self, request: Request) -> StoredExecution:
        self._require_workflow(request)
        stored = self._deployment.store.get(request.path_params["execution"])
        if stored is None:
            raise ApiError(404, f"execution {request.path_params['execution']} not found")
        return stored

    def _shown(self, stored: StoredExecution, view: str) -> Response:
        return JSONResponse(self._show(stored, view))

    def _show(self, stored: StoredExecution, view: str) -> Map:
        """The execution as Google's JSON shows it; what it has not got is left out."""
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


async def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    body = {"error": {"code": error.code, "message": str(error), "status": error.status}}
    return JSONResponse(body, status_code=error.code)


async def _body(request: Request) -> Value:
    try:
        return from_json(await request.body() or b"{}")
    except WorkflowError as error:
        raise ApiError(400, str(error)) from error


def _checked_argument(argument: Value) -> str:
    if not isinstance(argument, str):
        raise ApiError(400, "argument must be JSON in a string")
    if len(argument.encode()) > limits.ARGUMENT_BYTES:
        raise ApiError(400, f"argument is larger than {limits.ARGUMENT_BYTES} bytes")
    try:
        from_json(argument or "null")
    except WorkflowError as error:
        raise ApiError(400, f"argument: {error}") from error
    return argument or "null"


def _view(request: Request) -> str:
    view = request.query_params.get("view", "")
    return _VIEWS.get(view, view if view in _PAGE_SIZE_MAX else "")


def _page_size(request: Request) -> int:
    size = request.query_params.get("pageSize", "0")
    if not size.isdigit():
        raise ApiError(400, "pageSize must be a number, not below 0")
    return int(size) or _PAGE_SIZE


def _page_start(token: str) -> int | None:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else None
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, "bad pageToken") from error


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
