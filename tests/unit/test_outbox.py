"""Answers replace each other in the outbox by generation and run, transcript.json last."""

import pytest

from functions.finalize.outbox import NAMES, PROBLEM, TYPES, folder, put, put_answer, put_problem
from shared.contracts import Source
from shared.inbox import LONGEST
from shared.storage import MemoryBlobs

OLD = Source(bucket="inbox", name="team/call.mp3", generation=100)
NEW = Source(bucket="inbox", name="team/call.mp3", generation=200)
OTHER = Source(bucket="inbox", name="team/other.mp3", generation=300)


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


def test_an_answer_in_fewer_formats_replaces_the_older_one_whole(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, {**files("old"), "transcript.whisperx.json": b"old"}, blobs)
    assert put_answer(OLD, 2, {"transcript.json": b"new", "transcript.openai.json": b"new"}, blobs)
    assert standing(blobs) == {"transcript.json": "new", "transcript.openai.json": "new"}


def test_formats_are_dropped_after_the_commit_mark(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("old"), blobs)
    put_answer(NEW, 1, files("new"), blobs)
    assert not put_answer(OLD, 2, {"transcript.json": b"old"}, blobs)
    assert set(standing(blobs)) == set(files("new")), "an answer that came too late drops nothing"


def test_a_format_of_a_later_run_is_left_alone(blobs: MemoryBlobs) -> None:
    put(OLD, 3, "transcript.vtt", b"later", blobs)
    assert put_answer(OLD, 2, {"transcript.json": b"new"}, blobs)
    assert standing(blobs) == {"transcript.json": "new", "transcript.vtt": "later"}


def test_a_problem_replaces_every_format(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, {name: b"old" for name in NAMES.values()}, blobs)
    assert put_problem(OLD, 2, b"broken", blobs)
    assert standing(blobs) == {"problem.json": "broken"}


def test_every_object_tells_the_language_of_its_text(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs, "de")
    put_answer(OTHER, 1, files("a"), blobs)
    assert {blob.metadata["dropscribe-language"] for blob in blobs.list(folder(OLD))} == {"de"}
    assert not any("dropscribe-language" in blob.metadata for blob in blobs.list(folder(OTHER)))


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1, 1024])
def test_every_name_is_a_legal_one(length: int) -> None:
    home = folder(Source(bucket="inbox", name="x" * length, generation=1)).removeprefix("gs://dropscribe-outbox/")
    assert max(len(f"{home}/{name}") for name in (PROBLEM, *NAMES.values())) <= 1024


def test_every_name_has_a_content_type() -> None:
    assert {name.rpartition(".")[2] for name in NAMES.values()} == set(TYPES)


def test_what_somebody_else_put_there_is_replaced(blobs: MemoryBlobs) -> None:
    blobs.replace(f"{folder(OLD)}/transcript.json", b"stranger", over=0)
    assert put_answer(OLD, 1, files("a"), blobs)
    assert standing(blobs)["transcript.json"] == "a json"
