"""Saved edits are drawn in the end, wherever finalize is killed and whatever comes in between."""

from collections.abc import Callable
from functools import cache

import pytest

from functions.finalize.answer.files import write_files
from functions.finalize.answer.outbox import put_answer
from functions.finalize.job import finalize
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.audio import delete_work_audio
from shared.jobs.edit_store import EditStore
from shared.jobs.job import Job
from shared.jobs.layout import edits_uri, outbox_folder
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.model.contracts import Finalized, Source, StageRequest
from shared.model.edits import Edits, StoredEdits
from shared.model.errors import RecordingErased
from shared.model.options import Options
from tests.support.finalize_inputs import resolved_options
from tests.support.interleaving import Killed, Steps, Turn, Worker
from tests.support.made_transcripts import said, transcript_of_sentences
from tests.unit.functions.reconcile.test_sweep import FakeExecutions

FORMATS = ("srt", "txt")
ANNA = Edits(speakers={"S1": "Anna"})
EVE = Edits(speakers={"S1": "Eve"})


class World:
    """A recording whose first run was answered, and everyone who writes for it."""

    def __init__(self) -> None:
        self.blobs = MemoryBlobs()
        self.jobs = JobStore(MemoryDocuments())
        self.executions = FakeExecutions()
        generation = self.blobs.put("gs://dropscribe-inbox/a/b.wav", b"x", if_generation_match=0)
        assert generation is not None
        self.source = Source(bucket="dropscribe-inbox", name="a/b.wav", generation=generation)
        self.answer(run=1)

    def answer(self, run: int, source: Source | None = None) -> None:
        """Ends a run with a transcript, as finalize does."""
        recording = source or self.source
        assert self.jobs.claim(recording, run, f"e{run}") is not None
        sentences = [said("S1", "Hello there."), said("S2", "Good day.")]
        made = transcript_of_sentences(recording, sentences, run=run)
        transcript = made.model_copy(update={"options": resolved_options(formats=[*FORMATS])})
        files = write_files(transcript, FORMATS, Options())
        put_answer(recording, run, files, self.blobs)
        self.jobs.finish(recording.job_id, run, "done", results={"json": "uri"})

    def save(self, edits: Edits) -> StoredEdits:
        """Saves a further revision, as the gateway does."""
        store = EditStore(self.blobs, self.jobs, self.executions)
        found = store.find(self.job())
        return store.save(self.job(), edits, found.base, found.revision)

    def draw(self) -> Finalized:
        return finalize(self.request(), self.blobs, self.jobs)

    def request(self) -> StageRequest:
        params = {"run": 1, "execution": "drawing", "draw_edits": True}
        return StageRequest(source=self.source, params=params)

    def job(self) -> Job:
        job = self.jobs.find(self.source.job_id)
        assert job is not None
        return job

    def files(self) -> dict[str, str]:
        found = {}
        for blob in self.blobs.list(f"{outbox_folder(self.source)}/"):
            name = blob.uri.rpartition("/")[2]
            found[name] = self.blobs.read(blob.uri).decode()
        return found

    def drawn(self) -> StoredEdits:
        return StoredEdits.model_validate_json(self.files()["edits.json"])


def drawing(world: World) -> Worker:
    """Returns a drawing whose every call of a store is a step."""

    def call(worker: Worker) -> Finalized:
        jobs = JobStore(Steps(world.jobs.documents, worker))
        return finalize(world.request(), Steps(world.blobs, worker), jobs)

    return Worker(call)


def advance(worker: Worker, steps: int) -> None:
    for _ in range(steps):
        if not worker.ended:
            worker.go(Turn())


def complete(worker: Worker) -> None:
    while not worker.ended:
        worker.go(Turn())


@cache
def steps_of_drawing() -> int:
    """Returns how many calls of the stores a drawing makes."""
    world = World()
    world.save(ANNA)
    worker = drawing(world)
    steps = 0
    while not worker.ended:
        worker.go(Turn())
        steps += 1
    return steps


def test_every_format_is_drawn_and_the_transcript_stays() -> None:
    world = World()
    before = world.files()["transcript.json"]
    saved = world.save(ANNA)
    assert world.draw().state == "done"
    assert "Anna" in world.files()["transcript.txt"] and "Anna" in world.files()["transcript.srt"]
    assert world.files()["transcript.json"] == before
    assert world.drawn() == saved
    assert world.job().edits_due is None


def test_a_drawing_can_be_repeated() -> None:
    world = World()
    world.save(ANNA)
    world.draw()
    files = world.files()
    generations = [blob.generation for blob in world.blobs.list(outbox_folder(world.source))]
    assert world.draw().state == "done"
    assert world.files() == files
    again = [blob.generation for blob in world.blobs.list(outbox_folder(world.source))]
    assert again == generations, "nothing was written again"


def test_a_finalize_that_is_called_again_leaves_edits_that_were_drawn_meanwhile() -> None:
    world = World()
    world.save(ANNA)
    world.draw()
    files = world.files()
    world.answer(run=1)  # the workflow did not get the first answer
    assert world.files() == files


