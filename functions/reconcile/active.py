"""The executions at work, as a sweep sees them."""

from functools import cached_property

from shared.model.contracts import Source
from shared.ports.executions import Executions


class ActiveExecutions:
    """The executions that had not ended when they were first asked for.

    One list of them takes the place of a request for each job: ten thousand uploads at once have
    ten thousand executions.
    """

    def __init__(self, executions: Executions) -> None:
        self._executions = executions

    def has(self, execution: str) -> bool:
        """Returns whether an execution has not ended. One that is not in the list is asked for, as
        the list may lag behind."""
        if execution in self._jobs_by_execution:
            return True
        return self._executions.is_active(execution)

    def is_worked_on(self, source: Source) -> bool:
        """Returns whether any execution in the list is about a recording."""
        return source.job_id in self._jobs

    @cached_property
    def _jobs_by_execution(self) -> dict[str, str | None]:
        jobs: dict[str, str | None] = {}
        for execution in self._executions.list_active():
            source = execution.source
            jobs[execution.id] = source.job_id if source else None
        return jobs

    @cached_property
    def _jobs(self) -> frozenset[str | None]:
        return frozenset(self._jobs_by_execution.values())
