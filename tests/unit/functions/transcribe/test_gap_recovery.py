"""Proves what is recovered from speech without words, with a decoder that the test controls."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.gap_recovery import CONTEXT_SECONDS, fill_gaps, find_gaps
from shared.model.artifacts import (
    Chunk,
    Interval,
    QualityFlag,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.coverage import WORD_MARGIN
from tests.support.recognisers import segment

REQUESTS = (DecodeRequest(Interval(start=0, end=10), "de"),)
BEGINNING = segment("oh no well one two three", 0, 3, language="de")
END = segment("seven eight nine ten", 8, 10, language="de")
GAP = Interval(start=3.2, end=7.8)
FREE = Interval(start=GAP.start - WORD_MARGIN, end=GAP.end + WORD_MARGIN)
WINDOW = Interval(start=GAP.start - CONTEXT_SECONDS, end=GAP.end + CONTEXT_SECONDS)


def chunk_of(*speech: tuple[float, float], end: float = 10) -> Chunk:
    """Returns a chunk of `end` seconds with this speech, padded as prepare does."""
    intervals = tuple(Interval(start=start, end=end) for start, end in speech)
    return Chunk(start=0, end=end, speech=intervals)


CHUNK = chunk_of((0, 6), (6, 10))


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
    assert find_gaps(CHUNK, [BEGINNING, END]) == [GAP]
    assert find_gaps(CHUNK, []) == [Interval(start=0, end=10)]


def test_a_short_answer_between_pauses_is_a_gap() -> None:
    answer = chunk_of((0, 3.2), (3.6, 4.4), (7.8, 10))
    assert rounded(find_gaps(answer, [BEGINNING, END])) == [(3.8, 4.2)]


def test_two_short_answers_are_one_gap_if_they_follow_each_other() -> None:
    answers = chunk_of((0, 3.2), (3.6, 4.2), (4.2, 4.8), (7.8, 10))
    assert rounded(find_gaps(answers, [BEGINNING, END])) == [(3.8, 4.6)]


@pytest.mark.parametrize(("speech", "gap"), [((0.5, 1.3), (0.7, 1.1)), ((0, 0.6), (0, 0.4))])
def test_a_short_answer_at_the_start_is_a_gap(
    speech: tuple[float, float], gap: tuple[float, float]
) -> None:
    beginning = segment("one two three four", 3, 5)
    assert rounded(find_gaps(chunk_of(speech, (2.8, 5)), [beginning])) == [gap]


def test_a_short_answer_at_the_end_is_a_gap() -> None:
    assert rounded(find_gaps(chunk_of((0, 3.2), (9.4, 10)), [BEGINNING])) == [(9.6, 10)]


@pytest.mark.parametrize(
    ("speech", "gap"), [((3.6, 4.1), (3.8, 3.9)), ((3.2, 3.6), (3.343, 3.407))]
)
def test_an_answer_of_any_length_between_pauses_is_a_gap(
    speech: tuple[float, float], gap: tuple[float, float]
) -> None:
    answer = chunk_of((0, 3.2), speech, (7.8, 10))
    assert rounded(find_gaps(answer, [BEGINNING, END])) == [gap]


@pytest.mark.parametrize(
    ("word", "gap_end"), [("a", 9.52), ("well", 9.28), ("1998", 8.8), ("internationally", 8.8)]
)
def test_a_word_covers_no_more_before_its_end_than_it_can_last(word: str, gap_end: float) -> None:
    assert rounded(find_gaps(CHUNK, [segment(word, 0, 10)])) == [(0, gap_end)]


def test_a_flagged_segment_is_no_gap_because_it_was_decoded_again_already() -> None:
    flagged = segment("", 0, 10, quality_flags=("improbable",))
    assert find_gaps(CHUNK, [flagged]) == []


def test_a_recovered_segment_is_in_order_and_in_the_language_around_it() -> None:
    decoder = FakeDecoder(segment("four five six", GAP.start, GAP.end))
    filled = fill_gaps([BEGINNING, END], REQUESTS, CHUNK, decoder)
    assert texts(filled) == [
        (0, 3, "oh no well one two three"),
        (FREE.start, FREE.end, "four five six"),
        (8, 10, "seven eight nine ten"),
    ]
    assert decoder.requests == [DecodeRequest(WINDOW, "de")]


def test_a_segment_around_the_gap_is_split() -> None:
    words = segment("one two three eight").words
    times = zip(words, (0, 0.5, 1, 1.5), (0.5, 1, 1.5, 9.8), strict=True)
    stretched = tuple(
        word.model_copy(update={"start": start, "end": end}) for word, start, end in times
    )
    around = segment("one two three eight", 0, 10).model_copy(update={"words": stretched})
    (gap,) = find_gaps(CHUNK, [around])
    recovered = segment("five six", gap.start, gap.end)
    filled = fill_gaps([around], REQUESTS, CHUNK, FakeDecoder(recovered))
    assert texts(filled) == [
        (0, 1.5, "one two three"),
        (1.5, 9.2, "five six"),
        (9.2, 10, "eight"),
    ]
    all_words = [word for segment in filled for word in segment.words]
    assert all(before.end <= after.start for before, after in pairwise(all_words))


def test_the_spaces_of_a_split_segment_are_kept() -> None:
    spelled = segment("她 almost hurt 跑 了", 0, 2.5, language="zh")
    first = spelled.model_copy(update={"text": "她almost hurt 跑了"})
    late = first.words[-1].model_copy(update={"start": 9.7, "end": 9.9})
    around = first.model_copy(update={"end": 10, "words": (*first.words[:-1], late)})
    answer = segment("对", 4, 8, language="zh")
    filled = fill_gaps([around], REQUESTS, CHUNK, FakeDecoder(answer))
    assert [part.text for part in filled] == ["她almost hurt 跑", "对", "了"]


def test_words_of_the_context_are_dropped() -> None:
    decoder = FakeDecoder(segment("three four five seven", FREE.start - 2, FREE.end + 2))
    (_, recovered, _) = fill_gaps([BEGINNING, END], REQUESTS, CHUNK, decoder)
    assert recovered.text == "four five"
    assert [word.word for word in recovered.words] == ["four", "five"]


def test_uncertain_words_are_decoded_once_more_and_then_dropped() -> None:
    decoder = FakeDecoder(
        segment("Oh.", 4, 7, quality_flags=("improbable",)), segment("Oh.", 4, 7, avg_logprob=-0.9)
    )
    assert fill_gaps([BEGINNING, END], REQUESTS, CHUNK, decoder) == [BEGINNING, END]
    assert [request.temperature for request in decoder.requests] == [0.0, 0.4]


@pytest.mark.parametrize(
    "decoded", [segment(""), segment("Thank you.", 4, 7, quality_flags=("no_speech",))]
)
def test_a_gap_without_speech_is_decoded_only_once(decoded: RecognizedSegment) -> None:
    decoder = FakeDecoder(decoded)
    assert fill_gaps([BEGINNING, END], REQUESTS, CHUNK, decoder) == [BEGINNING, END]


def test_words_that_are_recognized_nearby_are_not_repeated() -> None:
    echo = segment("Seven, eight.", GAP.start, GAP.end)
    decoder = FakeDecoder(echo, echo)
    assert fill_gaps([BEGINNING, END], REQUESTS, CHUNK, decoder) == [BEGINNING, END]


def test_a_long_gap_is_decoded_in_windows() -> None:
    decoder = FakeDecoder(segment(""), segment(""))
    assert fill_gaps([], REQUESTS, chunk_of((0, 40), end=40), decoder) == []
    windows = [(request.window.start, request.window.end) for request in decoder.requests]
    assert windows == [(0, 20.5), (19.5, 40.5)]


def test_a_word_across_the_border_of_the_gap_is_cut() -> None:
    recovered = segment("four five", FREE.start - 0.2, FREE.end + 0.2)
    filled = fill_gaps([BEGINNING, END], REQUESTS, CHUNK, FakeDecoder(recovered))
    assert all(word.start <= word.end for segment in filled for word in segment.words)
    assert texts(filled)[1] == (FREE.start, FREE.end, "four five")


ANSWER = chunk_of((0, 3.2), (3.6, 4.4), (7.8, 10))
"""Speech with a short answer that has no words."""


def test_a_short_answer_is_decoded_alone_and_must_be_the_same_in_30_seconds() -> None:
    yes = segment("Yes.", 3.8, 4.2, language="de")
    decoder = FakeDecoder(yes, segment("yes", 3.7, 4.3, language="de"))
    filled = fill_gaps([BEGINNING, END], REQUESTS, ANSWER, decoder)
    assert texts(filled)[1] == (3.6, 4.4, "Yes.")
    alone = DecodeRequest(Interval(start=3.6, end=4.4), "de")
    assert decoder.requests == [alone, replace(alone, is_padded=True)]


@pytest.mark.parametrize(
    "padded",
    [
        segment("Thank you.", 3.8, 4.2),
        segment("", 3.8, 4.2),
        segment("Yes.", 3.8, 4.2, avg_logprob=-0.8),
        segment("Yes.", 3.8, 4.2, quality_flags=("no_speech",)),
    ],
)
def test_a_short_answer_that_is_not_the_same_in_30_seconds_is_dropped(
    padded: RecognizedSegment,
) -> None:
    decoder = FakeDecoder(segment("Yes.", 3.8, 4.2), padded)
    assert fill_gaps([BEGINNING, END], REQUESTS, ANSWER, decoder) == [BEGINNING, END]


def test_a_gap_in_which_a_word_can_only_be_guessed_is_not_decoded() -> None:
    answer = chunk_of((0, 3.2), (3.6, 4.18), (7.8, 10))
    decoder = FakeDecoder(segment("Here they are.", 3.8, 3.98))
    assert rounded(find_gaps(answer, [BEGINNING, END])) == [(3.8, 3.98)]
    assert fill_gaps([BEGINNING, END], REQUESTS, answer, decoder) == [BEGINNING, END]


class GuessingDecoder(FakeDecoder):
    """Finds `new` words at the drawn shares of each window, and is as certain as drawn."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self.data = data

    def decode(self, request: DecodeRequest) -> RecognizedSegment:
        window = request.window
        found = self.data.draw(drawn_segments(window, "new"))
        logprob = self.data.draw(st.sampled_from([-0.1, -0.8]))
        return found.model_copy(update={"avg_logprob": logprob})


