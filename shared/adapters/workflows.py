"""Executions on Google Workflows. The only module that imports its client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import grpc
from google.api_core.exceptions import FailedPrecondition, InvalidArgument, NotFound
from google.api_core.retry import Retry, if_transient_error
from google.cloud.workflows.executions_v1 import (
    Execution,
    ExecutionsClient,
    ExecutionView,
    ListExecutionsRequest,
)
from google.cloud.workflows.executions_v1.services.executions.transports import (
    ExecutionsGrpcTransport,
)
from pydantic import JsonValue

from shared.adapters.google import translate_google_errors
from shared.model.contracts import Problem, Source
from shared.model.errors import WorkflowRefused, WorkflowUnavailable
from shared.ports.executions import ActiveExecution
from shared.settings import settings

TIMEOUT = 30.0
"""Seconds that each request may take."""
RETRY = Retry(predicate=if_transient_error, initial=0.1, timeout=5.0)
"""Google's client repeats nothing by itself, and the first request after an idle time may meet a
closed connection. A start that is repeated after its response was lost makes a second execution of
the run, which ends as a duplicate."""

UNFINISHED = (Execution.State.ACTIVE, Execution.State.QUEUED)
"""States of an execution that has not ended. It is queued while too many others are active."""

IS_UNFINISHED = 'state="ACTIVE" OR state="QUEUED"'
"""The filter of a list of executions in these states."""
PAGE_SIZE = 100
"""Most executions that a page may have if they are listed with their arguments."""

translate_outages = partial(translate_google_errors, WorkflowUnavailable, "the workflow")


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raises WorkflowUnavailable or WorkflowRefused instead of Google's exceptions."""
    with translate_outages():
        try:
            yield
        except InvalidArgument as error:
            raise WorkflowRefused("InvalidArgument from the workflow") from error


class WorkflowExecutions:
    """Executions of the workflow that the settings name."""

    def __init__(self) -> None:
        adapters = settings().adapters
        host = adapters.executions_host
        self._workflow = adapters.workflow
        self._client = client(host)

    def start(self, source: Source, run: int) -> str:
        return self._create({"source": source.model_dump(), "run": run})

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        return self._create(
            {"source": source.model_dump(), "run": run, "problem": problem.model_dump()}
        )

    def delete_audio(self, source: Source, run: int) -> str:
        return self._create({"source": source.model_dump(), "run": run, "delete_audio": True})

    def draw_edits(self, source: Source, run: int) -> str:
        return self._create({"source": source.model_dump(), "run": run, "draw_edits": True})

    def is_active(self, execution: str) -> bool:
        name = self._name(execution)
        with translate_errors():
            try:
                found = self._client.get_execution(name=name, retry=RETRY, timeout=TIMEOUT)
            except NotFound:
                return False
        return found.state in UNFINISHED

    def list_active(self) -> Iterator[ActiveExecution]:
        request = ListExecutionsRequest(
            parent=self._workflow,
            view=ExecutionView.FULL,
            filter=IS_UNFINISHED,
            page_size=PAGE_SIZE,
        )
        with translate_errors():
            pages = self._client.list_executions(request=request, retry=RETRY, timeout=TIMEOUT)
            for execution in pages:
                yield ActiveExecution(id_of(execution), source_in(execution.argument))

    def cancel(self, execution: str) -> None:
        name = self._name(execution)
        with translate_errors():
            try:
                self._client.cancel_execution(name=name, retry=RETRY, timeout=TIMEOUT)
            except (FailedPrecondition, InvalidArgument, NotFound):
                return  # it has ended

    def _create(self, argument: dict[str, JsonValue]) -> str:
        """Create an execution. Returns its id."""
        text = json.dumps(argument)
        execution = Execution(argument=text)
        with translate_errors():
            created = self._client.create_execution(
                parent=self._workflow, execution=execution, retry=RETRY, timeout=TIMEOUT
            )
        return id_of(created)

    def _name(self, execution: str) -> str:
        return f"{self._workflow}/executions/{execution}"


def id_of(execution: Execution) -> str:
    """Returns the last part of an execution's name."""
    name = str(execution.name)
    return name.rpartition("/")[2]


def source_in(argument: str) -> Source | None:
    """Returns the recording in an execution's argument, which is an upload's CloudEvent or one of
    ours, or None if it names none."""
    try:
        fields = json.loads(argument)
        found = fields["data"] if "data" in fields else fields["source"]
        return Source(bucket=found["bucket"], name=found["name"], generation=found["generation"])
    except (ValueError, KeyError, TypeError):
        return None


def client(host: str | None) -> ExecutionsClient:
    """Returns a client of Google's Executions API, or of an emulator at `host`, which takes no
    credentials."""
    if host is None:
        return ExecutionsClient()
    channel = grpc.insecure_channel(host)
    transport = ExecutionsGrpcTransport(channel=channel)
    return ExecutionsClient(transport=transport)
