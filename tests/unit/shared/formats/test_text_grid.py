"""TextGrids have tiers without gaps and overlaps, as praatio reads them."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from praatio.utilities import textgrid_io

from shared.formats.characters import printable
from shared.formats.text_grid import GridInterval, without_overlaps
from shared.model.transcript import Transcript
from tests.support.drawn import drawn
from tests.support.finalize_inputs import sentence as aligned_sentence
from tests.support.finalize_inputs import split_manifest_of, transcript_of, transcripts
from tests.support.hostile_transcripts import hostile_transcripts, renamed, source_of
from tests.support.made_transcripts import said, transcript_of_sentences

anything = settings(max_examples=25, deadline=None)


def read(transcript: Transcript) -> dict[str, list[tuple[float, float, str]]]:
    """Returns the intervals of each tier by its name, the empty ones too."""
    grid: dict[str, Any] = textgrid_io.parseTextgridStr(drawn("textgrid", transcript), True)
    tiers = {}
    for tier in grid["tiers"]:
        assert tier["name"] not in tiers
        tiers[tier["name"]] = [(float(a), float(b), text) for a, b, text in tier["entries"]]
    for intervals in tiers.values():
        assert intervals[0][0] == 0
        assert intervals[-1][1] == float(grid["xmax"])
        assert all(start < end for start, end, _ in intervals)
        assert all(before[1] == after[0] for before, after in pairwise(intervals))
    return tiers


def test_each_speaker_has_a_tier_of_sentences_and_one_of_words() -> None:
    sentences = [said("S1", "Good morning."), said("S2", "Yes.", pause=1.0)]
    transcript = transcript_of_sentences(source_of("call.wav"), sentences, seconds=10.0)
    tiers = read(renamed(transcript, ["Anna Weber", "Bob"]))
    assert list(tiers) == [
        "Anna Weber - sentences",
        "Anna Weber - words",
        "Bob - sentences",
        "Bob - words",
    ]
    start, between, end = 0.45, 5.483, 6.483
    assert tiers["Anna Weber - sentences"] == [
        (0.0, start, ""),
        (start, between, "Good morning."),
        (between, 10.0, ""),
    ]
    assert tiers["Bob - words"] == [(0.0, end, ""), (end, 8.748, "Yes."), (8.748, 10.0, "")]


@anything
@given(hostile_transcripts())
def test_any_words_and_names_are_read_back(transcript: Transcript) -> None:
    tiers = read(transcript)
    spoken = [text for name, intervals in tiers.items() for _, _, text in intervals if text]
    expected = [printable(one.text) for one in transcript.segments]
    expected += [printable(one.word) for one in transcript.words]
    assert sorted(spoken) == sorted(expected)


@anything
@given(transcripts())
def test_any_times_make_tiers_without_gaps_and_overlaps(transcript: Transcript) -> None:
    words = [
        text
        for name, intervals in read(transcript).items()
        if name.endswith("words")
        for _, _, text in intervals
        if text
    ]
    assert sorted(words) == sorted(printable(word.word) for word in transcript.words)


def test_speakers_of_the_same_name_have_tiers_of_their_own() -> None:
    sentences = [said(speaker, "Yes.") for speaker in ("S1", "S2", "S3", "S4", None)]
    transcript = transcript_of_sentences(source_of("call.wav"), sentences)
    names = ["Anna", "Anna", "No speaker", ""]
    assert [name for name in read(renamed(transcript, names)) if name.endswith("words")] == [
        "Anna - words",
        "Anna (S2) - words",
        "No speaker (S3) - words",
        " (S4) - words",
        "No speaker - words",
    ]


def test_a_transcript_without_speech_has_tiers_that_are_empty() -> None:
    silent = transcript_of_sentences(source_of("call.wav"), [])
    assert read(silent) == {
        "No speaker - sentences": [(0.0, 1.0, "")],
        "No speaker - words": [(0.0, 1.0, "")],
    }


def test_both_channels_keep_their_times() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 3.0)], [(0.0, 3.0)])
    transcript = transcript_of(
        manifest, [aligned_sentence("one two", 0.0), aligned_sentence("three", 0.5)]
    )
    tiers = read(transcript)
    assert tiers["Channel 1 - words"][:2] == [(0.0, 0.5, "one"), (0.5, 1.0, "two")]
    assert tiers["Channel 2 - words"][:2] == [(0.0, 0.5, ""), (0.5, 1.0, "three")]


@pytest.mark.parametrize(
    ("spoken", "placed"),
    [
        ([(0, 1000), (500, 700)], [(0, 500), (500, 700)]),
        ([(500, 700), (0, 1000)], [(0, 500), (500, 700)]),
        ([(5, 5), (5, 5), (6, 9)], [(5, 6), (6, 7), (7, 9)]),
        ([(5, 3)], [(5, 6)]),
        ([], []),
    ],
)
def test_an_interval_ends_where_the_next_one_starts(
    spoken: list[tuple[int, int]], placed: list[tuple[int, int]]
) -> None:
    intervals = [GridInterval(start, end, "a") for start, end in spoken]
    assert [(one.start, one.end) for one in without_overlaps(intervals)] == placed


def test_a_textgrid_is_written_to_disk_and_opened(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    transcript = transcript_of_sentences(source_of("call.wav"), [said("S1", 'She said "no".')])
    path = tmp_path / "call.TextGrid"
    path.write_text(drawn("textgrid", transcript), encoding="utf-8")
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    assert [one.label for one in grid.getTier("Speaker 1 - sentences").entries] == [
        'She said "no".'
    ]
