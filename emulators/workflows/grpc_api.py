"""Google's Executions API over gRPC, which is all that the client google-cloud-workflows speaks."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.cloud.workflows.executions_v1 import types
from google.protobuf.json_format import ParseDict

from emulators.workflows.executions import NotWritten
from emulators.workflows.executions_api import ApiError, ExecutionsApi, View
from emulators.workflows.values import Map

_VIEWS: dict[int, View] = {types.ExecutionView.BASIC: "BASIC", types.ExecutionView.FULL: "FULL"}


def make_server(api: ExecutionsApi, port: int) -> grpc.aio.Server:
    """Returns a server for 127.0.0.1, not yet started. Raises RuntimeError if the port is taken."""
    rpcs = _Rpcs(api)
    methods = {
        "CreateExecution": _method(rpcs.create, types.CreateExecutionRequest, types.Execution),
        "GetExecution": _method(rpcs.get, types.GetExecutionRequest, types.Execution),
        "ListExecutions": _method(
            rpcs.list, types.ListExecutionsRequest, types.ListExecutionsResponse
        ),
        "CancelExecution": _method(rpcs.cancel, types.CancelExecutionRequest, types.Execution),
    }
    service = grpc.method_handlers_generic_handler(
        "google.cloud.workflows.executions.v1.Executions", methods
    )
    # Without this option a second runner could share the port, and would get half of the
    # calls.
    server = grpc.aio.server(handlers=[service], options=[("grpc.so_reuseport", 0)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    return server


class _Rpcs:
    def __init__(self, api: ExecutionsApi) -> None:
        self._api = api

    async def create(self, request: types.CreateExecutionRequest) -> Map:
        return self._api.create_execution(request.parent, request.execution.argument)

    async def get(self, request: types.GetExecutionRequest) -> Map:
        return self._api.get_execution(request.name, _VIEWS.get(request.view))

    async def list(self, request: types.ListExecutionsRequest) -> Map:
        view = _VIEWS.get(request.view)
        return self._api.list_executions(
            request.parent, view, request.page_size, request.page_token, request.filter
        )

    async def cancel(self, request: types.CancelExecutionRequest) -> Map:
        return await self._api.cancel_execution(request.name)


def _method(
    rpc: Callable[[Any], Awaitable[Map]], request_type: Any, answer_type: Any
) -> grpc.RpcMethodHandler:
    async def answer(request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            shown = await rpc(request)
        except ApiError as error:
            await context.abort(grpc.StatusCode[error.status], str(error))
        except NotWritten as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        message = answer_type.pb()()
        return ParseDict(
            shown, message, ignore_unknown_fields=True
        )  # the client's message has no createTime

    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=request_type.deserialize,
        response_serializer=answer_type.pb().SerializeToString,
    )
