"""The transcribe stage uses the right language and times, and rejects invalid requests."""

from pathlib import Path

import pytest

from functions.transcribe.stage import TranscribeParams, transcribe
from shared.model.artifacts import Chunk, Detection, Interval, Recognition
from shared.model.contracts import Engine
from shared.model.errors import BadOption, BadRequest
from shared.runtime.stage import StageInput
from tests.support.recognisers import Parrot, manifest

CHUNKS = (
    Chunk(start=0, end=60, speech=()),
    Chunk(start=60, end=120, speech=(Interval(start=61, end=62), Interval(start=70, end=75))),
)


def heard(
    folder: Path, recogniser: Parrot, detected: str | None = None, **params: str | int
) -> Recognition:
    files = {"audio": folder / "chunk.wav", "manifest": manifest(folder, CHUNKS)}
    if detected is not None:
        found = Detection(
            code=detected, confidence=0.9, windows=(), engine=Engine(name="parrot", version="1")
        )
        files["language"] = folder / "language.json"
        files["language"].write_text(found.model_dump_json())
    asked = TranscribeParams.model_validate(params)
    (output,) = transcribe(
        StageInput(asked, files, folder, lambda: (folder / "none").open("rb")),
        lambda model: recogniser,
    )
    assert output.name == "recognition" and isinstance(output.content, Recognition)
    return output.content


def test_speech_is_in_the_chunks_own_time(tmp_path: Path) -> None:
    found = heard(tmp_path, Parrot("en", "de"), language="de", part=1)
    assert [(segment.start, segment.end) for segment in found.segments] == [(1, 2), (10, 15)]
    assert {segment.language for segment in found.segments} == {
        "de"
    } and found.engine.name == "parrot"


def test_a_silent_chunk_has_no_segments(tmp_path: Path) -> None:
    assert heard(tmp_path, Parrot("en", "de"), language="en", part=0).segments == ()


def test_the_language_asked_for_beats_the_detected_one(tmp_path: Path) -> None:
    recogniser = Parrot("en", "de")
    for asked, spoken in (({}, "de"), ({"language": "en"}, "en"), ({"language": "multi"}, "de")):
        segments = heard(tmp_path, recogniser, detected="de", part=1, **asked).segments
        assert {segment.language for segment in segments} == {spoken}


def test_an_unknown_language_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="'klingon'"):
        heard(tmp_path, Parrot("en", "de"), language="klingon", part=0)


def test_a_model_of_english_refuses_another_language_and_translation(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="'de', only en"):
        heard(tmp_path, Parrot("en"), language="de", part=1)
    with pytest.raises(BadOption, match="cannot translate"):
        heard(tmp_path, Parrot("en"), language="en", task="translate", part=1)


def test_a_model_of_one_language_warns_that_it_cannot_tell_several_apart(tmp_path: Path) -> None:
    (warning,) = heard(tmp_path, Parrot("en"), detected="en", language="multi", part=1).warnings
    assert (warning.code, warning.stage, warning.span) == ("one_language", "transcribe", None)
    assert warning.message == "The model 'tiny' knows 'en' only: language=multi changed nothing."
    assert (
        heard(tmp_path, Parrot("en", "de"), detected="en", language="multi", part=1).warnings == ()
    )
    assert heard(tmp_path, Parrot("en"), detected="en", part=1).warnings == ()
    assert heard(tmp_path, Parrot("en"), detected="en", language="multi", part=0).warnings == (), (
        "nobody speaks"
    )


def test_speech_without_a_language_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"params\.language"):
        heard(tmp_path, Parrot("en", "de"), part=1)
    with pytest.raises(BadRequest, match=r"params\.language"):
        heard(tmp_path, Parrot("en", "de"), language="multi", part=1)


def test_a_part_that_is_not_there_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="part 2 of 2"):
        heard(tmp_path, Parrot("en"), language="en", part=2)
