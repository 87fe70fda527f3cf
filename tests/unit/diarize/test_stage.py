"""The diarize stage asks the diarizer correctly and returns ordered, valid turns."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.diarize.stage import Bounds, DiarizeParams, Voices, bounds_for, diarize, tidy
from shared.contracts import Engine
from shared.errors import BadRequest
from shared.speech import Chunk, Diarization, Manifest, Media, Region, Turn
from shared.stage import Task

ENGINE = Engine(name="recorded", version="1")
MEDIA = Media(container="wav", codec="pcm_s16le", duration=60, sample_rate=16_000, channels=1, bytes=1_920_044)
HEARD = Voices(
    exclusive=[Turn(start=4.2, end=31, speaker="B"), Turn(start=-0.01, end=4.2, speaker="A")],
    overlapping=[Turn(start=3.9, end=31, speaker="B"), Turn(start=-0.01, end=4.2, speaker="A")],
    embeddings={"A": [3.0, 4.0], "B": [math.nan, math.nan], "C": [0.0, 0.0]},
)


class Recorded:
    """A diarizer that always hears the same and remembers what it was asked."""

    engine = ENGINE

    def __init__(self, voices: Voices) -> None:
        self.voices = voices
        self.asked: list[tuple[Path, Bounds]] = []

    def __call__(self, audio: Path, bounds: Bounds) -> Voices:
        self.asked.append((audio, bounds))
        return self.voices


def spoken(*speech: tuple[float, float], spans: tuple[tuple[float, float], ...] = ((0, 30), (30, 60))) -> Manifest:
    """A minute in two chunks, spoken in where told."""
    chunks = tuple(
        Chunk(
            start=start,
            end=end,
            speech=tuple(Region(start=a, end=b) for a, b in speech if start <= a and b <= end),
        )
        for start, end in ((0, 30), (30, 60))
    )
    regions = tuple(Region(start=a, end=b) for a, b in spans)
    return Manifest(media=MEDIA, chunks=chunks, spans=regions, probe=(), engine=ENGINE)


def task(folder: Path, manifest: Manifest, params: DiarizeParams) -> Task[DiarizeParams]:
    written = folder / "manifest.json"
    written.write_text(manifest.model_dump_json())
    files = {"manifest": written, "audio": folder / "span.wav"}
    return Task(params, files, folder, original=lambda: written.open("rb"))


def run(folder: Path, manifest: Manifest, params: DiarizeParams, diarizer: Recorded) -> Diarization:
    [output] = diarize(task(folder, manifest, params), diarizer)
    assert output.name == "diarization"
    assert isinstance(output.content, Diarization)
    return output.content


def test_a_span_without_speech_has_no_turns_and_asks_no_model(tmp_path: Path) -> None:
    diarizer = Recorded(HEARD)
    made = run(tmp_path, spoken((1, 29)), DiarizeParams(part=1), diarizer)
    assert made == Diarization(turns=(), overlapping=(), embeddings={}, engine=ENGINE)
    assert diarizer.asked == []


def test_speech_is_looked_for_in_the_asked_span_only(tmp_path: Path) -> None:
    diarizer = Recorded(HEARD)
    assert run(tmp_path, spoken((40, 45)), DiarizeParams(part=0), diarizer).turns == ()
    assert run(tmp_path, spoken((40, 45)), DiarizeParams(part=1), diarizer).turns != ()
    assert [audio for audio, _ in diarizer.asked] == [tmp_path / "span.wav"]


def test_turns_are_in_order_and_inside_the_span(tmp_path: Path) -> None:
    made = run(tmp_path, spoken((1, 29)), DiarizeParams(), Recorded(HEARD))
    assert [(turn.start, turn.end, turn.speaker) for turn in made.turns] == [(0, 4.2, "A"), (4.2, 30, "B")]
    assert [(turn.start, turn.end, turn.speaker) for turn in made.overlapping] == [(0, 4.2, "A"), (3.9, 30, "B")]
    assert made.engine == ENGINE


def test_voices_are_scaled_to_one_and_unusable_ones_left_out(tmp_path: Path) -> None:
    made = run(tmp_path, spoken((1, 29)), DiarizeParams(), Recorded(HEARD))
    assert made.embeddings == {"A": (0.6, 0.8)}


def test_a_part_beyond_the_spans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="part 2: the recording has 2 spans"):
        run(tmp_path, spoken((1, 29)), DiarizeParams(part=2), Recorded(HEARD))


def test_the_diarizer_is_asked_for_what_the_recording_allows(tmp_path: Path) -> None:
    diarizer = Recorded(HEARD)
    whole = spoken((1, 29), spans=((0, 60),))
    run(tmp_path, whole, DiarizeParams(speakers=3), diarizer)
    run(tmp_path, spoken((1, 29)), DiarizeParams(speakers=3), diarizer)
    assert [bounds for _, bounds in diarizer.asked] == [Bounds(3, 3), Bounds(1, 3)]


@pytest.mark.parametrize(
    ("params", "alone", "among_others"),
    [
        (DiarizeParams(), Bounds(1, None), Bounds(1, None)),
        (DiarizeParams(speakers=2), Bounds(2, 2), Bounds(1, 2)),
        (DiarizeParams(min_speakers=2), Bounds(2, None), Bounds(1, None)),
        (DiarizeParams(max_speakers=4), Bounds(1, 4), Bounds(1, 4)),
        (DiarizeParams(min_speakers=2, max_speakers=4), Bounds(2, 4), Bounds(1, 4)),
        (DiarizeParams(speakers=3, min_speakers=1, max_speakers=9), Bounds(3, 3), Bounds(1, 3)),
    ],
)
def test_a_span_among_others_may_hold_fewer_speakers(
    params: DiarizeParams, alone: Bounds, among_others: Bounds
) -> None:
    assert bounds_for(params, spans=1) == alone
    assert bounds_for(params, spans=2) == among_others


@pytest.mark.parametrize("wrong", [{"speakers": 0}, {"min_speakers": 3, "max_speakers": 2}, {"max_speakers": -1}])
def test_impossible_numbers_of_speakers_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        DiarizeParams.model_validate(wrong)


times = st.floats(-1, 70, allow_nan=False)


@given(st.lists(st.tuples(times, times, st.sampled_from("ABC"))))
def test_tidy_turns_are_sorted_and_inside_whatever_was_heard(heard: list[tuple[float, float, str]]) -> None:
    turns = tidy([Turn(start=start, end=end, speaker=speaker) for start, end, speaker in heard], 60)
    assert all(0 <= turn.start < turn.end <= 60 for turn in turns)
    assert all(one.start <= other.start for one, other in pairwise(turns))
