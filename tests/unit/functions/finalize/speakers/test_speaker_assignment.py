"""Speaker changes are moved to sentence ends or pauses when those are near."""

import pytest

from functions.finalize.answer.timed_segments import TimedWord
from functions.finalize.speakers.speaker_assignment import assign_speakers
from functions.finalize.speakers.turns import TurnIndex
from shared.model.artifacts import Turn
from tests.support.finalize_inputs import diarization, manifest_of, sentence, transcript_of

Turns = list[tuple[float, float, str]]


def words_of(
    text: str, start: float = 0.0, pace: float = 0.4, pause: float = 0.5
) -> list[TimedWord]:
    """Returns words of `pace` seconds each; a bar is a pause."""
    words: list[TimedWord] = []
    for one in text.split():
        if one == "|":
            start += pause
        else:
            words.append(TimedWord(one, start, round(start + pace, 3), 0.9, 0.8, "aligned"))
            start = words[-1].end
    return words


def speakers_of(sentences: list[list[TimedWord]], turns: Turns) -> str:
    """Returns the speakers of all words: a space between sentences, a dot for no speaker."""
    index = TurnIndex.from_turns(
        [Turn(start=start, end=end, speaker=speaker) for start, end, speaker in turns]
    )
    return " ".join(
        "".join(one or "." for one in words) for words in assign_speakers(sentences, index)
    )


@pytest.mark.parametrize("border", [1.2, 1.6, 2.0])
def test_a_change_moves_to_the_border_of_the_sentence_when_it_is_near(border: float) -> None:
    sentences = [words_of("one two three four."), words_of("Five six seven.", 1.6)]
    assert speakers_of(sentences, [(0.0, border, "x"), (border, 2.8, "y")]) == "xxxx yyy"


def test_a_change_moves_to_a_pause_when_it_is_near() -> None:
    words = words_of("one two three | four five six")
    assert speakers_of([words], [(0.0, 0.9, "x"), (0.9, 3.0, "y")]) == "xxxyyy"
    assert speakers_of([words], [(0.0, 1.9, "x"), (1.9, 3.0, "y")]) == "xxxyyy"


def test_a_change_moves_to_the_end_of_a_clause() -> None:
    turns = [(0.0, 1.05, "x"), (1.05, 3.0, "y")]
    assert (
        speakers_of([words_of("one two three four five six seven eight", pace=0.25)], turns)
        == "xxxxyyyy"
    )
    assert (
        speakers_of([words_of("one two three four five, six seven eight", pace=0.25)], turns)
        == "xxxxxyyy"
    )


def test_a_single_word_within_a_sentence_belongs_to_the_speaker_around_it() -> None:
    assert (
        speakers_of(
            [words_of("one two three four five")],
            [(0.0, 0.8, "x"), (0.8, 1.2, "y"), (1.2, 2.0, "x")],
        )
        == "xxxxx"
    )


def test_a_word_that_is_a_sentence_belongs_to_the_speaker_of_its_turn() -> None:
    sentences = [words_of("Are you sure?"), words_of("Yes.", 1.2), words_of("Good to know.", 1.6)]
    assert (
        speakers_of(sentences, [(0.0, 1.2, "x"), (1.2, 1.6, "y"), (1.6, 2.8, "x")]) == "xxx y xxx"
    )


def test_another_speakers_clause_within_a_sentence_is_kept() -> None:
    words = words_of("are you sure about that yes I am quite sure")
    assert speakers_of([words], [(0.0, 2.0, "x"), (2.0, 4.0, "y")]) == "xxxxxyyyyy"
    assert speakers_of([words], [(0.0, 0.8, "x"), (0.8, 2.8, "y"), (2.8, 4.0, "x")]) == "xxyyyyyxxx"


def test_a_change_far_from_the_border_of_the_sentence_stays_where_it_is() -> None:
    sentences = [words_of("one two three four five"), words_of("six seven", 2.0)]
    assert speakers_of(sentences, [(0.0, 0.8, "x"), (0.8, 2.8, "y")]) == "xxyyy yy"


def test_words_outside_every_turn_belong_to_the_nearest_speaker() -> None:
    assert (
        speakers_of(
            [words_of("one two"), words_of("three", 6.0)], [(1.0, 2.0, "x"), (4.0, 5.0, "y")]
        )
        == "xx y"
    )


def test_without_turns_words_have_no_speaker() -> None:
    assert speakers_of([words_of("one two"), []], []) == ".. "


def test_confidence_is_low_when_the_turn_is_another_speakers() -> None:
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 4.0)]]),
        [sentence("one two three four.", 0.0, 0.4)],
        [diarization([(0.0, 1.4, "x"), (1.4, 8.0, "y")])],
    )
    assert [one.speaker for one in transcript.words] == ["S1"] * 4
    assert [one.speaker_confidence for one in transcript.words] == [1.0, 1.0, 1.0, 0.5]
    assert [one.speakers for one in transcript.words[2:]] == [("S1",), ("S1", "S2")]
    assert not any(one.overlap for one in transcript.words)