QUALITY_FLAGS: list[tuple[QualityFlag, ...]] = [(), (), (), ("improbable",)]


@st.composite
def drawn_segments(draw: st.DrawFn, window: Interval, spelling: str) -> RecognizedSegment:
    """Draws a segment with up to five words in the window, in order, whose times may be long."""
    shares = draw(st.lists(st.floats(0, 1), max_size=10).map(sorted))
    flags = draw(st.sampled_from(QUALITY_FLAGS))
    words: list[RecognizedWord] = []
    for first, last in zip(shares[::2], shares[1::2], strict=False):
        length = window.end - window.start
        start = round(window.start + first * length, 3)
        end = round(window.start + last * length, 3)
        named = f"{spelling}{len(words)}"
        words.append(RecognizedWord(word=named, start=start, end=end, probability=0.9))
    text = " ".join(word.word for word in words)
    empty = segment("", window.start, window.end, quality_flags=flags if words else ())
    return empty.model_copy(update={"text": text, "words": tuple(words)})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_recovery_loses_no_word_and_keeps_their_order(data: st.DataObject) -> None:
    borders = (0.0, 4.0, 9.0, 12.0)
    windows = [Interval(start=start, end=end) for start, end in pairwise(borders)]
    segments = [
        data.draw(drawn_segments(window, f"known{index}-")) for index, window in enumerate(windows)
    ]
    speech = data.draw(st.sampled_from([((0, 12),), ((0, 3.7), (4.1, 4.6), (4.6, 9), (9.4, 12))]))
    requests = [DecodeRequest(window, "en") for window in windows]
    filled = fill_gaps(segments, requests, chunk_of(*speech, end=12), GuessingDecoder(data))
    spelled = [word.word for segment in filled for word in segment.words]
    known = [word.word for segment in segments for word in segment.words]
    assert [word for word in spelled if not word.startswith("new")] == known
    for part in filled:
        assert " ".join(word.word for word in part.words) == part.text
        assert all(part.start <= word.start <= word.end <= part.end for word in part.words)
