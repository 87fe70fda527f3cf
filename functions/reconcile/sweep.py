"""Starts runs for recordings that have neither an answer nor an active run, and reports a problem
after too many. Publishes the ends of jobs that finalize could not publish, and has it delete audio
that it could not delete.

Recordings that no run has claimed are found by listing the inbox and the outbox side by side, a
page at a time; those that a run has claimed are found by their jobs. Two sweeps at once do no harm:
of two executions that start the same run, one claims the job and the other ends.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from pydantic import Field

from shared.jobs.events import publish_job_event
from shared.jobs.inbox import answered, generation_of, is_recording
from shared.jobs.job import Job, JobState
from shared.jobs.store import JobStore
from shared.model.contracts import Source, WireModel
from shared.model.errors import EventsUnavailable, GivenUp
from shared.model.formats import COMMIT_MARKS
from shared.ports.blobs import Blob, BlobStore
from shared.ports.events import EventPublisher
from shared.ports.executions import Executions
from shared.settings import settings

log = logging.getLogger(__name__)

PAGE_SIZE = 1000
"""Objects per page, as many as Cloud Storage lists at once."""
MAX_PAGES = 50
"""Pages of the inbox in one sweep. The next sweep goes on after them."""
MAX_EVENTS = 500
"""Events published in one sweep. The next sweep goes on with the rest."""
MAX_DELETIONS = 500
"""Jobs whose audio is looked after in one sweep. The next sweep goes on with the rest."""
OPEN_STATES: tuple[JobState, ...] = ("running", "retryable", "cancelled")
"""States of jobs that may still need an answer."""
CLOCK_DIFFERENCE = timedelta(minutes=1)
"""Most by which the clocks of two machines differ."""
COMMIT_MARKS_GLOB = "**/{" + ",".join(COMMIT_MARKS) + "}"
"""Matches the objects that are written last into the folder of an answer."""
LAST_CHARACTER = "\U0010ffff"
"""Sorts after every other character of a name."""


class SweepRequest(WireModel):
    """The body of the scheduler's request, or of a person's."""

    unanswered_after: float | None = Field(default=None, ge=0)
    """Seconds that a recording may have neither an answer nor an active run. None: the setting."""


class SweepResult(WireModel):
    """What a sweep saw and did."""

    objects: int = 0
    """Objects of the inbox that were listed."""
    started: int = 0
    given_up: int = 0
    published: int = 0
    audio_deletions: int = 0
    """Executions started that delete a job's audio."""
    more: bool = False
    """Whether the page budget ended before the inbox did."""


