import pytest

from functions.finalize.outbox import folder, put_answer, put_problem
from shared.contracts import Source
from shared.storage import MemoryBlobs

OLD = Source(bucket="inbox", name="team/call.mp3", generation=100)
NEW = Source(bucket="inbox", name="team/call.mp3", generation=200)


def files(text: str) -> dict[str, bytes]:
    return {f"transcript.{kind}": f"{text} {kind}".encode() for kind in ("json", "srt", "vtt", "txt")}


def standing(blobs: MemoryBlobs) -> dict[str, str]:
    return {b.uri.rpartition("/")[2]: blobs.read(b.uri).decode() for b in blobs.list(folder(OLD))}


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


def test_an_answer_is_captions_and_a_transcript_under_the_full_name(blobs: MemoryBlobs) -> None:
    assert put_answer(OLD, 1, files("a"), blobs)
    assert set(standing(blobs)) == {"transcript.json", "transcript.srt", "transcript.vtt", "transcript.txt"}
    assert folder(OLD) == "gs://dropscribe-outbox/team/call.mp3"


def test_the_transcript_is_written_last(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    generations = {b.uri.rpartition("/")[2]: b.generation for b in blobs.list(folder(OLD))}
    assert max(generations, key=generations.__getitem__) == "transcript.json"


def test_answering_again_changes_nothing(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("first"), blobs)
    assert put_answer(OLD, 1, files("second"), blobs)
    assert standing(blobs)["transcript.json"] == "first json"


def test_a_later_run_replaces_and_an_earlier_one_does_not(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 2, files("second"), blobs)
    assert not put_answer(OLD, 1, files("first"), blobs)
    assert put_answer(OLD, 3, files("third"), blobs)
    assert standing(blobs)["transcript.json"] == "third json"


def test_an_older_recording_that_ends_last_does_not_answer(blobs: MemoryBlobs) -> None:
    put_answer(NEW, 1, files("new"), blobs)
    assert not put_answer(OLD, 7, files("old"), blobs)
    assert not put_problem(OLD, 7, b"old", blobs)
    assert standing(blobs)["transcript.json"] == "new json"


def test_a_problem_replaces_an_older_answer_whole(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("old"), blobs)
    assert put_problem(NEW, 1, b"broken", blobs)
    assert standing(blobs) == {"problem.json": "broken"}


def test_an_answer_replaces_an_older_problem(blobs: MemoryBlobs) -> None:
    put_problem(OLD, 1, b"broken", blobs)
    assert put_answer(OLD, 2, files("redriven"), blobs)
    assert "problem.json" not in standing(blobs)


def test_a_problem_does_not_follow_the_answer_of_the_same_run(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    assert not put_problem(OLD, 1, b"late", blobs)
    assert "problem.json" not in standing(blobs)


def test_what_somebody_else_put_there_is_replaced(blobs: MemoryBlobs) -> None:
    blobs.replace(f"{folder(OLD)}/transcript.json", b"stranger", over=0)
    assert put_answer(OLD, 1, files("a"), blobs)
    assert standing(blobs)["transcript.json"] == "a json"
