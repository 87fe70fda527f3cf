"""Proves what the stage transcribe asks of the recogniser, and which requests it refuses."""

from pathlib import Path

import pytest

from functions.transcribe.stage import TranscribeParams, transcribe
from shared.model.artifacts import Chunk, Detection, Interval, Recognition
from shared.model.contracts import Engine
from shared.model.errors import BadOption, BadRequest
from shared.runtime.stage import StageInput
from tests.support.recognisers import FakeRecogniser, write_manifest

CHUNKS = (
    Chunk(start=0, end=60, speech=()),
    Chunk(start=60, end=120, speech=(Interval(start=61, end=62), Interval(start=70, end=75))),
)


def recognize(
    folder: Path, recogniser: FakeRecogniser, detected: str | None = None, **params: str | int
) -> Recognition:
    """Returns the stage's result. `detected` is the language in the inputs, if any."""
    files = {"audio": folder / "chunk.wav", "manifest": write_manifest(folder, CHUNKS)}
    if detected is not None:
        engine = Engine(name="fake", version="1")
        detection = Detection(code=detected, confidence=0.9, windows=(), engine=engine)
        files["language"] = folder / "language.json"
        files["language"].write_text(detection.model_dump_json())
    stage_input = StageInput(
        TranscribeParams.model_validate(params),
        files,
        folder,
        lambda: (folder / "none").open("rb"),
    )
    (output,) = transcribe(stage_input, lambda model: recogniser)
    assert output.name == "recognition" and isinstance(output.content, Recognition)
    return output.content


def test_times_are_in_chunk_time(tmp_path: Path) -> None:
    recognition = recognize(tmp_path, FakeRecogniser("en", "de"), language="de", part=1)
    assert [(segment.start, segment.end) for segment in recognition.segments] == [(1, 2), (10, 15)]
    assert {segment.language for segment in recognition.segments} == {"de"}
    assert recognition.engine.name == "fake"


def test_a_silent_chunk_has_no_segments(tmp_path: Path) -> None:
    recognition = recognize(tmp_path, FakeRecogniser("en", "de"), language="en", part=0)
    assert recognition.segments == ()


def test_the_chosen_language_takes_precedence_over_the_detected_one(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("en", "de")
    for params, used in (({}, "de"), ({"language": "en"}, "en"), ({"language": "multi"}, "de")):
        recognition = recognize(tmp_path, recogniser, detected="de", part=1, **params)
        assert {segment.language for segment in recognition.segments} == {used}


def test_an_unknown_language_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="'klingon'"):
        recognize(tmp_path, FakeRecogniser("en", "de"), language="klingon", part=0)


def test_an_english_model_refuses_another_language_and_translation(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match=r"language is 'de'; .*, which are only en$"):
        recognize(tmp_path, FakeRecogniser("en"), language="de", part=1)
    with pytest.raises(BadOption, match="cannot translate"):
        recognize(tmp_path, FakeRecogniser("en"), language="en", task="translate", part=1)


def test_a_model_with_one_language_warns_that_multi_has_no_effect(tmp_path: Path) -> None:
    english = FakeRecogniser("en")
    (warning,) = recognize(tmp_path, english, detected="en", language="multi", part=1).warnings
    assert (warning.code, warning.stage, warning.span) == ("one_language", "transcribe", None)
    assert warning.message == "The model 'tiny' knows 'en' only: language=multi changed nothing."
    several = FakeRecogniser("en", "de")
    assert recognize(tmp_path, several, detected="en", language="multi", part=1).warnings == ()
    assert recognize(tmp_path, english, detected="en", part=1).warnings == ()
    silent = recognize(tmp_path, english, detected="en", language="multi", part=0)
    assert silent.warnings == ()


def test_speech_without_a_language_is_a_bad_request(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("en", "de")
    with pytest.raises(BadRequest, match=r"params\.language"):
        recognize(tmp_path, recogniser, part=1)
    with pytest.raises(BadRequest, match=r"params\.language"):
        recognize(tmp_path, recogniser, language="multi", part=1)


def test_a_part_outside_the_manifest_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="part 2 of 2"):
        recognize(tmp_path, FakeRecogniser("en"), language="en", part=2)
