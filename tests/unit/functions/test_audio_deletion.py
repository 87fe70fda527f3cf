"""With keep-audio=false all audio goes after the answer, wherever finalize is killed."""

from copy import copy, deepcopy
from functools import cache

import pytest

from functions.finalize.job import finalize
from functions.prepare.job import PREPARE, prepare, prepare_params
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.contracts import Finalized, StageRequest
from shared.model.errors import AudioDeleted
from shared.model.options import Options
from shared.runtime.execution import execute
from tests.support.interleaving import Killed, Steps, Turn, Worker
from tests.support.recordings import silence, wav
from tests.unit.functions.reconcile.test_sweep import FakeExecutions
from tests.unit.functions.test_job_ends import request_of, store_empty_alignment, upload


def new_world() -> "World":
    """Returns a recording whose answer is all that is missing."""
    prepared = prepared_world()
    world = copy(prepared)
    world.blobs = deepcopy(prepared.blobs)
    documents = MemoryDocuments()
    documents.put(f"jobs/{prepared.source.job_id}", prepared.job().model_dump(mode="json"), None)
    world.jobs = JobStore(documents)
    return world


@cache
def prepared_world() -> "World":
    return World()


class World:
    """The stores after all stages but finalize."""

    def __init__(self) -> None:
        self.blobs = MemoryBlobs()
        self.jobs = JobStore(MemoryDocuments())
        recording = wav(silence(1))
        self.source = upload(self.blobs, recording, {"keep-audio": "false"})
        prepared = prepare(request_of(self.source), self.blobs, self.jobs)
        planned = prepared.plan["finalize"]
        assert planned is not None
        self.request = StageRequest(
            source=self.source,
            inputs={
                "manifest": prepared.outputs["manifest"],
                "words-0": store_empty_alignment(self.blobs),
            },
            params={**planned, "run": 1, "execution": "e"},
        )

    def kill_finalize(self, turn: Turn, step: int) -> bool:
        """Calls finalize and kills it at that step. Returns whether it came so far."""

        def call(worker: Worker) -> Finalized:
            jobs = JobStore(Steps(self.jobs.documents, worker))
            return finalize(self.request, Steps(self.blobs, worker), jobs)

        worker = Worker(call)
        for _ in range(step):
            if not worker.ended:
                worker.go(Turn())
        if not worker.ended:
            worker.go(turn)
        return isinstance(worker.result, Killed)

    def audio(self) -> set[str]:
        everything = self.blobs.list("gs://")
        found = {blob.uri for blob in everything if blob.uri.endswith(".wav")}
        return {uri for uri in found if "outbox" not in uri}

    def is_answered(self) -> bool:
        return self.blobs.find("gs://dropscribe-outbox/a/b.wav/transcript.json") is not None

    def job(self) -> Job:
        job = self.jobs.find(self.source.job_id)
        assert job is not None
        return job


@cache
def steps_of_finalize() -> int:
    """Returns how many calls of the stores finalize makes."""
    step = 0
    while new_world().kill_finalize(Turn(kill=True), step):
        step += 1
    return step


def test_finalize_has_many_steps_after_the_mark() -> None:
    assert steps_of_finalize() > 15


@pytest.mark.parametrize("late", [False, True])
def test_a_retry_completes_what_a_killed_finalize_left(late: bool) -> None:
    marked_and_killed = 0
    for step in range(steps_of_finalize()):
        world = new_world()
        assert world.kill_finalize(Turn(kill=True, late=late), step)
        if not world.is_answered():
            assert len(world.audio()) >= 3, "nothing is deleted before the mark"
        elif world.audio():
            marked_and_killed += 1
        assert finalize(world.request, world.blobs, world.jobs).state == "done"
        assert world.audio() == set() and world.is_answered()
        assert (world.job().state, world.job().audio_deletion) == ("done", "done")
    assert marked_and_killed > 3, "it was killed between the mark and the deletion"


@pytest.mark.parametrize("late", [False, True])
def test_reconcile_completes_what_a_killed_finalize_left(late: bool) -> None:
    completed = 0
    for step in range(steps_of_finalize()):
        world = new_world()
        assert world.kill_finalize(Turn(kill=True, late=late), step)
        executions = FakeExecutions()
        swept = Sweep(world.blobs, world.jobs, executions)(SweepRequest(unanswered_after=0))
        was_due = world.job().audio_deletion == "due"
        assert swept.audio_deletions == was_due
        if was_due:
            assert executions.deletions == [(world.source.name, 1)]
            params = {"run": 1, "execution": "deletion 1", "delete_audio": True}
            finalize(StageRequest(source=world.source, params=params), world.blobs, world.jobs)
            completed += 1
        if world.job().state == "done":
            assert world.audio() == set() and world.is_answered()
        else:
            assert len(world.audio()) >= 3, "the next run needs it"
    assert completed > 2


@pytest.mark.parametrize("late", [False, True])
def test_an_execution_that_begins_again_completes_the_deletion(late: bool) -> None:
    """The workflow runner starts it again at prepare, which may find only a part of the audio."""
    for step in range(steps_of_finalize()):
        world = new_world()
        world.kill_finalize(Turn(kill=True, late=late), step)
        try:
            prepare(request_of(world.source), world.blobs, world.jobs)
            request = world.request
        except Exception as error:
            problem = {"type": "x", "title": "t", "status": 410, "detail": str(error)}
            failure = {"run": 1, "execution": "e", "error": {"code": 410, "problem": problem}}
            request = StageRequest(source=world.source, params=failure)
        finalize(request, world.blobs, world.jobs)
        assert world.audio() == set() and world.is_answered()
        assert (world.job().state, world.job().audio_deletion) == ("done", "done")
        outbox = {blob.name for blob in world.blobs.list("gs://dropscribe-outbox/")}
        assert "a/b.wav/problem.json" not in outbox


def test_a_redrive_before_the_end_keeps_the_audio() -> None:
    world = new_world()
    world.jobs.request_rerun(world.source.job_id, {})
    assert finalize(world.request, world.blobs, world.jobs).state == "superseded"
    assert len(world.audio()) >= 3


def test_a_stage_that_is_late_deletes_the_audio_that_it_wrote() -> None:
    """As a container does whose call was repeated elsewhere."""
    world = new_world()
    finalize(world.request, world.blobs, world.jobs)
    job_id = world.source.job_id
    uri = f"gs://dropscribe-work/{job_id}/prepare/{'0' * 16}-chunks.wav"
    world.blobs.put(uri, b"late", if_generation_match=0)
    request = StageRequest(source=world.source, params=prepare_params(Options()))
    with pytest.raises(AudioDeleted):
        execute(PREPARE, request, world.blobs, world.jobs)
    assert world.audio() == set()
