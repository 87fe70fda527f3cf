"""WhisperX and OpenAI JSON outputs are accepted by those projects' own code and types."""

import io
import json
from typing import Any

import jsonschema
import pytest
import srt
from hypothesis import HealthCheck, given, settings
from whisperx.schema import AlignedTranscriptionResult, SingleAlignedSegment, SingleWordSegment
from whisperx.utils import LANGUAGES, get_writer

from shared.model.languages import ENGLISH_NAMES
from shared.model.transcript import Transcript
from tests.support.drawn import drawn
from tests.support.finalize_inputs import (
    aligned,
    detection,
    diarization,
    manifest_of,
    resolved_options,
    segment,
    sentence,
    transcript_of,
    transcripts,
    word,
)

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NUMBER, TEXT = {"type": "number"}, {"type": "string"}


def shape(**keys: object) -> dict[str, object]:
    """Returns the JSON Schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": keys,
        "required": list(keys),
        "additionalProperties": False,
    }


VERBOSE_JSON = shape(
    task={"enum": ["transcribe", "translate"]},
    language=TEXT,
    duration=NUMBER,
    text=TEXT,
    words={"type": "array", "items": shape(word=TEXT, start=NUMBER, end=NUMBER)},
    segments={
        "type": "array",
        "items": shape(
            id={"type": "integer"},
            seek={"type": "integer"},
            start=NUMBER,
            end=NUMBER,
            text=TEXT,
            tokens={"type": "array", "items": {"type": "integer"}},
            temperature=NUMBER,
            avg_logprob=NUMBER,
            compression_ratio=NUMBER,
            no_speech_prob=NUMBER,
        ),
    },
    usage=shape(type={"const": "duration"}, seconds=NUMBER),
)
"""TranscriptionVerbose of the `openai` package, 3.57."""


def dialogue() -> Transcript:
    manifest = manifest_of(20.0, [[(0.0, 3.0)], [(10.0, 13.0)]])
    words = [sentence("Hello there.", 0.5), sentence("Who is it?", 1.0)]
    turns = [diarization([(0.0, 5.0, "x"), (10.0, 15.0, "y")])]
    return transcript_of(manifest, words, turns, language=detection())


def whisperx(transcript: Transcript) -> Any:
    return json.loads(drawn("whisperx", transcript))


def openai(transcript: Transcript) -> Any:
    return json.loads(drawn("openai", transcript))


def test_whisperx_is_written_as_its_command_writes_it() -> None:
    assert whisperx(dialogue()) == {
        "segments": [
            {
                "start": 0.5,
                "end": 1.5,
                "text": "Hello there.",
                "avg_logprob": -0.2,
                "words": [
                    {
                        "word": "Hello",
                        "start": 0.5,
                        "end": 1.0,
                        "score": 0.9,
                        "speaker": "SPEAKER_00",
                    },
                    {
                        "word": "there.",
                        "start": 1.0,
                        "end": 1.5,
                        "score": 0.9,
                        "speaker": "SPEAKER_00",
                    },
                ],
                "speaker": "SPEAKER_00",
            },
            {
                "start": 11.0,
                "end": 12.5,
                "text": "Who is it?",
                "avg_logprob": -0.2,
                "words": [
                    {
                        "word": "Who",
                        "start": 11.0,
                        "end": 11.5,
                        "score": 0.9,
                        "speaker": "SPEAKER_01",
                    },
                    {
                        "word": "is",
                        "start": 11.5,
                        "end": 12.0,
                        "score": 0.9,
                        "speaker": "SPEAKER_01",
                    },
                    {
                        "word": "it?",
                        "start": 12.0,
                        "end": 12.5,
                        "score": 0.9,
                        "speaker": "SPEAKER_01",
                    },
                ],
                "speaker": "SPEAKER_01",
            },
        ],
        "word_segments": [
            word for one in whisperx(dialogue())["segments"] for word in one["words"]
        ],
        "language": "en",
    }


@pytest.mark.parametrize("kind", ["srt", "vtt", "txt", "tsv"])
def test_whisperx_own_writers_accept_it(kind: str) -> None:
    written = io.StringIO()
    writer: Any = get_writer(kind, "")
    layout = {"max_line_width": None, "max_line_count": None, "highlight_words": True}
    writer.write_result(whisperx(dialogue()), written, layout)
    assert "Hello" in written.getvalue() and "it?" in written.getvalue()


def test_whisperx_own_captions_have_our_times_and_speakers() -> None:
    written = io.StringIO()
    writer: Any = get_writer("srt", "")
    writer.write_result(
        whisperx(dialogue()),
        written,
        {"max_line_width": None, "max_line_count": None, "highlight_words": False},
    )
    read = [
        (one.start.total_seconds(), one.end.total_seconds(), one.content)
        for one in srt.parse(written.getvalue())
    ]
    assert read == [
        (0.5, 1.5, "[SPEAKER_00]: Hello there."),
        (11.0, 12.5, "[SPEAKER_01]: Who is it?"),
    ]


def keys(kind: Any) -> set[str]:
    """Returns the keys of one of WhisperX's types, with those its diarization and command add."""
    return {*kind.__annotations__, "speaker", "language"}


