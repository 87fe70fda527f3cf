"""Recordings without an answer and without an active run are started again, and at last answered
with a problem. Ends of jobs that finalize could not announce are announced.

Inbox and outbox are listed side by side, a page at a time, to find what was never begun; what was
begun and goes no further is found by its job. Two sweeps at once do no harm: of two executions that
begin the same run, one claims the job and the other ends.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal

from pydantic import Field

from shared.jobs.events import publish_job_event
from shared.jobs.inbox import answered, generation_of, is_recording
from shared.jobs.job import Job, JobState
from shared.jobs.store import JobStore
from shared.model.contracts import Source, WireModel
from shared.model.errors import EventsUnavailable, GivenUp
from shared.ports.blobs import Blob, BlobStore
from shared.ports.events import EventPublisher
from shared.ports.executions import Executions
from shared.settings import settings

log = logging.getLogger(__name__)

PAGE = 1000
"""Objects, as many as Cloud Storage lists at once."""
PAGES = 50
"""Of the inbox, in one sweep; the next one goes on behind them."""
ANNOUNCEMENTS = 500
"""In one sweep; the next one goes on."""
OPEN: tuple[JobState, ...] = ("running", "retryable", "cancelled")
"""States of jobs that may have to be answered yet."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""At most, between two machines."""
MARKS = "**/{transcript.json,problem.json}"
"""The objects that say that a recording has its answer."""


class Asked(WireModel):
    """What the scheduler, or a person, asks."""

    unanswered_after: float | None = Field(default=None, ge=0)
    """Seconds. None: the deployment's."""


class Swept(WireModel):
    """What a sweep saw and did."""

    objects: int = 0
    started: int = 0
    given_up: int = 0
    announced: int = 0
    more: bool = False
    """The budget ended before the inbox did."""


@dataclass(frozen=True)
class Sweep:
    blobs: BlobStore
    jobs: JobStore
    executions: Executions
    completions: EventPublisher | None = None

    def __call__(self, asked: Asked) -> Swept:
        """Go on where the last sweep ended, for a budget of pages; at the end of the inbox begin
        anew the next time."""
        patience = (
            settings().unanswered_after
            if asked.unanswered_after is None
            else asked.unanswered_after
        )
        before = self.now() - timedelta(seconds=patience)
        listing = self.blobs.list(f"gs://{settings().inbox}/", start=self.jobs.cursor())
        looked, done = 0, {"started": 0, "given_up": 0, "announced": self.announce(before)}
        for _ in range(PAGES):
            page = list(islice(listing, PAGE))
            for source in self.unanswered(page, before):
                done["started"] += self.begin(source)
            looked += len(page)
            more = len(page) == PAGE
            self.jobs.save_cursor(name_of(page[-1]) + "\0" if more else "")
            if not more:
                break
        for job in self.abandoned(before):
            done[self.mend(job)] += 1
        log.info("swept", extra={"objects": looked, **done})
        return Swept(objects=looked, more=more, **done)

    def announce(self, before: datetime) -> int:
        """Tell of jobs that ended before then and were not told of: finalize died, or Pub/Sub did
        not answer."""
        if self.completions is None:
            return 0
        late = (
            job.job_id
            for job in self.jobs.list_unnotified()
            if job.ended is None or job.ended <= before
        )
        announced = 0
        try:
            for job_id in list(islice(late, ANNOUNCEMENTS)):
                announced += publish_job_event(job_id, self.jobs, self.completions)
        except EventsUnavailable as error:  # they stay due
            log.warning("job event not published: %s", error)
        return announced

    def unanswered(self, page: list[Blob], before: datetime) -> Iterator[Source]:
        """The page's recordings that are old enough and have no answer as new as they are.

        Of one that is older than jobs' documents are kept nobody can tell whether it was answered
        once: it is left.
        """
        known = self.now() - timedelta(days=settings().keep_days)
        old = {
            name_of(blob): blob
            for blob in page
            if known < blob.created <= before and is_recording(name_of(blob))
        }
        if not old:
            return
        marks = self.blobs.list(
            f"gs://{settings().outbox}/", start=min(old), end=f"{max(old)}/\U0010ffff", glob=MARKS
        )
        answers: dict[str, int] = {}
        for mark in marks:
            name = name_of(mark).rpartition("/")[0]
            answers[name] = max(answers.get(name, 0), generation_of(mark))
        for name, blob in old.items():
            source = Source(bucket=settings().inbox, name=name, generation=blob.generation)
            # Those of `a` come after those of `a-1`, maybe beyond the listing's end: its name is
            # looked for.
            if answers.get(name, 0) < blob.generation and not answered(source, self.blobs):
                yield source

    def begin(self, source: Source) -> bool:
        """Start what was never begun. What was is found by its job."""
        never = self.jobs.find(source.job_id) is None
        if never:
            self.executions.start(source, 1)
        return never

    def abandoned(self, before: datetime) -> Iterator[Job]:
        """Jobs that go no further. An older run may have answered: somebody asked for another, or
        it died as it wrote.

        They were given up as something that may pass, or their execution has ended without settling
        them, or nobody has answered yet that they were cancelled. An answer that somebody deleted
        is not made again: its job is done.
        """
        for job in (job for state in OPEN for job in self.jobs.list_by_state(state)):
            if before < job.updated < self.now() + CLOCKS_DIFFER:
                continue  # what lies beyond was written by a clock that has been set back since
            if job.state == "cancelled" and job.results:
                continue
            if job.state == "running" and self.executions.is_active(job.execution):
                continue
            recording = self.blobs.find(job.source.uri)
            if recording and recording.generation == job.source.generation:
                yield job

    def mend(self, job: Job) -> Literal["started", "given_up"]:
        """Start the job's next run, or have it answered; what was done."""
        if job.state == "cancelled" and job.problem:
            self.executions.report_problem(job.source, job.run + 1, job.problem)
        elif job.run - job.requested_run >= settings().restarts:
            error = GivenUp(f"{job.run} runs ended without an answer; the log of each tells why")
            self.executions.report_problem(
                job.source, job.run + 1, error.problem(job.job_id, "reconcile")
            )
            return "given_up"
        else:
            self.executions.start(job.source, job.run + 1, job.options)
        return "started"

    def now(self) -> datetime:
        """By the clock that the jobs' times are from."""
        return datetime.fromtimestamp(self.jobs.clock(), UTC)


def name_of(blob: Blob) -> str:
    return blob.uri.split("/", 3)[3]
