"""A redrive draws the edits of the former transcript with its own, wherever it is killed."""

from collections.abc import Mapping
from functools import cache

import pytest

from functions.finalize.job import finalize
from shared.jobs.edit_store import EditStore
from shared.jobs.layout import edits_uri, outbox_folder
from shared.jobs.store import JobStore
from shared.model.artifacts import Manifest
from shared.model.contracts import Artifact, Finalized, StageRequest
from shared.model.edits import Edits
from shared.model.errors import EditsOutdated
from shared.runtime.execution import store_output
from shared.runtime.stage import SingleOutput
from tests.support.finalize_inputs import diarization, manifest_of, sentence
from tests.support.interleaving import Killed, Steps, Turn, Worker
from tests.unit.functions.test_edit_drawing import ANNA, EVE, World, advance, complete

OPTIONS = {"formats": {"value": ["srt", "txt"], "origin": "metadata"}}


class Redriven(World):
    """A recording that was answered, corrected, and is to be answered by run 3."""

    def __init__(self) -> None:
        super().__init__()
        self.run_number = 1
        self.finalize_run(1)

    def answer(self, run: int, source: object = None) -> None:
        """The answer of run 1 is written by finalize itself."""

    def inputs(self) -> Mapping[str, Artifact]:
        manifest: Manifest = manifest_of(5.0, [[(0.0, 2.0)]])
        turns = diarization([(0.0, 1.0, "A"), (1.0, 2.0, "B")])
        words = sentence("hello there good day", 0.0)
        outputs = {"manifest": manifest, "words-0": words, "turns-0": turns}
        stored = {}
        for name, output in outputs.items():
            uri = f"gs://dropscribe-work/{self.source.job_id}/{name}"
            stored[name] = store_output(uri, SingleOutput(name, output), self.blobs)
        return stored

    def finalize_request(self, run: int) -> StageRequest:
        params = {"run": run, "execution": f"e{run}", "options": OPTIONS}
        return StageRequest.model_validate(
            {"source": self.source, "inputs": self.inputs(), "params": params}
        )

    def finalize_run(self, run: int) -> Finalized:
        return finalize(self.finalize_request(run), self.blobs, self.jobs)

    def folder(self) -> str:
        return f"{outbox_folder(self.source)}/"

    def redrive(self) -> int:
        run = self.jobs.request_rerun(self.source.job_id, {})
        self.jobs.queue(self.source, run, f"e{run}")
        self.jobs.claim(self.source, run, f"e{run}")
        return run


def redriven(edits: Edits = ANNA) -> Redriven:
    world = Redriven()
    world.save(edits)
    world.draw()
    world.redrive()
    return world


def ending(world: Redriven) -> Worker:
    """Returns the end of run 3, whose every call of a store is a step."""
    request = world.finalize_request(3)

    def call(worker: Worker) -> Finalized:
        jobs = JobStore(Steps(world.jobs.documents, worker))
        return finalize(request, Steps(world.blobs, worker), jobs)

    return Worker(call)


@cache
def steps_of_ending() -> int:
    worker = ending(redriven())
    steps = 0
    while not worker.ended:
        worker.go(Turn())
        steps += 1
    return steps


def test_the_new_run_is_drawn_with_the_edits_at_once() -> None:
    world = redriven()
    assert world.finalize_run(3).state == "done"
    assert (world.drawn().base, world.drawn().revision) == (3, 2)
    assert "Anna" in world.files()["transcript.txt"] and "Anna" in world.files()["transcript.srt"]
    assert "Anna" not in world.files()["transcript.json"]
    assert world.save(EVE).revision == 3


def test_edits_that_were_not_drawn_yet_are_taken_over() -> None:
    world = Redriven()
    world.save(ANNA)
    world.redrive()
    world.finalize_run(3)
    assert "Anna" in world.files()["transcript.txt"]
    assert world.job().edits_due is None, "there is nothing left to draw"


