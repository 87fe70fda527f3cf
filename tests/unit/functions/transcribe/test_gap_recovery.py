"""Speech that got no words is decoded again and its words are inserted in place."""

from dataclasses import replace
from itertools import pairwise

import pytest

from functions.transcribe.decode_request import Take
from functions.transcribe.gap_recovery import CONTEXT, filled, uncovered
from shared.model.artifacts import Interval, RecognizedSegment
from tests.support.recognisers import segment

SPEECH = (Interval(start=0, end=6), Interval(start=6, end=10))
TAKES = (Take(Interval(start=0, end=10), "de"),)
BEGINNING, END = (
    segment("one two three", 0, 3, language="de"),
    segment("seven eight", 8, 10, language="de"),
)
BARE = Interval(start=3.3, end=7.7)
WINDOW = Interval(start=BARE.start - CONTEXT, end=BARE.end + CONTEXT)


class Decoder:
    """Says the next thing at each question."""

    def __init__(self, *said: RecognizedSegment) -> None:
        self.said = list(said)
        self.asked: list[Take] = []

    def decode(self, take: Take) -> RecognizedSegment:
        self.asked.append(take)
        return self.said.pop(0)

    def halves(self, take: Take) -> tuple[Take, Take]:
        middle = (take.window.start + take.window.end) / 2
        first, second = (
            Interval(start=take.window.start, end=middle),
            Interval(start=middle, end=take.window.end),
        )
        return replace(take, window=first), replace(take, window=second)

    def settled(self, segment: RecognizedSegment) -> RecognizedSegment:
        raise AssertionError("what is doubtful is left")


def texts(segments: list[RecognizedSegment]) -> list[tuple[float, float, str]]:
    return [(round(s.start, 3), round(s.end, 3), s.text) for s in segments]


def test_speech_without_a_word_is_bare() -> None:
    assert [(round(s.start, 3), round(s.end, 3)) for s in uncovered(SPEECH, [BEGINNING, END])] == [
        (3.3, 7.7)
    ]
    assert list(uncovered(SPEECH, [])) == [Interval(start=0, end=10)]


def test_a_short_stretch_is_left() -> None:
    assert list(uncovered(SPEECH, [segment("a b c d e f g h", 0, 8.9)])) == []


def test_a_word_that_lasts_forever_covers_its_end() -> None:
    (found,) = uncovered(SPEECH, [segment("well", 0, 10)])
    assert (found.start, round(found.end, 3)) == (0, 8.7)


def test_what_is_in_doubt_was_decoded_again_already() -> None:
    assert list(uncovered(SPEECH, [segment("", 0, 10, quality_flags=("improbable",))])) == []


def test_what_is_found_stands_in_its_place_in_the_language_around_it() -> None:
    decoder = Decoder(segment("four five six", BARE.start, BARE.end))
    found = filled([BEGINNING, END], TAKES, SPEECH, decoder)
    assert texts(found) == [
        (0, 3, "one two three"),
        (3.3, 7.7, "four five six"),
        (8, 10, "seven eight"),
    ]
    assert decoder.asked == [Take(WINDOW, "de")]


def test_a_segment_around_it_makes_room() -> None:
    words = segment("one two three eight").words
    times = zip(words, (0, 1, 2, 3), (0.5, 1.5, 2.5, 9.5), strict=True)
    stretched = tuple(
        word.model_copy(update={"start": start, "end": end}) for word, start, end in times
    )
    whole = segment("one two three eight", 0, 10).model_copy(update={"words": stretched})
    (bare,) = uncovered(SPEECH, [whole])
    found = filled([whole], TAKES, SPEECH, Decoder(segment("five six", bare.start, bare.end)))
    assert texts(found) == [(0, 2.8, "one two three"), (2.8, 8.2, "five six"), (8.2, 10, "eight")]
    spoken = [word for segment in found for word in segment.words]
    assert all(before.end <= after.start for before, after in pairwise(spoken))


def test_words_of_the_context_are_dropped() -> None:
    decoder = Decoder(segment("three four five seven", WINDOW.start - 2, WINDOW.end + 2))
    (_, added, _) = filled([BEGINNING, END], TAKES, SPEECH, decoder)
    assert added.text == "four five" and [word.word for word in added.words] == ["four", "five"]


def test_what_is_not_sure_is_tried_at_another_temperature_and_left() -> None:
    decoder = Decoder(
        segment("Oh.", 4, 7, quality_flags=("improbable",)), segment("Oh.", 4, 7, avg_logprob=-0.9)
    )
    assert filled([BEGINNING, END], TAKES, SPEECH, decoder) == [BEGINNING, END]
    assert [take.temperature for take in decoder.asked] == [0.0, 0.4]


@pytest.mark.parametrize(
    "found", [segment(""), segment("Thank you.", 4, 7, quality_flags=("no_speech",))]
)
def test_where_nobody_speaks_it_is_left_at_once(found: RecognizedSegment) -> None:
    decoder = Decoder(found)
    assert filled([BEGINNING, END], TAKES, SPEECH, decoder) == [BEGINNING, END]


def test_words_that_stand_close_by_are_not_said_twice() -> None:
    echo = segment("Seven, eight.", BARE.start, BARE.end)
    assert filled([BEGINNING, END], TAKES, SPEECH, Decoder(echo, echo)) == [BEGINNING, END]


def test_a_long_stretch_is_decoded_in_windows() -> None:
    decoder = Decoder(*[segment("")] * 2)
    assert filled([], TAKES, [Interval(start=0, end=40)], decoder) == []
    assert [(take.window.start, take.window.end) for take in decoder.asked] == [
        (0, 20.3),
        (19.7, 40.3),
    ]


def test_a_word_over_the_border_is_cut() -> None:
    borders = [BEGINNING, segment("eight nine", 7.2, 10, language="de")]
    (bare,) = uncovered(SPEECH, borders)
    found = filled(
        borders, TAKES, SPEECH, Decoder(segment("four five", bare.start - 0.2, bare.end + 0.2))
    )
    assert all(word.start <= word.end for segment in found for word in segment.words)
    assert texts(found)[1] == (bare.start, bare.end, "four five")
