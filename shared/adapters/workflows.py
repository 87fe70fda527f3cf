"""Executions of the workflow, through Google's own client. The only module that imports it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
from google.api_core import exceptions as gone_wrong
from google.auth.exceptions import GoogleAuthError
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.services.executions.transports import (
    ExecutionsGrpcTransport,
)
from pydantic import JsonValue

from shared.model.contracts import Problem, Source
from shared.model.errors import WorkflowUnavailable
from shared.settings import settings

TIMEOUT = 30.0
"""Seconds a call may take, retries included."""


class WorkflowExecutions:
    """On Google Workflows, or on whatever `settings().executions_host` points at."""

    def __init__(self) -> None:
        self._parent = settings().workflow
        self._client = client(settings().executions_host)

    def start(
        self, source: Source, run: int, options: Mapping[str, JsonValue] | None = None
    ) -> str:
        return self._create(
            {"source": source.model_dump(), "run": run, "options": dict(options or {})}
        )

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        return self._create(
            {"source": source.model_dump(), "run": run, "problem": problem.model_dump()}
        )

    def is_active(self, execution: str) -> bool:
        with translate_errors():
            try:
                found = self._client.get_execution(name=self._name(execution), timeout=TIMEOUT)
            except gone_wrong.NotFound:
                return False
            return bool(found.state == executions_v1.Execution.State.ACTIVE)

    def cancel(self, execution: str) -> None:
        with translate_errors():
            try:
                self._client.cancel_execution(name=self._name(execution), timeout=TIMEOUT)
            except (gone_wrong.FailedPrecondition, gone_wrong.InvalidArgument, gone_wrong.NotFound):
                return  # it has ended

    def _create(self, argument: dict[str, JsonValue]) -> str:
        execution = executions_v1.Execution(argument=json.dumps(argument))
        with translate_errors():
            made = self._client.create_execution(
                parent=self._parent, execution=execution, timeout=TIMEOUT
            )
        return str(made.name).rpartition("/")[2]

    def _name(self, execution: str) -> str:
        return f"{self._parent}/executions/{execution}"


def client(host: str | None) -> executions_v1.ExecutionsClient:
    """To Google, with its credentials; to a host of one's own, without any."""
    if host is None:
        return executions_v1.ExecutionsClient()
    return executions_v1.ExecutionsClient(
        transport=ExecutionsGrpcTransport(channel=grpc.insecure_channel(host))
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    try:
        yield
    except (gone_wrong.GoogleAPICallError, gone_wrong.RetryError, GoogleAuthError) as error:
        raise WorkflowUnavailable(f"{type(error).__name__} from the workflow") from error