def test_a_log_line_names_the_revision_and_no_one(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.save(ANNA)
    with caplog.at_level("INFO"):
        world.draw()
    record = next(record for record in caplog.records if record.message == "edits drawn")
    assert (record.__dict__["run"], record.__dict__["revision"]) == (1, 1)
    assert not any("Anna" in str(each.__dict__) for each in caplog.records)


@pytest.mark.parametrize("late", [False, True])
def test_a_retry_completes_what_a_killed_drawing_left(late: bool) -> None:
    for step in range(steps_of_drawing()):
        world = World()
        world.save(ANNA)
        worker = drawing(world)
        advance(worker, step)
        worker.go(Turn(kill=True, late=late))
        assert isinstance(worker.result, Killed)
        assert world.draw().state == "done"
        assert world.drawn().revision == 1 and "Anna" in world.files()["transcript.txt"]
        assert world.job().edits_due is None


@pytest.mark.parametrize("late", [False, True])
def test_reconcile_has_a_killed_drawing_done_again(late: bool) -> None:
    swept = 0
    for step in range(steps_of_drawing()):
        world = World()
        world.save(ANNA)
        worker = drawing(world)
        advance(worker, step)
        worker.go(Turn(kill=True, late=late))
        was_due = world.job().edits_due is not None
        executions = FakeExecutions()
        sweep = Sweep(world.blobs, world.jobs, executions)
        assert sweep(SweepRequest(unanswered_after=0)).drawings == was_due
        swept += was_due
        if was_due:
            assert executions.drawings == [(world.source.name, 1)]
            world.draw()
        assert world.drawn().revision == 1
    assert swept > 5


def test_an_edit_saved_during_a_drawing_is_drawn_by_it() -> None:
    for step in range(steps_of_drawing()):
        world = World()
        world.save(ANNA)
        worker = drawing(world)
        advance(worker, step)
        world.save(EVE)
        complete(worker)
        assert world.job().edits_due is None
        assert world.drawn().revision == 2 and "Eve" in world.files()["transcript.txt"]
        assert "Eve" in world.files()["transcript.srt"]


def test_a_late_drawing_overtakes_no_newer_one() -> None:
    for step in range(steps_of_drawing()):
        world = World()
        world.save(ANNA)
        late = drawing(world)
        advance(late, step)
        world.save(EVE)
        world.draw()
        complete(late)
        assert world.drawn().revision == 2
        assert "Eve" in world.files()["transcript.txt"] and "Eve" in world.files()["transcript.srt"]
        assert world.job().edits_due is None


def beside(step: int, meanwhile: Callable[[World], None]) -> World:
    """Returns the world after something else has happened at this step of a drawing."""
    world = World()
    world.save(ANNA)
    worker = drawing(world)
    advance(worker, step)
    meanwhile(world)
    complete(worker)
    return world


def erase(world: World) -> None:
    operations = Operations(world.blobs, world.jobs, world.executions)
    operations.erase(world.source.bucket, world.source.name)


def test_nothing_is_left_of_a_recording_erased_during_a_drawing() -> None:
    for step in range(steps_of_drawing()):
        world = beside(step, erase)
        assert list(world.blobs.list("gs://")) == []
        assert world.draw().state == "superseded"
        assert list(world.blobs.list("gs://")) == []


def test_a_drawing_killed_before_an_erasure_ends_with_nothing() -> None:
    """Its repeated call deletes what the first one wrote after the erasure."""
    for step in range(steps_of_drawing()):
        world = World()
        world.save(ANNA)
        worker = drawing(world)
        advance(worker, step)
        erase(world)
        worker.go(Turn(kill=True, late=True))
        world.draw()
        assert list(world.blobs.list("gs://")) == []


def test_no_edits_are_saved_for_an_erased_recording() -> None:
    world = World()
    store = EditStore(world.blobs, world.jobs, world.executions)
    job = world.job()
    found = store.find(job)
    world.jobs.erase(world.source)
    with pytest.raises(RecordingErased):
        store.save(job, ANNA, found.base, found.revision)
    assert world.blobs.find(edits_uri(world.source)) is None


def upload_again(world: World) -> None:
    """A newer recording of the same name is answered."""
    generation = world.blobs.put(
        world.source.uri, b"y", if_generation_match=world.source.generation
    )
    assert generation is not None
    newer = world.source.model_copy(update={"generation": generation})
    world.answer(1, newer)


def test_a_late_drawing_leaves_a_newer_recordings_answer_alone() -> None:
    for step in range(steps_of_drawing()):
        world = beside(step, upload_again)
        assert "edits.json" not in world.files()
        assert "Anna" not in world.files()["transcript.txt"]
        world.draw()
        assert world.job().edits_due is None, "there is nothing left to draw"


def test_the_deletion_of_audio_keeps_the_edits() -> None:
    world = World()
    audio = f"gs://dropscribe-work/{world.source.job_id}/prepare/1-chunks.wav"
    world.blobs.put(audio, b"sound", if_generation_match=0)
    world.save(ANNA)
    delete_work_audio(world.source, world.blobs)
    assert world.blobs.find(audio) is None
    world.draw()
    assert world.drawn().speakers == {"S1": "Anna"}