def test_edits_that_the_work_bucket_forgot_are_taken_over() -> None:
    world = redriven()
    saved = world.blobs.find(edits_uri(world.source))
    assert saved is not None and world.blobs.delete(saved.uri, saved.generation)
    world.finalize_run(3)
    assert "Anna" in world.files()["transcript.txt"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("forgotten", [False, True])
def test_a_retry_takes_over_what_a_killed_end_left(late: bool, forgotten: bool) -> None:
    for step in range(steps_of_ending()):
        world = redriven()
        if forgotten:
            saved = world.blobs.find(edits_uri(world.source))
            assert saved is not None and world.blobs.delete(saved.uri, saved.generation)
        worker = ending(world)
        advance(worker, step)
        if worker.ended:
            break
        worker.go(Turn(kill=True, late=late))
        assert isinstance(worker.result, Killed)
        assert world.finalize_run(3).state == "done"
        assert world.drawn().base == 3 and world.drawn().speakers == {"S1": "Anna"}
        assert "Anna" in world.files()["transcript.txt"]


@pytest.mark.parametrize("late", [False, True])
def test_a_later_run_takes_over_what_a_killed_one_left(late: bool) -> None:
    for step in range(steps_of_ending()):
        world = redriven()
        worker = ending(world)
        advance(worker, step)
        worker.go(Turn(kill=True, late=late))
        run = world.redrive()
        assert world.finalize_run(run).state == "done"
        assert world.drawn().base == run and world.drawn().speakers == {"S1": "Anna"}
        assert "Anna" in world.files()["transcript.txt"]


def test_an_acknowledged_edit_is_never_lost_to_a_new_run() -> None:
    """Whenever it is saved during the end of the run, it is refused, or drawn in the end."""
    refused = 0
    for step in range(steps_of_ending() + 1):
        world = redriven()
        worker = ending(world)
        advance(worker, step)
        try:
            world.save(EVE)
            expected = "Eve"
        except EditsOutdated:
            refused += 1
            expected = "Anna"
        complete(worker)
        world.draw()
        texts = world.files()["transcript.txt"] + world.files()["transcript.srt"]
        assert expected in texts or "Eve" in texts
        assert ("Eve" in texts) != ("Anna" in texts)
        assert world.job().edits_due is None
    assert 0 < refused < steps_of_ending()


def fail(world: Redriven) -> Finalized:
    """Ends run 3 with a problem, as the workflow has finalize do after a final failure."""
    problem = {"type": "urn:dropscribe:problem:given-up", "title": "t", "status": 422}
    error = {"code": 422, "problem": {**problem, "detail": "d"}}
    params = {"run": 3, "execution": "e3", "error": error}
    request = StageRequest.model_validate({"source": world.source, "params": params})
    return finalize(request, world.blobs, world.jobs)


def test_the_former_answer_is_whole_again_when_the_run_has_failed() -> None:
    """The run died while it wrote: its formats and its edits stand beside the former transcript."""
    failed = 0
    for step in range(steps_of_ending()):
        world = redriven()
        worker = ending(world)
        advance(worker, step)
        worker.go(Turn(kill=True, late=True))
        if fail(world).state != "failed":
            continue  # the transcript of run 3 was written
        failed += 1
        assert world.drawn().base == 1 and world.drawn().speakers == {"S1": "Anna"}
        runs = {blob.metadata["dropscribe-run"] for blob in world.blobs.list(world.folder())}
        assert runs == {"1"}
        assert world.save(EVE).base == 1
        world.draw()
        assert "Eve" in world.files()["transcript.txt"] and "Eve" in world.files()["transcript.srt"]
        assert set(world.job().results) == {"json", "srt", "txt"}
    assert failed > 10


def test_a_save_that_races_with_the_end_of_a_run_is_refused() -> None:
    """The gateway has read the job before the end of the run began."""
    world = redriven()
    job = world.job()
    worker = ending(world)
    advance(worker, steps_of_ending() // 2)
    store = EditStore(world.blobs, world.jobs, world.executions)
    found = store.find(job)
    with pytest.raises(EditsOutdated):
        store.save(job, EVE, found.base, found.revision)
    complete(worker)
    assert "Anna" in world.files()["transcript.txt"]
