"""Answers replace each other in the outbox by generation and run, transcript.json last."""

from typing import Any, BinaryIO

import pytest

from functions.finalize.answer.outbox import (
    CONTENT_TYPES,
    TRANSCRIPT_NAMES,
    AnswerVersion,
    put_answer,
    put_drawing,
    put_object,
    put_problem,
    standing_transcript,
)
from shared.adapters.memory import MemoryBlobs
from shared.jobs.layout import MAX_NAME_BYTES, outbox_folder
from shared.model.contracts import Source
from shared.model.formats import FORMATS, PEAKS_FILE

OLD = Source(bucket="inbox", name="team/call.mp3", generation=100)
NEW = Source(bucket="inbox", name="team/call.mp3", generation=200)
OTHER = Source(bucket="inbox", name="team/other.mp3", generation=300)


def files(text: str) -> dict[str, bytes]:
    return {
        f"transcript.{kind}": f"{text} {kind}".encode() for kind in ("json", "srt", "vtt", "txt")
    }


def stored_objects(blobs: MemoryBlobs) -> dict[str, str]:
    return {
        b.uri.rpartition("/")[2]: blobs.read(b.uri).decode() for b in blobs.list(outbox_folder(OLD))
    }


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


def test_an_answer_is_stored_under_the_recordings_full_name(blobs: MemoryBlobs) -> None:
    assert put_answer(OLD, 1, files("a"), blobs)
    assert set(stored_objects(blobs)) == {
        "transcript.json",
        "transcript.srt",
        "transcript.vtt",
        "transcript.txt",
    }
    assert outbox_folder(OLD) == "gs://dropscribe-outbox/team/call.mp3"


