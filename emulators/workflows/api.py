"""The HTTP routes: Google's Executions API, bucket notifications, health and status."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.workflows.deployment import Deployment, status
from emulators.workflows.errors import WorkflowError
from emulators.workflows.events import BadNotification, received
from emulators.workflows.executions import NotWritten
from emulators.workflows.executions_api import ApiError, ExecutionsApi, View
from emulators.workflows.grpc_start import grpc_served
from emulators.workflows.schedule import scheduled
from emulators.workflows.values import Value, from_json, to_json

_WORKFLOW = "/v1/projects/{project}/locations/{location}/workflows/{workflow}"
_CODES = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404, "FAILED_PRECONDITION": 400}
_VIEWS: dict[str, View] = {"1": "BASIC", "2": "FULL", "BASIC": "BASIC", "FULL": "FULL"}


def make_app(
    deployment: Deployment,
    inbox: str,
    grpc_port: int | None = None,
    schedule: Mapping[str, int] | None = None,
) -> Starlette:
    """Returns the application.

    At its start it resumes the executions that a restart has cut off. At its end it stops the
    active executions.
    """
    executions = ExecutionsApi(deployment)
    api = _Api(deployment, executions, inbox)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        deployment.resume()
        async with (
            scheduled(schedule or {}),
            grpc_served(executions, grpc_port) if grpc_port else nullcontext(),
        ):
            yield
        await deployment.close()

    routes = [
        Route("/health", api.health),
        Route("/status", api.status),
        Route("/events", api.notify, methods=["POST"]),
        Route(f"{_WORKFLOW}/executions", api.create_execution, methods=["POST"]),
        Route(f"{_WORKFLOW}/executions", api.list_executions, methods=["GET"]),
        Route(
            f"{_WORKFLOW}/executions/{{execution}}:cancel", api.cancel_execution, methods=["POST"]
        ),
        Route(f"{_WORKFLOW}/executions/{{execution}}", api.get_execution, methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={ApiError: _error, NotWritten: _not_written},
    )


class _Api:
    def __init__(self, deployment: Deployment, executions: ExecutionsApi, inbox: str) -> None:
        self._deployment = deployment
        self._executions = executions
        self._inbox = inbox

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "name": "workflows"})

    async def status(self, request: Request) -> Response:
        return JSONResponse(status(self._deployment))

    async def notify(self, request: Request) -> Response:
        """Responds with 200 once the execution is committed, or if the event starts none.

        The sender may then delete the event.
        """
        try:
            event = received(request.headers, await request.body(), self._inbox)
        except BadNotification as error:
            raise ApiError("INVALID_ARGUMENT", str(error)) from error
        if event is None:
            return JSONResponse({})
        return JSONResponse({"execution": self._deployment.create(to_json(event)).id})

    async def create_execution(self, request: Request) -> Response:
        execution = await _body(request)
        argument = execution.get("argument", "null") if isinstance(execution, dict) else None
        return JSONResponse(self._executions.create_execution(_workflow(request), argument))

    async def get_execution(self, request: Request) -> Response:
        return JSONResponse(self._executions.get_execution(_execution(request), _view(request)))

    async def list_executions(self, request: Request) -> Response:
        token = request.query_params.get("pageToken", "")
        filter_ = request.query_params.get("filter", "")
        page = self._executions.list_executions(
            _workflow(request), _view(request), _page_size(request), token, filter_
        )
        return JSONResponse(page)

    async def cancel_execution(self, request: Request) -> Response:
        return JSONResponse(await self._executions.cancel_execution(_execution(request)))


async def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    code = _CODES[error.status]
    return JSONResponse(
        {"error": {"code": code, "message": str(error), "status": error.status}}, status_code=code
    )


async def _not_written(request: Request, error: Exception) -> Response:
    return JSONResponse(
        {"error": {"code": 503, "message": str(error), "status": "UNAVAILABLE"}}, status_code=503
    )


async def _body(request: Request) -> Value:
    try:
        return from_json(await request.body() or b"{}")
    except WorkflowError as error:
        raise ApiError("INVALID_ARGUMENT", str(error)) from error


def _workflow(request: Request) -> str:
    return "projects/{project}/locations/{location}/workflows/{workflow}".format(
        **request.path_params
    )


def _execution(request: Request) -> str:
    return f"{_workflow(request)}/executions/{request.path_params['execution']}"


def _view(request: Request) -> View | None:
    return _VIEWS.get(request.query_params.get("view", ""))


def _page_size(request: Request) -> int:
    try:
        return int(request.query_params.get("pageSize", "0"))
    except ValueError as error:
        raise ApiError("INVALID_ARGUMENT", "pageSize must be a number") from error
