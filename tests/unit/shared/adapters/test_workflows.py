"""The adapter of Google Workflows, against a server that answers as the Executions API does."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.cloud.workflows.executions_v1 import types

from shared.adapters.workflows import WorkflowExecutions
from shared.model.contracts import Source
from shared.model.errors import WorkflowRefused
from shared.settings import settings

SOURCE = Source(bucket="inbox", name="a.mp3", generation=7)
State = types.Execution.State


class ExecutionsServer:
    """Knows one execution, whose state a test sets, and creates others unless it `refuses`. Its
    first `failures` answers are that it is unavailable."""

    def __init__(self) -> None:
        self.state = State.ACTIVE
        self.failures = 0
        self.refuses = False
        self.arguments: list[object] = []
        methods = {
            "GetExecution": self._method(self.get, types.GetExecutionRequest),
            "CreateExecution": self._method(self.create, types.CreateExecutionRequest),
        }
        service = grpc.method_handlers_generic_handler(
            "google.cloud.workflows.executions.v1.Executions", methods
        )
        self.server = grpc.server(ThreadPoolExecutor(1), handlers=[service])
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    def _method(self, respond: Any, request_type: Any) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(
            respond,
            request_deserializer=request_type.deserialize,
            response_serializer=types.Execution.serialize,
        )

    def get(self, request: Any, context: grpc.ServicerContext) -> types.Execution:
        if self.failures:
            self.failures -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection was closed")
        return types.Execution(name=request.name, state=self.state)

    def create(self, request: Any, context: grpc.ServicerContext) -> types.Execution:
        if self.refuses:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the argument is too long")
        self.arguments.append(json.loads(request.execution.argument))
        return types.Execution(name=f"{request.parent}/executions/e2")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutionsServer]:
    server = ExecutionsServer()
    server.server.start()
    monkeypatch.setenv("DROPSCRIBE_EXECUTIONS_HOST", f"127.0.0.1:{server.port}")
    settings.cache_clear()
    yield server
    server.server.stop(grace=None)
    settings.cache_clear()


@pytest.mark.parametrize(
    ("state", "is_active"),
    [
        (State.ACTIVE, True),
        (State.QUEUED, True),
        (State.SUCCEEDED, False),
        (State.FAILED, False),
        (State.CANCELLED, False),
    ],
)
def test_an_execution_is_active_until_it_has_ended(
    server: ExecutionsServer, state: State, is_active: bool
) -> None:
    server.state = state
    assert WorkflowExecutions().is_active("e1") == is_active


def test_a_request_that_meets_a_closed_connection_is_repeated(server: ExecutionsServer) -> None:
    server.failures = 2
    assert WorkflowExecutions().is_active("e1")
    assert server.failures == 0


def test_a_call_that_the_workflow_does_not_accept_is_not_taken_for_an_outage(
    server: ExecutionsServer,
) -> None:
    server.refuses = True
    with pytest.raises(WorkflowRefused, match="InvalidArgument"):
        WorkflowExecutions().start(SOURCE, 2)


def test_each_kind_of_execution_gets_its_argument(server: ExecutionsServer) -> None:
    executions = WorkflowExecutions()
    executions.start(SOURCE, 2)
    executions.delete_audio(SOURCE, 2)
    executions.draw_edits(SOURCE, 2)
    argument = {"source": SOURCE.model_dump(), "run": 2}
    assert server.arguments == [
        argument,
        argument | {"delete_audio": True},
        argument | {"draw_edits": True},
    ]
