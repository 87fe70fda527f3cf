"""What the project needs of a workflow engine.

Every method raises WorkflowUnavailable if the engine does not answer, and WorkflowRefused if it
does not accept the call.
"""

from typing import Protocol

from shared.model.contracts import Problem, Source


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

    def is_active(self, execution: str) -> bool:
        """Returns whether the execution has not ended. One that is unknown has ended."""
        ...

    def cancel(self, execution: str) -> None:
        """Cancel an execution; no-op if it has ended."""
        ...
