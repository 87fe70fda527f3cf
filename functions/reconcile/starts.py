"""The executions that a sweep starts: a limited number, each recorded in its job."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.jobs.store import JobStore
from shared.model.contracts import Problem, Source
from shared.model.errors import StageError
from shared.ports.executions import Executions
from shared.runtime.job_traces import traced

log = logging.getLogger(__name__)

MAX_STARTS = 500
"""Executions that one sweep starts. A start takes about 0.1 s, and the next sweep goes on."""
MAX_FAILURES = 10
"""Jobs in a row whose failure a sweep survives. After so many it is not about the jobs."""


@dataclass
class Starts:
    """Starts executions and counts them."""

    jobs: JobStore
    executions: Executions
    started: int = 0
    failed: int = 0
    """Jobs that could not be mended."""
    failures_in_a_row: int = 0

    @property
    def are_used_up(self) -> bool:
        return self.started >= MAX_STARTS

    def start(self, source: Source, run: int) -> None:
        """Start a run. It is recorded, so that no sweep starts it again while it waits."""
        with traced("start", lambda: self.jobs, source.job_id, run):
            execution = self.executions.start(source, run)
            self.jobs.queue(source, run, execution)
        self.started += 1

    def report_problem(self, source: Source, run: int, problem: Problem) -> None:
        """Start a run that writes the problem to the outbox."""
        with traced("report problem", lambda: self.jobs, source.job_id, run):
            execution = self.executions.report_problem(source, run, problem)
            self.jobs.queue(source, run, execution)
        self.started += 1

    @contextmanager
    def survived(self, job_id: str) -> Iterator[None]:
        """Logs and counts a failure of the block, which is about one job.

        Raises it if it is the last of MAX_FAILURES in a row.
        """
        try:
            yield
        except StageError as error:
            self.failed += 1
            self.failures_in_a_row += 1
            log.error("job not mended: %s", error, extra={"job_id": job_id})
            if self.failures_in_a_row >= MAX_FAILURES:
                raise
        else:
            self.failures_in_a_row = 0
