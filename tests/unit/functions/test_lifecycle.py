"""Whatever users and faults do in any order, each recording ends with its one right answer.

Real are claim, lease, commit, answer, reconcile and every user operation; see `memory_cloud`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.finalize.answer.outbox import version_of
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.jobs.job import Job
from shared.jobs.operations import Operations
from shared.model.contracts import Source
from shared.model.errors import StorageUnavailable
from shared.ports.blobs import Blob
from shared.settings import settings
from tests.support.interleaving import Killed, Turn, Worker
from tests.support.memory_cloud import UNSUPPORTED, Cloud, Execution

NAMES = ("a", "a/b.mp3")
INBOX, OUTBOX, WORK = "gs://dropscribe-inbox/", "gs://dropscribe-outbox/", "gs://dropscribe-work/"
MARKS = ("transcript.json", "problem.json")
ROUNDS = 40
"""Sweeps after which all jobs must have ended."""

names = st.sampled_from(NAMES)
steps = st.integers(0, 8) | st.integers(0, 60)
strikes = st.sampled_from(
    [
        Turn(),
        Turn(kill=True),
        Turn(kill=True, late=True),
        Turn(error=StorageUnavailable),
        Turn(error=StorageUnavailable, late=True),
    ]
)


@dataclass
class Actor:
    """A user, or the schedule, with an operation in progress."""

    does: str
    to: str
    """A job's id, or the name of a recording."""
    worker: Worker


