"""What the project needs of a workflow engine.

Every method raises WorkflowUnavailable if the engine does not answer, and WorkflowRefused if it
does not accept the call.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from shared.model.contracts import Problem, Source


class ActiveExecution(NamedTuple):
    """An execution that has not ended."""

    id: str
    source: Source | None
    """The recording that it is about; None if its argument names none."""


class Executions(Protocol):
    """Executions of the workflow. Each does one run of a job."""

    def start(self, source: Source, run: int) -> str:
        """Start a run, whose prepare claims the job or ends as a duplicate. Returns the execution's
        id. Options of a redrive are not passed on: prepare reads them from the job."""
        ...

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        """Start a run in which finalize writes the problem to the outbox. Returns the execution's
        id."""
        ...

    def delete_audio(self, source: Source, run: int) -> str:
        """Start an execution in which finalize deletes the audio that is due after the run. Returns
        the execution's id."""
        ...

    def draw_edits(self, source: Source, run: int) -> str:
        """Start an execution in which finalize draws the formats of the run's transcript with the
        current edits. Returns the execution's id."""
        ...

    def is_active(self, execution: str) -> bool:
        """Returns whether the execution has not ended. One that is unknown has ended."""
        ...

    def list_active(self) -> Iterator[ActiveExecution]:
        """Yields the executions that have not ended, in no order. One that begins or ends meanwhile
        may be among them or not."""
        ...

    def cancel(self, execution: str) -> None:
        """Cancel an execution; no-op if it has ended."""
        ...
