"""Speaker turns are merged, named in order, and assigned to the words they overlap."""

import pytest

from functions.finalize.speakers.linking import SpanSpeaker
from functions.finalize.speakers.turns import SpanTurn, number_speakers
from shared.model.artifacts import Turn
from shared.model.transcript import Overlap, Transcript
from tests.support.finalize_inputs import diarization, manifest_of, sentence, transcript_of

TurnTuples = list[tuple[float, float, str]]


def eight_words(exclusive: TurnTuples, overlapping: TurnTuples | None = None) -> Transcript:
    """Returns the transcript of eight words, one per second from 0 to 8 s."""
    words = [sentence("one two three four five six seven eight", 0.0, 1.0)]
    return transcript_of(
        manifest_of(20.0, [[(0.0, 8.0)]]), words, [diarization(exclusive, None, overlapping)]
    )


def test_a_word_belongs_to_the_speaker_with_most_of_its_time() -> None:
    transcript = eight_words([(0.0, 2.4, "x"), (2.4, 8.0, "y")])
    assert [one.speaker for one in transcript.words] == [
        "S1",
        "S1",
        "S2",
        "S2",
        "S2",
        "S2",
        "S2",
        "S2",
    ]
    assert [one.speaker_confidence for one in transcript.words[:4]] == [1.0, 1.0, 0.6, 1.0]


def test_shares_of_one_speaker_add_up() -> None:
    transcript = eight_words([(0.0, 0.3, "x"), (0.3, 0.7, "y"), (0.7, 8.0, "x")])
    assert (transcript.words[0].speaker, transcript.words[0].speaker_confidence) == ("S1", 0.6)


def test_a_word_in_a_gap_belongs_to_the_nearest_speaker() -> None:
    transcript = eight_words([(0.0, 2.0, "x"), (4.5, 8.0, "y")])
    assert [one.speaker for one in transcript.words[2:4]] == ["S1", "S2"]
    assert [one.speaker_confidence for one in transcript.words[2:5]] == [0.0, 0.0, 0.5]


def test_words_before_the_first_and_after_the_last_turn_have_a_speaker() -> None:
    transcript = eight_words([(3.0, 4.0, "x"), (4.0, 5.0, "y")])
    assert [one.speaker for one in transcript.words] == ["S1"] * 4 + ["S2"] * 4


@pytest.mark.parametrize("pause, turns", [(0.2, 1), (0.3, 2)])
def test_a_short_pause_does_not_end_a_turn(pause: float, turns: int) -> None:
    transcript = eight_words([(0.0, 2.0, "x"), (2.0 + pause, 8.0, "x")])
    assert len(transcript.turns) == turns


def test_a_turn_goes_on_across_spans() -> None:
    manifest = manifest_of(20.0, [[(0.0, 20.0)]], [(0.0, 10.0), (10.0, 20.0)])
    spans = [
        diarization([(5.0, 10.0, "a")], {"a": [1.0, 0.0]}),
        diarization([(0.0, 4.0, "b")], {"b": [1.0, 0.1]}),
    ]
    transcript = transcript_of(manifest, [sentence("one", 6.0)], spans)
    assert transcript.turns == (Turn(start=5.0, end=14.0, speaker="S1"),)


def test_a_turn_outside_its_span_is_dropped() -> None:
    transcript = eight_words([(0.0, 8.0, "x"), (25.0, 26.0, "y")])
    assert [(turn.end, turn.speaker) for turn in transcript.turns] == [(8.0, "S1")]
    assert len(transcript.speakers) == 1


def test_the_speaker_who_talks_first_is_number_one() -> None:
    transcript = eight_words([(1.0, 4.0, "x"), (4.0, 8.0, "y")], [(0.0, 8.0, "y"), (1.0, 4.0, "x")])
    assert [one.speaker for one in transcript.words[2:6]] == ["S2", "S2", "S1", "S1"]