@dataclass(frozen=True)
class Sweep:
    """A sweep over a deployment. Without a publisher it publishes no events."""

    blobs: BlobStore
    jobs: JobStore
    executions: Executions
    publisher: EventPublisher | None = None

    def __call__(self, request: SweepRequest) -> SweepResult:
        patience = request.unanswered_after
        if patience is None:
            patience = settings().reconcile.unanswered_after
        before = self.now() - timedelta(seconds=patience)
        published = self.publish_due(before)
        audio_deletions = self.delete_due_audio(before)
        objects, started, more = self.start_unclaimed(before)
        restarted, given_up = self.restart_abandoned(before)
        result = SweepResult(
            objects=objects,
            started=started + restarted,
            given_up=given_up,
            published=published,
            audio_deletions=audio_deletions,
            more=more,
        )
        log.info("swept", extra=result.model_dump(exclude={"more"}))
        return result

    def now(self) -> datetime:
        """Returns the time by the clock that the jobs' times are from."""
        seconds = self.jobs.clock()
        return datetime.fromtimestamp(seconds, UTC)

    # Ends of jobs that are still to be published

    def publish_due(self, before: datetime) -> int:
        """Publish the ends of jobs that ended before then. Returns their number.

        They are due because finalize died or Pub/Sub was unavailable. If it still is, they stay
        due.
        """
        if self.publisher is None:
            return 0
        published = 0
        try:
            for job_id in list(islice(self.due(before), MAX_EVENTS)):
                published += publish_job_event(job_id, self.jobs, self.publisher)
        except EventsUnavailable as error:
            log.warning("job event not published: %s", error)
        return published

    def due(self, before: datetime) -> Iterator[str]:
        """Yields the ids of jobs that ended before then and whose notification is due."""
        for job in self.jobs.list_unnotified():
            if job.ended is None or job.ended <= before:
                yield job.job_id

    # Audio that is still to be deleted

    def delete_due_audio(self, before: datetime) -> int:
        """Start an execution for each job that ended before then, whose audio is still to be
        deleted, and that no execution works on. Returns their number.
        """
        started = 0
        for job in list(islice(self.jobs.list_audio_due(), MAX_DELETIONS)):
            has_just_ended = job.ended is not None and job.ended > before
            if has_just_ended or self.executions.is_active(job.execution):
                continue
            execution = self.executions.delete_audio(job.source, job.run)
            self.jobs.replace_execution(job, execution)
            started += 1
        return started

    # Recordings that no run has claimed

    def start_unclaimed(self, before: datetime) -> tuple[int, int, bool]:
        """Start the first run of recordings without a job, from where the last sweep ended.

        Returns the number of objects listed, the number of runs started, and whether the page
        budget ended before the inbox did. After the end of the inbox the next sweep begins anew.
        """
        inbox = f"gs://{settings().buckets.inbox}/"
        listing = self.blobs.list(inbox, start=self.jobs.cursor())
        objects = 0
        started = 0
        more = False
        for _ in range(MAX_PAGES):
            page = list(islice(listing, PAGE_SIZE))
            for source in self.unanswered(page, before):
                started += self.start_if_unclaimed(source)
            objects += len(page)
            more = len(page) == PAGE_SIZE
            next_name = page[-1].name + "\0" if more else ""
            self.jobs.save_cursor(next_name)
            if not more:
                break
        return objects, started, more

    def unanswered(self, page: list[Blob], before: datetime) -> Iterator[Source]:
        """Yields the page's recordings that were uploaded before then and have no answer to their
        generation."""
        recordings = self.due_recordings(page, before)
        if not recordings:
            return
        answers = self.answered_generations(recordings)
        for name, blob in recordings.items():
            if answers.get(name, 0) >= blob.generation:
                continue
            source = Source(bucket=settings().buckets.inbox, name=name, generation=blob.generation)
            # The answer to `a` is listed after that to `a-1`, perhaps beyond the end of the
            # listing, so it is looked up by its name.
            if not answered(source, self.blobs):
                yield source

    def due_recordings(self, page: list[Blob], before: datetime) -> dict[str, Blob]:
        """Returns the page's recordings by their names, as far as they were uploaded before then.

        A recording older than the jobs' documents is left out: it may have been answered once, and
        its answer deleted.
        """
        oldest = self.now() - timedelta(days=settings().jobs.keep_days)
        recordings = {}
        for blob in page:
            if oldest < blob.created <= before and is_recording(blob.name):
                recordings[blob.name] = blob
        return recordings

    def answered_generations(self, names: Collection[str]) -> dict[str, int]:
        """Returns the newest answered generation of each name, from one listing of the outbox."""
        marks = self.blobs.list(
            f"gs://{settings().buckets.outbox}/",
            start=min(names),
            end=f"{max(names)}/{LAST_CHARACTER}",
            glob=COMMIT_MARKS_GLOB,
        )
        newest: dict[str, int] = {}
        for mark in marks:
            name = mark.name.rpartition("/")[0]
            generation = generation_of(mark)
            newest[name] = max(newest.get(name, 0), generation)
        return newest

    def start_if_unclaimed(self, source: Source) -> bool:
        """Start the first run of a recording, unless it has a job. Returns whether it did."""
        if self.jobs.find(source.job_id) is not None:
            return False
        self.executions.start(source, 1)
        return True

    # Jobs whose run ended without an answer

    def restart_abandoned(self, before: datetime) -> tuple[int, int]:
        """Start the next run of each abandoned job. Returns the number of runs started and of jobs
        given up."""
        started = 0
        given_up = 0
        for job in self.abandoned(before):
            if self.is_exhausted(job):
                self.give_up(job)
                given_up += 1
            else:
                self.start_next_run(job)
                started += 1
        return started, given_up

    def abandoned(self, before: datetime) -> Iterator[Job]:
        """Yields the jobs that were last changed before then and that no execution works on.

        Either a run gave up on a failure that may pass, or its execution ended without recording an
        end, or a cancellation has not been written to the outbox. The outbox does not matter: an
        answer may be that of an older run, and one that a person deleted is not made again, since
        its job is done.
        """
        for state in OPEN_STATES:
            for job in self.jobs.list_by_state(state):
                if self.is_abandoned(job, before):
                    yield job

    def is_abandoned(self, job: Job, before: datetime) -> bool:
        # A time further in the future was written by a clock that has been set back since.
        if before < job.updated < self.now() + CLOCK_DIFFERENCE:
            return False
        if job.state == "cancelled" and job.results:
            return False
        if job.state == "running" and self.executions.is_active(job.execution):
            return False
        recording = self.blobs.find(job.source.uri)
        return recording is not None and recording.generation == job.source.generation

    def is_exhausted(self, job: Job) -> bool:
        """Returns whether reconcile has started as many runs of the job as it may."""
        if job.state == "cancelled" and job.problem:
            return False
        return job.run - job.requested_run >= settings().reconcile.restarts

    def give_up(self, job: Job) -> None:
        """Report to the job's owner that no run came to an end."""
        message = f"{job.run} runs ended without an answer; the log of each has the reason"
        error = GivenUp(message)
        problem = error.problem(job.job_id, "reconcile")
        next_run = job.run + 1
        self.executions.report_problem(job.source, next_run, problem)

    def start_next_run(self, job: Job) -> None:
        """Start the job's next run. That of a cancelled job only reports the cancellation."""
        next_run = job.run + 1
        if job.state == "cancelled" and job.problem:
            self.executions.report_problem(job.source, next_run, job.problem)
        else:
            self.executions.start(job.source, next_run, job.options)
