"""The stage diarize calls a diarizer with the right bounds, and tidies its result."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.diarize.stage import (
    DiarizeParams,
    RawDiarization,
    SpeakerBounds,
    diarize,
    speaker_bounds,
    trim_turns,
)
from shared.model.artifacts import Chunk, Diarization, Interval, Manifest, Media, Turn
from shared.model.contracts import Engine
from shared.model.errors import BadRequest
from shared.runtime.stage import StageInput

ENGINE = Engine(name="recorded", version="1")
MEDIA = Media(
    container="wav", codec="pcm_s16le", duration=60, sample_rate=16_000, channels=1, bytes=1_920_044
)
RAW = RawDiarization(
    exclusive=[Turn(start=4.2, end=31, speaker="B"), Turn(start=-0.01, end=4.2, speaker="A")],
    overlapping=[Turn(start=3.9, end=31, speaker="B"), Turn(start=-0.01, end=4.2, speaker="A")],
    embeddings={"A": [3.0, 4.0], "B": [math.nan, math.nan], "C": [0.0, 0.0]},
)


class Recorded:
    """A diarizer that always returns the same, and records its calls."""

    engine = ENGINE

    def __init__(self, result: RawDiarization) -> None:
        self.result = result
        self.calls: list[tuple[Path, SpeakerBounds]] = []

    def __call__(self, audio: Path, bounds: SpeakerBounds) -> RawDiarization:
        self.calls.append((audio, bounds))
        return self.result


def manifest_with(
    *speech: tuple[float, float], spans: tuple[tuple[float, float], ...] = ((0, 30), (30, 60))
) -> Manifest:
    """Returns the manifest of a minute in two chunks, with speech in these intervals."""
    chunks = tuple(
        Chunk(
            start=start,
            end=end,
            speech=tuple(Interval(start=a, end=b) for a, b in speech if start <= a and b <= end),
        )
        for start, end in ((0, 30), (30, 60))
    )
    intervals = tuple(Interval(start=a, end=b) for a, b in spans)
    return Manifest(media=MEDIA, chunks=chunks, spans=intervals, probe=(), engine=ENGINE)


def task(folder: Path, manifest: Manifest, params: DiarizeParams) -> StageInput[DiarizeParams]:
    written = folder / "manifest.json"
    written.write_text(manifest.model_dump_json())
    files = {"manifest": written, "audio": folder / "span.wav"}
    return StageInput(params, files, folder, original=lambda: written.open("rb"))


def run(folder: Path, manifest: Manifest, params: DiarizeParams, diarizer: Recorded) -> Diarization:
    [output] = diarize(task(folder, manifest, params), diarizer)
    assert output.name == "diarization"
    assert isinstance(output.content, Diarization)
    return output.content


def test_a_span_without_speech_has_no_turns_and_needs_no_diarizer(tmp_path: Path) -> None:
    diarizer = Recorded(RAW)
    result = run(tmp_path, manifest_with((1, 29)), DiarizeParams(part=1), diarizer)
    assert result == Diarization(turns=(), overlapping=(), embeddings={}, engine=ENGINE)
    assert diarizer.calls == []


def test_only_speech_in_the_requested_span_counts(tmp_path: Path) -> None:
    diarizer = Recorded(RAW)
    assert run(tmp_path, manifest_with((40, 45)), DiarizeParams(part=0), diarizer).turns == ()
    assert run(tmp_path, manifest_with((40, 45)), DiarizeParams(part=1), diarizer).turns != ()
    assert [audio for audio, _ in diarizer.calls] == [tmp_path / "span.wav"]


def test_turns_are_in_order_and_inside_the_span(tmp_path: Path) -> None:
    result = run(tmp_path, manifest_with((1, 29)), DiarizeParams(), Recorded(RAW))
    assert [(turn.start, turn.end, turn.speaker) for turn in result.turns] == [
        (0, 4.2, "A"),
        (4.2, 30, "B"),
    ]
    assert [(turn.start, turn.end, turn.speaker) for turn in result.overlapping] == [
        (0, 4.2, "A"),
        (3.9, 30, "B"),
    ]
    assert result.engine == ENGINE


def test_embeddings_are_normalized_and_unusable_ones_left_out(tmp_path: Path) -> None:
    result = run(tmp_path, manifest_with((1, 29)), DiarizeParams(), Recorded(RAW))
    assert result.embeddings == {"A": (0.6, 0.8)}


def test_a_speaker_without_an_embedding_is_warned_of_if_there_are_other_spans(
    tmp_path: Path,
) -> None:
    among_others = run(tmp_path, manifest_with((1, 29)), DiarizeParams(), Recorded(RAW))
    (warning,) = among_others.warnings
    assert (warning.code, warning.stage, warning.span) == (
        "voice_unknown",
        "diarize",
        Interval(start=3.9, end=30),
    )
    alone = run(tmp_path, manifest_with((1, 29), spans=((0, 60),)), DiarizeParams(), Recorded(RAW))
    assert alone.warnings == ()


def test_an_uncertain_number_of_speakers_is_warned_of_if_there_is_one_span(
    tmp_path: Path,
) -> None:
    uncertain = Recorded(replace(RAW, second_count=3))
    alone = run(tmp_path, manifest_with((1, 29), spans=((0, 60),)), DiarizeParams(), uncertain)
    (warning,) = alone.warnings
    assert warning.code == "speaker_count_uncertain"
    assert warning.message == "The number of speakers is uncertain: 2, or nearly as likely 3."
    among_others = run(tmp_path, manifest_with((1, 29)), DiarizeParams(), uncertain)
    assert [warning.code for warning in among_others.warnings] == ["voice_unknown"]


def test_a_part_beyond_the_spans_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="part 2: the recording has 2 spans"):
        run(tmp_path, manifest_with((1, 29)), DiarizeParams(part=2), Recorded(RAW))


def test_the_diarizer_gets_the_bounds_of_the_recording(tmp_path: Path) -> None:
    diarizer = Recorded(RAW)
    whole = manifest_with((1, 29), spans=((0, 60),))
    run(tmp_path, whole, DiarizeParams(speakers=3), diarizer)
    run(tmp_path, manifest_with((1, 29)), DiarizeParams(speakers=3), diarizer)
    assert [bounds for _, bounds in diarizer.calls] == [SpeakerBounds(3, 3), SpeakerBounds(1, 3)]


@pytest.mark.parametrize(
    ("params", "alone", "among_others"),
    [
        (DiarizeParams(), SpeakerBounds(1, None), SpeakerBounds(1, None)),
        (DiarizeParams(speakers=2), SpeakerBounds(2, 2), SpeakerBounds(1, 2)),
        (DiarizeParams(min_speakers=2), SpeakerBounds(2, None), SpeakerBounds(1, None)),
        (DiarizeParams(max_speakers=4), SpeakerBounds(1, 4), SpeakerBounds(1, 4)),
        (DiarizeParams(min_speakers=2, max_speakers=4), SpeakerBounds(2, 4), SpeakerBounds(1, 4)),
        (
            DiarizeParams(speakers=3, min_speakers=1, max_speakers=9),
            SpeakerBounds(3, 3),
            SpeakerBounds(1, 3),
        ),
    ],
)
def test_one_of_several_spans_may_have_fewer_speakers(
    params: DiarizeParams, alone: SpeakerBounds, among_others: SpeakerBounds
) -> None:
    assert speaker_bounds(params, is_only_span=True) == alone
    assert speaker_bounds(params, is_only_span=False) == among_others


@pytest.mark.parametrize(
    "wrong", [{"speakers": 0}, {"min_speakers": 3, "max_speakers": 2}, {"max_speakers": -1}]
)
def test_impossible_numbers_of_speakers_are_invalid(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        DiarizeParams.model_validate(wrong)


times = st.floats(-1, 70, allow_nan=False)


@given(st.lists(st.tuples(times, times, st.sampled_from("ABC"))))
def test_trimmed_turns_are_sorted_and_inside_the_span(
    given_turns: list[tuple[float, float, str]],
) -> None:
    raw = [Turn(start=start, end=end, speaker=speaker) for start, end, speaker in given_turns]
    turns = trim_turns(raw, 60)
    assert all(0 <= turn.start < turn.end <= 60 for turn in turns)
    assert all(one.start <= other.start for one, other in pairwise(turns))