class Lifecycle(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud()
        self.actors: list[Actor] = []
        self.events: list[Source] = []
        self.best: dict[str, tuple[int, int]] = {}
        """The newest answer seen so far, by recording name."""
        self.cancelled: set[str] = set()
        """Jobs that were cancelled and not requested again."""
        self.done: set[str] = set()
        """Jobs that were once done, whose transcript no problem may replace."""
        self.redriven: dict[str, int] = {}
        """The run number that the last redrive of a job returned."""

    # Actions of users and storage

    @rule(
        name=names,
        sound=st.sampled_from([b"talk", b"talk of two", b"bad"]),
        events=st.integers(0, 2),
        keep_audio=st.booleans(),
    )
    def upload(self, name: str, sound: bytes, events: int, keep_audio: bool) -> None:
        """Uploads under a new or used name; the event comes not at all, once or twice."""
        before = self.cloud.blobs.find(INBOX + name)
        over = before.generation if before else 0
        options = {"language": "en", "formats": "srt"}
        if not keep_audio:
            options["keep-audio"] = "false"
        generation = self.cloud.blobs.put(
            INBOX + name, sound, if_generation_match=over, metadata=options
        )
        assert generation is not None
        source = Source(bucket="dropscribe-inbox", name=name, generation=generation)
        self.events.append(source)
        for _ in range(events):
            self.cloud.start(source, 1)

    @precondition(lambda self: self.events)
    @rule(which=st.integers(0, 99))
    def an_event_comes_again(self, which: int) -> None:
        self.cloud.start(self.events[which % len(self.events)], 1)

    @rule(name=names)
    def remove(self, name: str) -> None:
        if recording := self.cloud.blobs.find(INBOX + name):
            self.cloud.blobs.delete(recording.uri, recording.generation)

    @rule()
    def sweep(self) -> None:
        self.ask(
            "sweep",
            "",
            lambda operate: Sweep(operate.blobs, operate.jobs, operate.executions)(SweepRequest()),
        )

    @precondition(lambda self: self.cloud.jobs.list_page("")[0])
    @rule(which=st.integers(0, 99), language=st.sampled_from([None, "de", "fr", UNSUPPORTED, "xx"]))
    def redrive(self, which: int, language: str | None) -> None:
        """Redrives a job, also in a language that the model does not support, and in none."""
        job_id = self.a_job(which).job_id
        self.cancelled.discard(job_id)
        options = {"language": language} if language else None
        self.ask("redrive", job_id, lambda operate: operate.redrive(job_id, options))

    @precondition(lambda self: self.cloud.jobs.list_page("")[0])
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        job_id = self.a_job(which).job_id
        self.ask("cancel", job_id, lambda operate: operate.cancel(job_id))

    @rule(name=names)
    def cancel_a_recording(self, name: str) -> None:
        """Cancels a recording whose job may not have started."""
        if recording := self.cloud.blobs.find(INBOX + name):
            job_id = Source(
                bucket="dropscribe-inbox", name=name, generation=recording.generation
            ).job_id
            self.ask("cancel", job_id, lambda operate: operate.cancel(job_id))

    @rule(name=names)
    def erase(self, name: str) -> None:
        self.ask("erase", name, lambda operate: operate.erase("dropscribe-inbox", name))

    def ask(self, does: str, to: str, act: Callable[[Operations], object]) -> None:
        worker = self.cloud.worker(
            lambda blobs, jobs, executions: act(Operations(blobs, jobs, executions))
        )
        self.actors.append(Actor(does, to, worker))

    def a_job(self, which: int) -> Job:
        jobs = sorted(
            self.cloud.jobs.list_page("")[0], key=lambda job: (job.source.generation, job.job_id)
        )
        return jobs[which % len(jobs)]

    # Progress and faults

    @precondition(lambda self: self.cloud.executions)
    @rule(which=st.integers(0, 99), count=steps, strike=strikes)
    def an_execution_continues(self, which: int, count: int, strike: Turn) -> None:
        self.advance(which, [*[Turn()] * count, strike])

    @precondition(lambda self: self.cloud.executions)
    @rule(which=st.integers(0, 99), count=steps, returns=st.booleans())
    def a_call_times_out(self, which: int, count: int, returns: bool) -> None:
        """Repeats a call; the second may return before the first continues."""
        execution = self.advance(which, [Turn()] * count)
        execution.let_go()
        while returns and self.cloud.is_active(execution.name):
            execution.go(Turn())
            returns = execution.worker is not None

    @precondition(lambda self: self.cloud.executions)
    @rule(which=st.integers(0, 99), count=steps)
    def an_execution_gives_up(self, which: int, count: int) -> None:
        execution = self.advance(which, [Turn()] * count)
        if self.cloud.is_active(execution.name):
            execution.fail(None)

    @precondition(lambda self: self.cloud.executions)
    @rule(which=st.integers(0, 99), count=steps, and_its_call=st.booleans())
    def an_execution_is_lost(self, which: int, count: int, and_its_call: bool) -> None:
        dies = [Turn(kill=True)] if and_its_call else []
        self.cloud.cancel(self.advance(which, [*[Turn()] * count, *dies]).name)

    def advance(self, which: int, turns: list[Turn]) -> Execution:
        execution = list(self.cloud.executions.values())[which % len(self.cloud.executions)]
        for turn in turns:
            if self.cloud.is_active(execution.name):
                execution.go(turn)
        return execution

    @precondition(lambda self: self.actors)
    @rule(which=st.integers(0, 99), count=steps, strike=strikes)
    def an_actor_continues(self, which: int, count: int, strike: Turn) -> None:
        actor = self.actors[which % len(self.actors)]
        for turn in [*[Turn()] * count, strike]:
            if not actor.worker.ended:
                actor.worker.go(turn)
        self.ended(actor)

    @precondition(lambda self: self.cloud.orphans)
    @rule(which=st.integers(0, 99), count=steps, strike=strikes)
    def an_orphan_continues(self, which: int, count: int, strike: Turn) -> None:
        worker = self.cloud.orphans[which % len(self.cloud.orphans)]
        for turn in [*[Turn()] * count, strike]:
            if not worker.ended:
                worker.go(turn)

    @rule(cannot=st.booleans())
    def diarization_breaks_or_is_mended(self, cannot: bool) -> None:
        self.cloud.cannot_diarize = cannot

    @rule(seconds=st.sampled_from([-30, 1, 20, 61, 700, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.cloud.now += seconds

    @rule(orphans_first=st.booleans())
    def a_month_passes(self, orphans_first: bool) -> None:
        """Lets job documents expire, after all earlier operations have ended."""
        self.come_to_rest(orphans_first)
        self.cloud.now += (settings().jobs.keep_days + 1) * 24 * 3600
        self.cloud.documents.expire(
            datetime.fromtimestamp(self.cloud.now, UTC).isoformat().replace("+00:00", "Z")
        )
        self.events.clear()
        self.cancelled.clear()
        self.redriven.clear()

    def ended(self, actor: Actor) -> None:
        """Records what a completed operation promised to its user."""
        if not actor.worker.ended:
            return
        self.actors.remove(actor)
        result = actor.worker.result
        if isinstance(result, Exception | Killed):
            if actor.does == "erase":
                self.erase(actor.to)  # the user tries again
            return
        if actor.does == "cancel" and not self.under_way("redrive", actor.to):
            self.cancelled.add(actor.to)
        if actor.does == "redrive":
            assert isinstance(result, int)
            self.redriven[actor.to] = result

    def under_way(self, does: str, job_id: str) -> bool:
        return any((actor.does, actor.to) == (does, job_id) for actor in self.actors)

    # Invariants

    @invariant()
    def no_error_was_recorded(self) -> None:
        assert not self.cloud.wrong, self.cloud.wrong

    @invariant()
    def the_newest_answer_remains(self) -> None:
        for name in NAMES:
            found = max((version_of(mark)[:2] for mark in self.marks(name)), default=(0, 0))
            best = self.best.get(name, (0, 0))
            if best[0] and self.is_erased(name, since=best[0]):
                # An erased later generation may have been answered since the last look.
                best = (0, 0)
            assert found >= best, f"{name}: the answer was {best}, now it is {found}"
            self.best[name] = found

    @invariant()
    def jobs_that_are_done_are_remembered(self) -> None:
        for job in self.cloud.jobs.list_by_state("done"):
            self.done.add(job.job_id)

    @invariant()
    def no_job_is_started_too_often(self) -> None:
        assert all(
            len(runs) <= settings().reconcile.restarts + 1 for runs in self.cloud.runs.values()
        ), self.cloud.runs

    def teardown(self) -> None:
        try:
            self.come_to_rest(orphans_first=True)
        finally:
            for worker in self.workers():
                while not worker.ended:
                    worker.go(Turn(kill=True))

    def workers(self) -> list[Worker]:
        running = [
            execution.worker for execution in self.cloud.executions.values() if execution.worker
        ]
        return [*running, *self.cloud.orphans, *(actor.worker for actor in self.actors)]

    def come_to_rest(self, orphans_first: bool) -> None:
        """Lets every worker end, then sweeps until there is nothing left to do."""
        if orphans_first:
            self.let_orphans_end()
        while self.actors:
            actor = self.actors[0]
            while not actor.worker.ended:
                actor.worker.go(Turn())
            self.ended(actor)
        for _ in range(ROUNDS):
            self.let_executions_end()
            self.let_orphans_end()
            self.cloud.now += 2 * settings().reconcile.unanswered_after
            swept = Sweep(self.cloud.blobs, self.cloud.jobs, self.cloud)(SweepRequest())
            if not (swept.started or swept.given_up or swept.audio_deletions):
                break
        else:
            raise AssertionError("the sweeps never end")
        self.no_error_was_recorded()
        self.the_newest_answer_remains()
        self.no_job_is_started_too_often()
        for blob in self.cloud.blobs.list(INBOX):
            self.check_recording(
                Source(
                    bucket="dropscribe-inbox",
                    name=blob.uri.removeprefix(INBOX),
                    generation=blob.generation,
                )
            )
        for job in self.cloud.jobs.list_page("")[0]:
            self.check_audio(job)
        for job_id in self.cloud.documents.erased:
            self.check_erased(job_id)

    def let_executions_end(self) -> None:
        for _ in range(20_000):
            if not self.cloud.executions:
                return
            for execution in list(self.cloud.executions.values()):
                if execution.name in self.cloud.executions:
                    execution.go(Turn())
                self.cloud.now += 5 if execution.busy else 0
                execution.busy = False
        raise AssertionError("an execution never ends")

    def let_orphans_end(self) -> None:
        for worker in self.cloud.orphans:
            while not worker.ended:
                worker.go(Turn())
        self.cloud.orphans.clear()

    def check_standing(self, job: Job, mark: Blob) -> None:
        """Checks a job whose last run failed and left the transcript of an earlier run."""
        assert job.state in ("failed", "cancelled") and job.problem is not None, job
        assert version_of(mark)[1] < job.run, f"{job} but {mark}"
        assert job.results["json"] == mark.uri
        if job.state == "failed" and job.problem.type.endswith(":bad-option"):
            assert job.options.get("language") != UNSUPPORTED, "a redrive would repeat the slip"

    def check_recording(self, source: Source) -> None:
        job, marks = self.cloud.jobs.find(source.job_id), self.marks(source.name)
        if source.job_id in self.cloud.documents.erased:
            return
        assert len(marks) == 1, (
            f"{source.name}: {[(mark.uri, version_of(mark)) for mark in marks]} {job}"
        )
        (mark,) = marks
        assert version_of(mark)[0] == source.generation, "the answer is for an older generation"
        if job is None:
            return
        is_transcript = mark.uri.endswith("/transcript.json")
        assert is_transcript or source.job_id not in self.done, f"a problem replaced it: {job}"
        if source.job_id in self.cancelled:
            assert job.state == "cancelled", f"it was cancelled, and is {job.state}"
        if job.state != "done" and is_transcript:
            self.check_standing(job, mark)
            return
        kind = "transcript.json" if job.state == "done" else "problem.json"
        assert job.state in ("done", "failed", "cancelled"), job
        assert mark.uri.endswith(kind) and version_of(mark)[1] == job.run, f"{job} but {mark}"
        content = json.loads(self.cloud.blobs.read(mark.uri))
        if source.job_id in self.cancelled:
            assert content.get("type", "").endswith(":cancelled"), content
        assert job.run >= self.redriven.get(source.job_id, 0), "a redrive had no effect"
        if job.state == "done":
            assert job.options.get("language") not in (UNSUPPORTED, "xx")
            assert content["options"]["language"]["value"] == job.options.get("language", "en"), (
                "the redrive had other options"
            )
        assert all(
            task.lease_until.timestamp() < self.cloud.now
            for task in self.cloud.jobs.records.of_job(job.job_id)
        )

    def check_audio(self, job: Job) -> None:
        """The audio is gone exactly if keep-audio=false and the answer is complete."""
        if job.state == "erased":
            return
        recording = self.cloud.blobs.find(job.source.uri)
        is_there = recording is not None and recording.generation == job.source.generation
        work_audio = [
            blob.uri
            for blob in self.cloud.blobs.list(f"{WORK}{job.job_id}/")
            if blob.uri.endswith(".wav")
        ]
        assert job.audio_deletion in (None, "done"), "the deletion was left to nobody"
        if job.audio_deletion == "done":
            assert job.state == "done" and not is_there and not work_audio, work_audio
            assert "speakers_unknown" not in job.warnings
        elif job.state == "done" and is_there:
            assert work_audio, "a redrive would have to cut the recording again"
            keeps = recording is not None and "keep-audio" not in recording.metadata
            assert keeps or "speakers_unknown" in job.warnings, "the audio was to be deleted"

    def check_erased(self, job_id: str) -> None:
        left = [
            blob.uri
            for blob in self.cloud.blobs.list("gs://")
            if job_id in blob.uri or blob.metadata.get("dropscribe-job") == job_id
        ]
        assert not left, f"left of an erased recording: {left}"

    def marks(self, name: str) -> list[Blob]:
        found = (self.cloud.blobs.find(f"{OUTBOX}{name}/{mark}") for mark in MARKS)
        return [mark for mark in found if mark]

    def is_erased(self, name: str, since: int) -> bool:
        """Returns whether that generation, or a later one, was erased."""
        generations = (
            Source(bucket="dropscribe-inbox", name=name, generation=since + more)
            for more in range(200)
        )
        return any(source.job_id in self.cloud.documents.erased for source in generations)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = hypothesis.settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
