"""A file of edits in the inbox becomes the next revision once, or stays with a clear problem."""

import json
from typing import Any

import pytest

from functions.finalize.job import finalize
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.jobs.store import JobStore
from shared.model.contracts import Finalized, Source, StageRequest
from shared.model.edits import MAX_EDITS_BYTES
from tests.support.interleaving import Killed, Steps, Turn, Worker
from tests.unit.functions.reconcile.test_sweep import FakeExecutions
from tests.unit.functions.test_edit_drawing import EVE, World, advance, erase

AT_ONCE = SweepRequest(unanswered_after=0)


class Dropped(World):
    """A recording that was answered, and a file of edits in the inbox."""

    def __init__(self, content: object) -> None:
        super().__init__()
        self.file = self.drop(content)

    def drop(self, content: object) -> Source:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        name = "a/b.wav.edits.json"
        uri = f"gs://dropscribe-inbox/{name}"
        before = self.blobs.find(uri)
        generation = self.blobs.put(
            uri, data, if_generation_match=before.generation if before else 0
        )
        assert generation is not None
        return Source(bucket="dropscribe-inbox", name=name, generation=generation)

    def take(self, file: Source | None = None) -> Finalized:
        return finalize(self.file_request(file), self.blobs, self.jobs)

    def file_request(self, file: Source | None = None) -> StageRequest:
        params = {"run": 1, "execution": "f", "edits_file": True}
        return StageRequest(source=file or self.file, params=params)

    def is_there(self) -> bool:
        return self.blobs.find(self.file.uri) is not None

    def problem(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files()["edits-problem.json"])
        return found


BY_HAND = {"speakers": {"S1": "Anna"}}


def test_a_file_of_edits_is_drawn_and_taken_from_the_inbox() -> None:
    world = Dropped(BY_HAND)
    assert world.take().state == "done"
    assert "Anna" in world.files()["transcript.txt"]
    assert world.drawn().revision == 1
    assert not world.is_there()
    assert world.take().state == "superseded"


def test_an_edits_json_that_was_downloaded_and_changed_is_taken() -> None:
    world = Dropped(BY_HAND)
    world.take()
    document = json.loads(world.files()["edits.json"])
    document["speakers"] = {"S1": "Eve"}
    world.file = world.drop(document)
    assert world.take().state == "done"
    assert (world.drawn().revision, world.drawn().speakers) == (2, {"S1": "Eve"})


def test_a_file_that_changes_an_old_revision_is_refused() -> None:
    world = Dropped({**BY_HAND, "base": 1, "revision": 0})
    world.save(EVE)
    assert world.take().state == "failed"
    assert world.problem()["type"] == "urn:dropscribe:problem:edits-outdated"
    assert world.is_there()
    world.draw()
    assert world.drawn().speakers == {"S1": "Eve"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not json", "Invalid JSON"),
        ({"speakers": {"S1": "secret\n"}}, "a control character or a line break"),
        ({"speaker": {"S1": "secret"}}, "speaker: Extra inputs are not permitted"),
        ({"words": {"999": "secret"}}, "the transcript has no word 999"),
        (b" " * (MAX_EDITS_BYTES + 1), "larger than 4 MiB"),
    ],
)
def test_a_bad_file_stays_and_its_problem_is_beside_the_answer(
    content: object, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = Dropped(content)
    with caplog.at_level("INFO"):
        assert world.take().state == "failed"
    assert world.problem()["type"] == "urn:dropscribe:problem:edits-refused"
    assert reason in world.problem()["detail"] and "secret" not in world.problem()["detail"]
    assert not any("secret" in str(record.__dict__) for record in caplog.records)
    assert world.is_there() and "edits.json" not in world.files()
    world.file = world.drop(BY_HAND)
    assert world.take().state == "done"
    assert "edits-problem.json" not in world.files()


def test_a_later_bad_file_replaces_the_problem_of_an_earlier_one() -> None:
    world = Dropped(b"not json")
    world.take()
    world.file = world.drop({"words": {"999": ""}})
    world.take()
    assert "no word 999" in world.problem()["detail"]


def test_edits_of_a_recording_without_a_transcript_are_refused() -> None:
    world = Dropped(BY_HAND)
    nowhere = world.file.model_copy(update={"name": "a/other.wav.edits.json"})
    generation = world.blobs.put(nowhere.uri, b"{}", if_generation_match=0)
    file = nowhere.model_copy(update={"generation": generation})
    assert world.take(file).state == "failed"
    content = world.blobs.read("gs://dropscribe-outbox/a/other.wav/edits-problem.json")
    assert "there is no transcript" in json.loads(content)["detail"]


def taking(world: Dropped) -> Worker:
    def call(worker: Worker) -> Finalized:
        jobs = JobStore(Steps(world.jobs.documents, worker))
        return finalize(world.file_request(), Steps(world.blobs, worker), jobs)

    return Worker(call)


@pytest.mark.parametrize("late", [False, True])
def test_a_file_is_one_revision_wherever_finalize_is_killed(late: bool) -> None:
    steps = 0
    while True:
        world = Dropped(BY_HAND)
        worker = taking(world)
        advance(worker, steps)
        if worker.ended:
            break
        worker.go(Turn(kill=True, late=late))
        assert isinstance(worker.result, Killed)
        world.take()
        assert world.drawn().revision == 1 and "Anna" in world.files()["transcript.srt"]
        assert not world.is_there() and world.job().edits_due is None
        steps += 1
    assert steps > 20


def test_an_event_that_comes_late_does_not_undo_later_edits() -> None:
    world = Dropped(BY_HAND)
    world.take()
    world.save(EVE)
    world.take()
    world.draw()
    assert world.drawn().speakers == {"S1": "Eve"}


def test_nothing_is_left_of_a_recording_erased_meanwhile() -> None:
    steps = 0
    while True:
        world = Dropped(BY_HAND)
        worker = taking(world)
        advance(worker, steps)
        if worker.ended:
            break
        erase(world)
        while not worker.ended:
            worker.go(Turn())
        left = {blob.name for blob in world.blobs.list("gs://")}
        assert left <= {"a/b.wav/edits-problem.json"}
        erase(world)
        assert list(world.blobs.list("gs://")) == []
        steps += 1


def test_reconcile_has_a_file_taken_that_was_left_and_no_refused_one() -> None:
    world = Dropped(BY_HAND)
    executions = FakeExecutions()
    assert Sweep(world.blobs, world.jobs, executions)(AT_ONCE).started == 1
    assert executions.runs == [("a/b.wav.edits.json", 1)]
    assert world.jobs.find(world.file.job_id) is None, "it is no recording and has no job"
    world.file = world.drop(b"bad")
    world.take()
    assert Sweep(world.blobs, world.jobs, FakeExecutions())(AT_ONCE).started == 0
