"""Proves what is recovered from speech without words, with a decoder that the test controls."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest

from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.gap_recovery import CONTEXT_SECONDS, fill_gaps, find_gaps
from shared.model.artifacts import Interval, RecognizedSegment
from tests.support.recognisers import segment

SPEECH = (Interval(start=0, end=6), Interval(start=6, end=10))
REQUESTS = (DecodeRequest(Interval(start=0, end=10), "de"),)
BEGINNING = segment("one two three", 0, 3, language="de")
END = segment("seven eight", 8, 10, language="de")
GAP = Interval(start=3.3, end=7.7)
WINDOW = Interval(start=GAP.start - CONTEXT_SECONDS, end=GAP.end + CONTEXT_SECONDS)


class FakeDecoder:
    """Returns the given segments one after the other, and records the requests."""

    def __init__(self, *segments: RecognizedSegment) -> None:
        self.segments = list(segments)
        self.requests: list[DecodeRequest] = []

    def decode(self, request: DecodeRequest) -> RecognizedSegment:
        self.requests.append(request)
        return self.segments.pop(0)

    def halve(self, request: DecodeRequest) -> tuple[DecodeRequest, DecodeRequest]:
        window = request.window
        middle = (window.start + window.end) / 2
        first = Interval(start=window.start, end=middle)
        second = Interval(start=middle, end=window.end)
        return replace(request, window=first), replace(request, window=second)

    def with_final_flags(self, segment: RecognizedSegment) -> RecognizedSegment:
        raise AssertionError("a segment with flags is not used")


def rounded(intervals: Iterable[Interval]) -> list[tuple[float, float]]:
    return [(round(interval.start, 3), round(interval.end, 3)) for interval in intervals]


def texts(segments: list[RecognizedSegment]) -> list[tuple[float, float, str]]:
    return [(round(found.start, 3), round(found.end, 3), found.text) for found in segments]


def test_speech_without_a_word_is_a_gap() -> None:
    assert rounded(find_gaps(SPEECH, [BEGINNING, END])) == [(3.3, 7.7)]
    assert list(find_gaps(SPEECH, [])) == [Interval(start=0, end=10)]


def test_a_short_gap_is_ignored() -> None:
    assert list(find_gaps(SPEECH, [segment("a b c d e f g h", 0, 8.9)])) == []


def test_a_very_long_word_covers_only_its_last_second() -> None:
    assert rounded(find_gaps(SPEECH, [segment("well", 0, 10)])) == [(0, 8.7)]


def test_a_flagged_segment_is_no_gap_because_it_was_decoded_again_already() -> None:
    flagged = segment("", 0, 10, quality_flags=("improbable",))
    assert list(find_gaps(SPEECH, [flagged])) == []


def test_a_recovered_segment_is_in_order_and_in_the_language_around_it() -> None:
    decoder = FakeDecoder(segment("four five six", GAP.start, GAP.end))
    filled = fill_gaps([BEGINNING, END], REQUESTS, SPEECH, decoder)
    assert texts(filled) == [
        (0, 3, "one two three"),
        (3.3, 7.7, "four five six"),
        (8, 10, "seven eight"),
    ]
    assert decoder.requests == [DecodeRequest(WINDOW, "de")]


def test_a_segment_around_the_gap_is_split() -> None:
    words = segment("one two three eight").words
    times = zip(words, (0, 1, 2, 3), (0.5, 1.5, 2.5, 9.5), strict=True)
    stretched = tuple(
        word.model_copy(update={"start": start, "end": end}) for word, start, end in times
    )
    around = segment("one two three eight", 0, 10).model_copy(update={"words": stretched})
    (gap,) = find_gaps(SPEECH, [around])
    recovered = segment("five six", gap.start, gap.end)
    filled = fill_gaps([around], REQUESTS, SPEECH, FakeDecoder(recovered))
    assert texts(filled) == [(0, 2.8, "one two three"), (2.8, 8.2, "five six"), (8.2, 10, "eight")]
    all_words = [word for segment in filled for word in segment.words]
    assert all(before.end <= after.start for before, after in pairwise(all_words))


def test_words_of_the_context_are_dropped() -> None:
    decoder = FakeDecoder(segment("three four five seven", WINDOW.start - 2, WINDOW.end + 2))
    (_, recovered, _) = fill_gaps([BEGINNING, END], REQUESTS, SPEECH, decoder)
    assert recovered.text == "four five"
    assert [word.word for word in recovered.words] == ["four", "five"]


def test_uncertain_words_are_decoded_once_more_and_then_dropped() -> None:
    decoder = FakeDecoder(
        segment("Oh.", 4, 7, quality_flags=("improbable",)), segment("Oh.", 4, 7, avg_logprob=-0.9)
    )
    assert fill_gaps([BEGINNING, END], REQUESTS, SPEECH, decoder) == [BEGINNING, END]
    assert [request.temperature for request in decoder.requests] == [0.0, 0.4]


@pytest.mark.parametrize(
    "decoded", [segment(""), segment("Thank you.", 4, 7, quality_flags=("no_speech",))]
)
def test_a_gap_without_speech_is_decoded_only_once(decoded: RecognizedSegment) -> None:
    decoder = FakeDecoder(decoded)
    assert fill_gaps([BEGINNING, END], REQUESTS, SPEECH, decoder) == [BEGINNING, END]


def test_words_that_are_recognized_nearby_are_not_repeated() -> None:
    echo = segment("Seven, eight.", GAP.start, GAP.end)
    decoder = FakeDecoder(echo, echo)
    assert fill_gaps([BEGINNING, END], REQUESTS, SPEECH, decoder) == [BEGINNING, END]


def test_a_long_gap_is_decoded_in_windows() -> None:
    decoder = FakeDecoder(segment(""), segment(""))
    assert fill_gaps([], REQUESTS, [Interval(start=0, end=40)], decoder) == []
    windows = [(request.window.start, request.window.end) for request in decoder.requests]
    assert windows == [(0, 20.3), (19.7, 40.3)]


def test_a_word_across_the_border_of_the_gap_is_cut() -> None:
    borders = [BEGINNING, segment("eight nine", 7.2, 10, language="de")]
    (gap,) = find_gaps(SPEECH, borders)
    recovered = segment("four five", gap.start - 0.2, gap.end + 0.2)
    filled = fill_gaps(borders, REQUESTS, SPEECH, FakeDecoder(recovered))
    assert all(word.start <= word.end for segment in filled for word in segment.words)
    assert texts(filled)[1] == (gap.start, gap.end, "four five")
