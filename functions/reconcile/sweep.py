"""Starts runs for recordings that have neither an answer nor an active run, and reports a problem
after too many. Logs and publishes the ends of jobs that finalize could not, ends batches, and has
finalize delete audio that it could not delete, and draw edits that it has not drawn.

Recordings that no run has claimed are found by listing the inbox and the outbox side by side, a
page at a time; those that a run has claimed, or was started to claim, are found by their jobs. One
that an execution is about is left alone, however long it waits for an instance. Two
sweeps at once do no harm: of two executions that start the same run, one claims the job and the
other ends.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from pydantic import Field

from functions.reconcile.active import ActiveExecutions
from functions.reconcile.cursor import SweepCursor
from functions.reconcile.drawings import draw_due_edits
from functions.reconcile.edits_files import take_left_edits
from functions.reconcile.starts import Starts
from shared.jobs.batch_store import BatchStore
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
OPEN_STATES: tuple[JobState, ...] = ("queued", "running", "retryable")
"""States of jobs that may still need an answer. A cancelled one needs one while its cancellation is
due."""
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
    failed: int = 0
    """Jobs that could not be mended. The log has the reason of each."""
    published: int = 0
    audio_deletions: int = 0
    """Executions started that delete a job's audio."""
    drawings: int = 0
    """Executions started that draw edits."""
    more: bool = False
    """Whether the sweep ended before the inbox did."""


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
        starts = Starts(self.jobs, self.executions)
        active = ActiveExecutions(self.executions)
        published = self.publish_due(before)
        published += self.finish_batches(before)
        audio_deletions = self.delete_due_audio(before, starts, active)
        drawings = draw_due_edits(starts, active)
        given_up = self.restart_abandoned(before, starts, active)
        objects, more = self.start_unclaimed(before, starts, active)
        result = SweepResult(
            objects=objects,
            started=starts.started - given_up,
            given_up=given_up,
            failed=starts.failed,
            published=published,
            audio_deletions=audio_deletions,
            drawings=drawings,
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
        """Log the ends of jobs that ended before then, and publish them where there is a publisher.
        Returns their number.

        They are due because finalize died or Pub/Sub was unavailable. If it still is, they stay
        due.
        """
        published = 0
        try:
            due_ids = islice(self.due(before), MAX_EVENTS)
            for job_id in list(due_ids):
                published += publish_job_event(job_id, self.jobs, self.publisher)
        except EventsUnavailable as error:
            log.warning("job event not published: %s", error)
        return published

    def finish_batches(self, before: datetime) -> int:
        """Log and publish the ends of batches that are due. Returns their number."""
        try:
            return BatchStore(self.jobs, self.publisher).finish_abandoned(before)
        except EventsUnavailable as error:
            log.warning("batch event not published: %s", error)
            return 0

    def due(self, before: datetime) -> Iterator[str]:
        """Yields the ids of jobs that ended before then and whose notification is due."""
        for job in self.jobs.list_unnotified():
            if not has_ended_after(job, before):
                yield job.job_id

    # Audio that is still to be deleted

    def delete_due_audio(self, before: datetime, starts: Starts, active: ActiveExecutions) -> int:
        """Start an execution for each job that ended before then, whose audio is still to be
        deleted, and that no execution works on. Returns their number.
        """
        started = 0
        due_jobs = islice(self.jobs.list_audio_due(), MAX_DELETIONS)
        for job in list(due_jobs):
            with starts.survived(job.job_id):
                if has_ended_after(job, before):
                    continue
                if active.has(job.execution):
                    continue
                execution = self.executions.delete_audio(job.source, job.run)
                self.jobs.replace_execution(job, execution)
                started += 1
        return started

    # Recordings that no run has claimed

    def start_unclaimed(
        self, before: datetime, starts: Starts, active: ActiveExecutions
    ) -> tuple[int, bool]:
        """Start the first run of recordings that have neither a job nor an active execution, from
        where the last sweep ended.

        Returns the number of objects listed, and whether the sweep's pages or starts were used up
        before the inbox ended. After the end of the inbox the next sweep begins anew.
        """
        inbox = f"gs://{settings().buckets.inbox}/"
        cursor = SweepCursor(self.jobs.documents)
        listing = self.blobs.list(inbox, start=cursor.read())
        objects = 0
        for _ in range(MAX_PAGES):
            page = list(islice(listing, PAGE_SIZE))
            objects += len(page)
            take_left_edits(page, before, self.blobs, starts, active)
            unstarted = self.start_page(page, before, starts, active)
            if unstarted is not None:
                cursor.save(unstarted.name, self.now())
                return objects, True
            if len(page) < PAGE_SIZE:
                cursor.save("", self.now())
                return objects, False
            cursor.save(page[-1].name + "\0", self.now())
        return objects, True

    def start_page(
        self, page: list[Blob], before: datetime, starts: Starts, active: ActiveExecutions
    ) -> Source | None:
        """Start the page's unanswered recordings that have neither a job nor an execution which
        still waits for an instance of prepare. Returns the first that would be one too many, or
        None."""
        for source in self.unanswered(page, before):
            if starts.are_used_up:
                return source
            with starts.survived(source.job_id):
                is_unknown = self.jobs.find(source.job_id) is None
                if is_unknown and not active.is_worked_on(source):
                    starts.start(source, 1)
        return None

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

        One that is older than the documents of a job are kept at least is left out: it may have
        been answered once, and its answer deleted. So is one that was uploaded before the time in
        the setting recordings_since.
        """
        kept = timedelta(days=settings().jobs.keep_days)
        oldest = self.now() - kept
        since = settings().reconcile.recordings_since
        if since is not None:
            oldest = max(oldest, since)
        recordings = {}
        for blob in page:
            is_due = oldest < blob.created <= before
            if is_due and is_recording(blob.name):
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

    # Jobs whose run ended without an answer

    def restart_abandoned(self, before: datetime, starts: Starts, active: ActiveExecutions) -> int:
        """Start the next run of each abandoned job. Returns the number of jobs given up."""
        given_up = 0
        for job in self.open_jobs():
            if starts.are_used_up:
                break
            with starts.survived(job.job_id):
                if not self.is_abandoned(job, before, active):
                    continue
                if self.is_exhausted(job):
                    self.give_up(job, starts)
                    given_up += 1
                else:
                    self.start_next_run(job, starts)
        return given_up

    def open_jobs(self) -> Iterator[Job]:
        """Yields the jobs that may still need an answer."""
        for state in OPEN_STATES:
            yield from self.jobs.list_by_state(state)
        yield from list(self.jobs.list_cancellations_due())

    def is_abandoned(self, job: Job, before: datetime, active: ActiveExecutions) -> bool:
        """Returns whether a job was last changed before then and no execution works on it, or waits
        to do so.

        Either a run gave up on a failure that may pass, or its execution ended without recording an
        end, or a cancellation has not been written to the outbox. The outbox does not matter: an
        answer may be that of an older run, and one that a person deleted is not made again, since
        its job is done.
        """
        # A time further in the future was written by a clock that has been set back since.
        latest = self.now() + CLOCK_DIFFERENCE
        if before < job.updated < latest:
            return False
        may_be_active = job.state != "retryable" and job.execution
        if may_be_active and active.has(job.execution):
            return False
        if job.state == "queued" and not job.execution and active.is_worked_on(job.source):
            return False
        recording = self.blobs.find(job.source.uri)
        if recording is None:
            return False
        return recording.generation == job.source.generation

    def is_exhausted(self, job: Job) -> bool:
        """Returns whether reconcile has started as many runs of the job as it may."""
        if job.state == "cancelled" and job.problem:
            return False
        restarts = job.run - job.requested_run
        most = settings().reconcile.restarts
        return restarts >= most

    def give_up(self, job: Job, starts: Starts) -> None:
        """Report to the job's owner that no run came to an end."""
        message = f"{job.run} runs ended without an answer; the log of each has the reason"
        error = GivenUp(message)
        problem = error.problem(job.job_id, "reconcile")
        run = next_run(job)
        starts.report_problem(job.source, run, problem)

    def start_next_run(self, job: Job, starts: Starts) -> None:
        """Start the job's next run. That of a cancelled job only reports the cancellation."""
        run = next_run(job)
        if job.state == "cancelled" and job.problem:
            starts.report_problem(job.source, run, job.problem)
        else:
            starts.start(job.source, run)


def has_ended_after(job: Job, time: datetime) -> bool:
    if job.ended is None:
        return False
    return job.ended > time


def next_run(job: Job) -> int:
    """Returns the number of the run to start: the job's own if it was requested and no execution
    was started for it."""
    if job.state == "queued" and not job.execution:
        return job.run
    return job.run + 1