def test_the_later_speaker_gets_the_words_when_turns_are_not_exclusive() -> None:
    transcript = eight_words([(0.0, 8.0, "x"), (2.0, 6.0, "y"), (6.0, 8.0, "x")])
    assert [one.speaker for one in transcript.words] == [
        "S1",
        "S1",
        "S2",
        "S2",
        "S2",
        "S2",
        "S1",
        "S1",
    ]


def test_a_turn_ends_with_its_span() -> None:
    manifest = manifest_of(20.0, [[(0.0, 20.0)]], [(0.0, 10.0), (10.0, 20.0)])
    transcript = transcript_of(
        manifest, [sentence("one", 6.0)], [diarization([(5.0, 12.0, "a")]), diarization([])]
    )
    assert transcript.turns == (Turn(start=5.0, end=10.0, speaker="S1"),)


def test_two_speakers_at_once_are_an_overlap_and_mark_its_words() -> None:
    transcript = eight_words([(0.0, 3.0, "x"), (3.0, 8.0, "y")], [(0.0, 4.5, "x"), (2.5, 8.0, "y")])
    assert transcript.overlaps == (Overlap(start=2.5, end=4.5, speakers=("S1", "S2")),)
    assert [one.overlap for one in transcript.words] == [
        False,
        False,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_speaker_of_a_quarter_of_a_word_is_listed_with_it() -> None:
    transcript = eight_words(
        [(0.0, 8.0, "x")], [(0.0, 8.0, "x"), (2.75, 4.2, "y"), (6.5, 6.75, "y")]
    )
    assert [one.speakers for one in transcript.words] == [
        ("S1",), ("S1",), ("S1", "S2"), ("S1", "S2"), ("S1",), ("S1",), ("S1", "S2"), ("S1",),
    ]  # fmt: skip
    assert [one.overlap for one in transcript.words] == [
        False,
        False,
        True,
        True,
        True,
        False,
        True,
        False,
    ]


def test_an_overlap_is_split_when_a_third_joins() -> None:
    transcript = eight_words([(0.0, 8.0, "x")], [(0.0, 6.0, "x"), (1.0, 5.0, "y"), (2.0, 3.0, "z")])
    assert [(one.start, one.end, one.speakers) for one in transcript.overlaps] == [
        (1.0, 2.0, ("S1", "S2")),
        (2.0, 3.0, ("S1", "S2", "S3")),
        (3.0, 5.0, ("S1", "S2")),
    ]


def test_no_overlap_is_without_length() -> None:
    """When the third leaves just as a fourth joins, the first two are never alone."""
    transcript = eight_words(
        [(0.0, 8.0, "w")], [(0.0, 8.0, "w"), (0.0, 8.0, "x"), (1.0, 4.0, "y"), (4.0, 6.0, "z")]
    )
    assert [(one.start, one.end) for one in transcript.overlaps] == [
        (0.0, 1.0),
        (1.0, 4.0),
        (4.0, 6.0),
        (6.0, 8.0),
    ]


def test_turns_that_touch_do_not_overlap() -> None:
    transcript = eight_words([(0.0, 3.0, "x"), (3.0, 8.0, "y")])
    assert transcript.overlaps == ()
    assert not any(one.overlap for one in transcript.words)


def test_a_very_short_turn_does_not_make_the_first_speaker() -> None:
    a, b, c = (SpanSpeaker(0, name) for name in "ABC")
    turns = [
        SpanTurn(0.0, 0.1, a),
        SpanTurn(0.1, 2.0, b),
        SpanTurn(2.0, 3.0, a),
        SpanTurn(3.0, 3.1, c),
    ]
    assert number_speakers([[a], [b], [c]], turns) == {a: "S2", b: "S1", c: "S3"}


def test_a_turn_without_length_does_not_hide_the_turn_before_it() -> None:
    transcript = eight_words([(0.0, 8.0, "x"), (0.0, 0.0, "y")])
    assert {word.speaker for word in transcript.words} == {"S1"}


def test_words_have_a_speaker_where_only_overlapping_turns_have_a_length() -> None:
    transcript = eight_words([], [(0.0, 8.0, "x")])
    assert {word.speaker for word in transcript.words} == {"S1"}