@anything
@given(transcripts())
def test_any_transcript_has_whisperx_own_keys(transcript: Transcript) -> None:
    found = whisperx(transcript)
    assert set(found) == keys(AlignedTranscriptionResult) - {"speaker"}
    for one in found["segments"]:
        assert {"start", "end", "text", "words"} <= set(one) <= keys(SingleAlignedSegment)
    for one in found["word_segments"]:
        assert {"word", "start", "end"} <= set(one) <= keys(SingleWordSegment)
    assert [one["word"] for one in found["word_segments"]] == [one.word for one in transcript.words]
    assert [word for one in found["segments"] for word in one["words"]] == found["word_segments"]


@anything
@given(transcripts())
def test_whisperx_own_writers_accept_any_transcript(transcript: Transcript) -> None:
    written = io.StringIO()
    writer: Any = get_writer("srt", "")
    layout = {"max_line_width": None, "max_line_count": None, "highlight_words": False}
    writer.write_result(whisperx(transcript), written, layout)
    assert written.getvalue().count(" --> ") >= sum(
        bool(segment.words) for segment in transcript.segments
    )


def test_unknown_values_are_left_out_of_whisperx() -> None:
    words = [word("four", 0.0, 0.5, score=None)]
    transcript = transcript_of(manifest_of(5.0, [[]]), [aligned([segment("four")], words)])
    assert whisperx(transcript)["word_segments"] == [{"word": "four", "start": 0.0, "end": 0.5}]
    assert "speaker" not in whisperx(transcript)["segments"][0]


@anything
@given(transcripts())
def test_any_transcript_is_valid_verbose_json(transcript: Transcript) -> None:
    jsonschema.validate(openai(transcript), VERBOSE_JSON)
    assert [one["word"] for one in openai(transcript)["words"]] == [
        one.word for one in transcript.words
    ]
    assert [one["text"].strip() for one in openai(transcript)["segments"]] == [
        one.text.strip() for one in transcript.segments
    ]


def test_verbose_json_is_as_openai_writes_it() -> None:
    found = openai(dialogue())
    assert {key: found[key] for key in ("task", "language", "duration", "text")} == {
        "task": "transcribe",
        "language": "english",
        "duration": 20.0,
        "text": "Hello there. Who is it?",
    }
    assert found["words"][0] == {"word": "Hello", "start": 0.5, "end": 1.0}
    assert found["segments"][1] == {
        "id": 1,
        "seek": 1100,
        "start": 11.0,
        "end": 12.5,
        "text": " Who is it?",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.3,
        "no_speech_prob": 0.01,
    }


def test_a_translation_is_marked_as_such() -> None:
    options = resolved_options(task="translate", language="de")
    transcript = transcript_of(
        manifest_of(5.0, [[]]), [sentence("Good day.", 0.0)], options=options
    )
    assert (openai(transcript)["task"], openai(transcript)["language"]) == ("translate", "english")
    assert whisperx(transcript)["language"] == "en"


def test_silence_has_no_language() -> None:
    transcript = transcript_of(manifest_of(5.0, [[]]), [aligned([], [])])
    assert openai(transcript)["language"] == "unknown"
    assert whisperx(transcript) == {"segments": [], "word_segments": [], "language": None}


def test_every_language_of_whisper_has_its_english_name() -> None:
    assert ENGLISH_NAMES == LANGUAGES
