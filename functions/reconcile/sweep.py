"""Recordings without an answer and without an active run are started again, and at last answered with a problem.

Inbox and outbox are listed side by side, a page at a time; only what has no answer is looked at more closely. Two
sweeps at once do no harm: of two executions that begin the same run, one claims the job and the other ends.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from pydantic import Field

from shared.contracts import Source, Wire
from shared.errors import GivenUp
from shared.inbox import answer_folder, is_recording
from shared.jobs import Job, JobStore
from shared.settings import settings
from shared.storage import Blob, BlobStore
from shared.workflow import Executions

log = logging.getLogger(__name__)

PAGE = 1000
"""Objects, as many as Cloud Storage lists at once."""
PAGES = 50
"""Of the inbox, in one sweep; the next one goes on behind them."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""At most, between two machines."""
MARKS = "**/{transcript.json,problem.json}"
"""The objects that say that a recording has its answer."""


class Asked(Wire):
    """What the scheduler, or a person, asks."""

    unanswered_after: float | None = Field(default=None, ge=0)
    """Seconds. None: the deployment's."""


class Swept(Wire):
    """What a sweep saw and did."""

    objects: int = 0
    started: int = 0
    given_up: int = 0
    more: bool = False
    """The budget ended before the inbox did."""


@dataclass(frozen=True)
class Sweep:
    blobs: BlobStore
    jobs: JobStore
    executions: Executions

    def __call__(self, asked: Asked) -> Swept:
        """Go on where the last sweep ended, for a budget of pages; at the end of the inbox begin anew the next time."""
        patience = settings().unanswered_after if asked.unanswered_after is None else asked.unanswered_after
        before = self.now() - timedelta(seconds=patience)
        listing = self.blobs.list(f"gs://{settings().inbox}/", start=self.jobs.bookmark())
        looked, done = 0, {"started": 0, "given_up": 0}
        for _ in range(PAGES):
            page = list(islice(listing, PAGE))
            for source in self.unanswered(page, before):
                if (did := self.mend(source, before)) is not None:
                    done[did] += 1
            looked += len(page)
            more = len(page) == PAGE
            self.jobs.leave_bookmark(name_of(page[-1]) + "\0" if more else "")
            if not more:
                break
        log.info("swept", extra={"objects": looked, **done})
        return Swept(objects=looked, more=more, **done)

    def unanswered(self, page: list[Blob], before: datetime) -> Iterator[Source]:
        """The page's recordings that are old enough and have no answer as new as they are.

        Of one that is older than jobs' documents are kept nobody can tell whether it was answered once: it is left.
        """
        known = self.now() - timedelta(days=settings().keep_days)
        old = {name_of(blob): blob for blob in page if known < blob.created <= before and is_recording(name_of(blob))}
        if not old:
            return
        marks = self.blobs.list(f"gs://{settings().outbox}/", start=min(old), end=f"{max(old)}/\U0010ffff", glob=MARKS)
        answers: dict[str, int] = {}
        for mark in marks:
            name = name_of(mark).rpartition("/")[0]
            answers[name] = max(answers.get(name, 0), generation_of(mark))
        for name, blob in old.items():
            source = Source(bucket=settings().inbox, name=name, generation=blob.generation)
            if answers.get(name, 0) < blob.generation and not self.answered(source):
                yield source

    def now(self) -> datetime:
        """By the clock that the jobs' times are from."""
        return datetime.fromtimestamp(self.jobs.clock(), UTC)

    def answered(self, source: Source) -> bool:
        """Looks for the answer by its name: those of `a` come after those of `a-1`, maybe beyond the listing's end."""
        folder = f"gs://{settings().outbox}/{answer_folder(source)}"
        marks = (self.blobs.find(f"{folder}/{mark}") for mark in ("transcript.json", "problem.json"))
        return any(mark is not None and generation_of(mark) >= source.generation for mark in marks)

    def mend(self, source: Source, before: datetime) -> str | None:
        """Start what nobody works on; what was done, if anything."""
        job = self.jobs.find(source.job_id)
        if job is None:
            self.executions.start(source, 1)
            return "started"
        if not self.abandoned(job, before) or job.run - job.asked > settings().restarts:
            return None
        if job.run - job.asked == settings().restarts:
            error = GivenUp(f"{job.run} runs ended without an answer; the log of each tells why")
            self.executions.answer(source, job.run + 1, error.problem(job.job_id, "reconcile"))
            return "given_up"
        self.executions.start(source, job.run + 1, job.options)
        return "started"

    def abandoned(self, job: Job, before: datetime) -> bool:
        """It was given up as something that may pass, or its execution has ended without settling it.

        An answer that somebody deleted is not made again: its job is done.
        """
        if before < job.updated < self.now() + CLOCKS_DIFFER:
            return False  # what lies beyond was written by a clock that has been set back since
        return job.state == "unanswered" or (job.state == "running" and not self.executions.active(job.execution))


def name_of(blob: Blob) -> str:
    return blob.uri.split("/", 3)[3]


def generation_of(mark: Blob) -> int:
    """Of the recording that it answers; an object that somebody else put there answers nothing."""
    return int(mark.metadata.get("dropscribe-generation", 0))