def test_the_transcript_is_written_last(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    generations = {b.uri.rpartition("/")[2]: b.generation for b in blobs.list(outbox_folder(OLD))}
    assert max(generations, key=generations.__getitem__) == "transcript.json"


def test_writing_the_same_version_again_changes_nothing(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("first"), blobs)
    assert put_answer(OLD, 1, files("second"), blobs)
    assert stored_objects(blobs)["transcript.json"] == "first json"


def test_a_later_run_replaces_and_an_earlier_one_does_not(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 2, files("second"), blobs)
    assert not put_answer(OLD, 1, files("first"), blobs)
    assert put_answer(OLD, 3, files("third"), blobs)
    assert stored_objects(blobs)["transcript.json"] == "third json"


def test_an_older_recording_that_ends_last_writes_nothing(blobs: MemoryBlobs) -> None:
    put_answer(NEW, 1, files("new"), blobs)
    assert not put_answer(OLD, 7, files("old"), blobs)
    assert not put_problem(OLD, 7, b"old", blobs)
    assert stored_objects(blobs)["transcript.json"] == "new json"


def test_a_problem_replaces_an_older_answer_whole(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("old"), blobs)
    assert put_problem(NEW, 1, b"broken", blobs)
    assert stored_objects(blobs) == {"problem.json": "broken"}


def test_an_answer_replaces_an_older_problem(blobs: MemoryBlobs) -> None:
    put_problem(OLD, 1, b"broken", blobs)
    assert put_answer(OLD, 2, files("redriven"), blobs)
    assert "problem.json" not in stored_objects(blobs)


def test_a_problem_does_not_replace_the_transcript_of_the_same_run(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    assert not put_problem(OLD, 1, b"late", blobs)
    assert "problem.json" not in stored_objects(blobs)


def test_an_answer_in_fewer_formats_replaces_the_older_one_whole(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, {**files("old"), "transcript.whisperx.json": b"old"}, blobs)
    assert put_answer(OLD, 2, {"transcript.json": b"new", "transcript.openai.json": b"new"}, blobs)
    assert stored_objects(blobs) == {"transcript.json": "new", "transcript.openai.json": "new"}


def test_the_peaks_of_an_older_run_are_not_left_beside_another_transcript(
    blobs: MemoryBlobs,
) -> None:
    put_answer(OLD, 1, {**files("old"), PEAKS_FILE: b"old peaks"}, blobs)
    assert put_answer(OLD, 2, {**files("new"), PEAKS_FILE: b"new peaks"}, blobs)
    assert not put_answer(OLD, 1, {**files("late"), PEAKS_FILE: b"late peaks"}, blobs)
    assert stored_objects(blobs)[PEAKS_FILE] == "new peaks"
    assert put_answer(OLD, 3, files("of an older prepare"), blobs)
    assert PEAKS_FILE not in stored_objects(blobs)


def test_an_overtaken_answer_deletes_no_formats(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("old"), blobs)
    put_answer(NEW, 1, files("new"), blobs)
    assert not put_answer(OLD, 2, {"transcript.json": b"old"}, blobs)
    assert set(stored_objects(blobs)) == set(files("new")), "an older answer deletes nothing"


def test_a_format_of_a_later_run_is_kept(blobs: MemoryBlobs) -> None:
    put_object(OLD, AnswerVersion(100, 3), "transcript.vtt", b"later", blobs)
    assert put_answer(OLD, 2, {"transcript.json": b"new"}, blobs)
    assert stored_objects(blobs) == {"transcript.json": "new", "transcript.vtt": "later"}


def test_a_problem_replaces_every_format(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, {name: b"old" for name in TRANSCRIPT_NAMES}, blobs)
    assert put_problem(OLD, 2, b"broken", blobs)
    assert stored_objects(blobs) == {"problem.json": "broken"}


def test_the_standing_transcript_is_that_of_an_earlier_run_of_the_same_recording(
    blobs: MemoryBlobs,
) -> None:
    folder = outbox_folder(NEW)
    assert standing_transcript(NEW, 2, blobs) == {}
    put_answer(OLD, 1, files("old"), blobs)
    assert standing_transcript(NEW, 2, blobs) == {}, "of another recording"
    put_answer(NEW, 2, files("new"), blobs)
    put_object(NEW, AnswerVersion(200, 1), "transcript.ctm", b"stray", blobs)
    assert standing_transcript(NEW, 2, blobs) == {}, "of the run itself"
    kinds = ("json", "srt", "vtt", "txt")
    assert standing_transcript(NEW, 3, blobs) == {
        kind: f"{folder}/transcript.{kind}" for kind in kinds
    }
    put_object(NEW, AnswerVersion(200, 3), "problem.json", b"later", blobs)
    assert standing_transcript(NEW, 4, blobs) == {}, "a problem has replaced it"


def test_every_object_has_the_language_of_its_text(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs, "de")
    put_answer(OTHER, 1, files("a"), blobs)
    assert {blob.metadata["dropscribe-language"] for blob in blobs.list(outbox_folder(OLD))} == {
        "de"
    }
    assert not any(
        "dropscribe-language" in blob.metadata for blob in blobs.list(outbox_folder(OTHER))
    )


@pytest.mark.parametrize("length", [MAX_NAME_BYTES, MAX_NAME_BYTES + 1, 1024])
def test_every_name_is_short_enough_for_storage(length: int) -> None:
    home = outbox_folder(Source(bucket="inbox", name="x" * length, generation=1)).removeprefix(
        "gs://dropscribe-outbox/"
    )
    assert max(len(f"{home}/{name}") for name in CONTENT_TYPES) <= 1024


class RecordingBlobs(MemoryBlobs):
    """A store that also records the content type of each object, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.content_types: dict[str, str] = {}

    def put(self, uri: str, data: bytes | BinaryIO, **options: Any) -> int | None:
        self.content_types[uri.rpartition("/")[2]] = options["content_type"]
        return super().put(uri, data, **options)


def test_every_object_has_the_content_type_of_its_format() -> None:
    blobs = RecordingBlobs()
    put_answer(OLD, 1, dict.fromkeys(TRANSCRIPT_NAMES, b"answer"), blobs)
    put_problem(NEW, 1, b"problem", blobs)
    expected = {format.file_name: format.content_type for format in FORMATS.values()}
    assert blobs.content_types == {
        "transcript.json": "application/json",
        "problem.json": "application/json",
        "peaks.bin": "application/octet-stream",
        "edits.json": "application/json",
        "edits-problem.json": "application/json",
        **expected,
    }


def test_an_object_from_elsewhere_is_replaced(blobs: MemoryBlobs) -> None:
    blobs.put(f"{outbox_folder(OLD)}/transcript.json", b"stranger", if_generation_match=0)
    assert put_answer(OLD, 1, files("a"), blobs)
    assert stored_objects(blobs)["transcript.json"] == "a json"


# Drawings of edits

FIRST_EDITS = AnswerVersion(100, 1, 1)


def drawing(text: str) -> dict[str, bytes]:
    return {"edits.json": b"edits of " + text.encode(), "transcript.srt": text.encode()}


def test_a_drawing_replaces_the_formats_and_not_the_transcript(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    assert put_drawing(OLD, FIRST_EDITS, drawing("b"), blobs)
    stored = stored_objects(blobs)
    assert (stored["transcript.srt"], stored["transcript.json"]) == ("b", "a json")
    assert stored["edits.json"] == "edits of b"


def test_edits_are_written_after_the_formats_that_have_them(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    put_drawing(OLD, FIRST_EDITS, drawing("b"), blobs)
    generations = {b.uri.rpartition("/")[2]: b.generation for b in blobs.list(outbox_folder(OLD))}
    assert max(generations, key=generations.__getitem__) == "edits.json"


def test_a_late_drawing_overtakes_no_newer_revision(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    put_drawing(OLD, AnswerVersion(100, 1, 2), drawing("second"), blobs)
    assert put_drawing(OLD, FIRST_EDITS, drawing("first"), blobs)
    assert stored_objects(blobs)["transcript.srt"] == "second"


@pytest.mark.parametrize(("newer", "run"), [(OLD, 2), (NEW, 1)])
def test_a_late_drawing_leaves_nothing_beside_a_newer_answer(
    blobs: MemoryBlobs, newer: Source, run: int
) -> None:
    """The newer answer has no format of its own that could stand in the way."""
    put_answer(OLD, 1, files("a"), blobs)
    put_answer(newer, run, {"transcript.json": b"newer"}, blobs)
    assert not put_drawing(OLD, FIRST_EDITS, drawing("late"), blobs)
    assert stored_objects(blobs) == {"transcript.json": "newer"}


def test_a_repeated_answer_leaves_its_later_drawing(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    put_drawing(OLD, FIRST_EDITS, drawing("b"), blobs)
    assert put_answer(OLD, 1, files("a"), blobs)
    assert stored_objects(blobs)["transcript.srt"] == "b"
    assert set(standing_transcript(OLD, 2, blobs)) == {"json", "srt", "vtt", "txt"}


def test_a_newer_run_replaces_a_drawing_and_its_edits(blobs: MemoryBlobs) -> None:
    put_answer(OLD, 1, files("a"), blobs)
    put_drawing(OLD, AnswerVersion(100, 1, 7), drawing("b"), blobs)
    assert put_answer(OLD, 2, files("c"), blobs)
    assert stored_objects(blobs)["transcript.srt"] == "c srt"
    assert "edits.json" not in stored_objects(blobs)
