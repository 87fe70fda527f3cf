"""What the project needs of a workflow engine."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from shared.model.contracts import Problem, Source


class Executions(Protocol):
    """Starts and ends runs of jobs. An execution is known by its id."""

    def start(
        self, source: Source, run: int, options: Mapping[str, JsonValue] | None = None
    ) -> str:
        """Begin a run; its prepare claims the job, or ends as a duplicate."""
        ...

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        """Have finalize, which alone writes to the outbox, answer with a problem."""
        ...

    def is_active(self, execution: str) -> bool: ...

    def cancel(self, execution: str) -> None:
        """Does nothing to one that has ended."""
        ...
