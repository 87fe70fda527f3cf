"""Speaker changes are moved to sentence ends or pauses when those are near."""

import pytest

from functions.finalize.sentences import Placed
from functions.finalize.smoothing import speakers
from functions.finalize.turns import Floor
from shared.speech import Turn
from tests.unit.finalize.recordings import diarization, manifest, sentence, transcript

Turns = list[tuple[float, float, str]]


def said(text: str, start: float = 0.0, pace: float = 0.4, pause: float = 0.5) -> list[Placed]:
    """Words at an even pace; a bar is a pause."""
    words: list[Placed] = []
    for one in text.split():
        if one == "|":
            start += pause
        else:
            words.append(Placed(one, start, round(start + pace, 3), 0.9, 0.8, "aligned"))
            start = words[-1].end
    return words


def given(sentences: list[list[Placed]], turns: Turns) -> str:
    """The speakers of all words, a space between sentences; a dot for nobody."""
    floor = Floor.of([Turn(start=start, end=end, speaker=speaker) for start, end, speaker in turns])
    return " ".join("".join(one or "." for one in words) for words in speakers(sentences, floor))


@pytest.mark.parametrize("border", [1.2, 1.6, 2.0])
def test_a_change_goes_to_the_border_of_the_sentence_when_it_is_near(border: float) -> None:
    sentences = [said("one two three four."), said("Five six seven.", 1.6)]
    assert given(sentences, [(0.0, border, "x"), (border, 2.8, "y")]) == "xxxx yyy"


def test_a_change_goes_to_a_pause_when_it_is_near() -> None:
    words = said("one two three | four five six")
    assert given([words], [(0.0, 0.9, "x"), (0.9, 3.0, "y")]) == "xxxyyy"
    assert given([words], [(0.0, 1.9, "x"), (1.9, 3.0, "y")]) == "xxxyyy"


def test_the_end_of_a_clause_draws_a_change_to_itself() -> None:
    turns = [(0.0, 1.05, "x"), (1.05, 3.0, "y")]
    assert given([said("one two three four five six seven eight", pace=0.25)], turns) == "xxxxyyyy"
    assert given([said("one two three four five, six seven eight", pace=0.25)], turns) == "xxxxxyyy"


def test_a_lone_word_within_a_sentence_is_of_who_speaks_around_it() -> None:
    assert given([said("one two three four five")], [(0.0, 0.8, "x"), (0.8, 1.2, "y"), (1.2, 2.0, "x")]) == "xxxxx"


def test_a_word_that_is_a_sentence_is_of_who_says_it() -> None:
    sentences = [said("Are you sure?"), said("Yes.", 1.2), said("Good to know.", 1.6)]
    assert given(sentences, [(0.0, 1.2, "x"), (1.2, 1.6, "y"), (1.6, 2.8, "x")]) == "xxx y xxx"


def test_a_clause_of_another_within_a_sentence_stays() -> None:
    words = said("are you sure about that yes I am quite sure")
    assert given([words], [(0.0, 2.0, "x"), (2.0, 4.0, "y")]) == "xxxxxyyyyy"
    assert given([words], [(0.0, 0.8, "x"), (0.8, 2.8, "y"), (2.8, 4.0, "x")]) == "xxyyyyyxxx"


def test_a_change_far_from_the_border_of_the_sentence_stays_where_it_is() -> None:
    sentences = [said("one two three four five"), said("six seven", 2.0)]
    assert given(sentences, [(0.0, 0.8, "x"), (0.8, 2.8, "y")]) == "xxyyy yy"


def test_words_that_no_turn_touches_go_with_the_nearest() -> None:
    assert given([said("one two"), said("three", 6.0)], [(1.0, 2.0, "x"), (4.0, 5.0, "y")]) == "xx y"


def test_without_turns_nobody_speaks() -> None:
    assert given([said("one two"), []], []) == ".. "


def test_confidence_tells_that_the_turn_was_of_another() -> None:
    made = transcript(
        manifest(10.0, [[(0.0, 4.0)]]),
        [sentence("one two three four.", 0.0, 0.4)],
        [diarization([(0.0, 1.4, "x"), (1.4, 8.0, "y")])],
    )
    assert [one.speaker for one in made.words] == ["S1"] * 4
    assert [one.speaker_confidence for one in made.words] == [1.0, 1.0, 1.0, 0.5]
    assert [one.speakers for one in made.words[2:]] == [("S1",), ("S1", "S2")]
    assert not any(one.overlap for one in made.words)
