"""Proves which decodings are tried and which one is kept, with a decoder that the test controls."""

from dataclasses import replace

from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.fallback import TEMPERATURES, decode_with_fallback
from shared.model.artifacts import Interval, QualityFlag, RecognizedSegment
from tests.support.recognisers import segment

WINDOW = DecodeRequest(Interval(start=0, end=20), "en", is_padded=True)
FIRST_HALF = DecodeRequest(Interval(start=0, end=10), "en", is_padded=True)
SECOND_HALF = DecodeRequest(Interval(start=10, end=20), "en", is_padded=True)
SHORT_CONTEXT = replace(WINDOW, is_padded=False)


class FakeDecoder:
    """Returns the given segments, a flagged segment for other requests, and records requests."""

    def __init__(self, segments: dict[DecodeRequest, RecognizedSegment] | None = None) -> None:
        self.segments = segments or {}
        self.requests: list[DecodeRequest] = []

    def decode(self, request: DecodeRequest) -> RecognizedSegment:
        self.requests.append(request)
        default = flagged("improbable", avg_logprob=-3.0 - request.temperature)
        return self.segments.get(request, default)

    def with_final_flags(self, segment: RecognizedSegment) -> RecognizedSegment:
        return segment

    def halve(self, request: DecodeRequest) -> tuple[DecodeRequest, DecodeRequest]:
        first = replace(request, window=FIRST_HALF.window)
        second = replace(request, window=SECOND_HALF.window)
        return first, second


def flagged(
    *flags: QualityFlag, avg_logprob: float = -2.0, no_speech_prob: float | None = None
) -> RecognizedSegment:
    return segment(
        "Oh.", 0, 20, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob, quality_flags=flags
    )


def test_a_segment_without_flags_is_not_decoded_again() -> None:
    decoder = FakeDecoder()
    first = segment("fine")
    assert decode_with_fallback(WINDOW, first, decoder) == (first,)
    assert decoder.requests == []


def test_a_window_without_speech_is_not_decoded_again() -> None:
    decoder = FakeDecoder()
    first = flagged("no_speech", "improbable", no_speech_prob=0.8)
    assert decode_with_fallback(WINDOW, first, decoder) == (first,)
    assert decoder.requests == []


def test_a_doubted_window_is_padded_before_anything_else() -> None:
    decoder = FakeDecoder({WINDOW: segment("fine")})
    decoding = decode_with_fallback(SHORT_CONTEXT, flagged("improbable"), decoder)
    assert decoding == (decoder.segments[WINDOW],)
    assert decoder.requests == [WINDOW]


def test_what_a_doubted_window_was_decoded_to_in_a_short_context_does_not_count() -> None:
    probable = flagged("improbable", avg_logprob=-1.1)
    padded = flagged("no_speech", avg_logprob=-2.9)
    decoder = FakeDecoder({WINDOW: padded})
    assert decode_with_fallback(SHORT_CONTEXT, probable, decoder) == (padded,)
    assert all(request.is_padded for request in decoder.requests)


def test_poor_words_where_there_may_be_speech_are_decoded_again() -> None:
    decoder = FakeDecoder({FIRST_HALF: segment("one", 0, 10), SECOND_HALF: segment("two", 10, 20)})
    first = flagged("no_speech", "improbable", no_speech_prob=0.3)
    decoding = decode_with_fallback(WINDOW, first, decoder)
    assert [found.text for found in decoding] == ["one", "two"]


def test_two_good_halves_are_kept() -> None:
    halves = {FIRST_HALF: segment("one", 0, 10), SECOND_HALF: segment("two", 10, 20)}
    decoder = FakeDecoder(halves)
    decoding = decode_with_fallback(WINDOW, flagged("repetitive"), decoder)
    assert decoding == tuple(halves.values())
    assert decoder.requests == [FIRST_HALF, SECOND_HALF]


def test_the_temperature_rises_until_there_is_no_flag() -> None:
    warm = replace(WINDOW, temperature=0.6)
    decoder = FakeDecoder({warm: segment("fine")})
    decoding = decode_with_fallback(WINDOW, flagged("repetitive"), decoder)
    assert decoding == (decoder.segments[warm],)
    assert [request.temperature for request in decoder.requests] == [0, 0, 0.2, 0.6]


def test_a_short_window_is_not_halved() -> None:
    short = DecodeRequest(Interval(start=0, end=3), "en", is_padded=True)
    decoder = FakeDecoder()
    decode_with_fallback(short, flagged("improbable"), decoder)
    warmer = [replace(short, temperature=temperature) for temperature in TEMPERATURES]
    assert decoder.requests == warmer


def test_a_prompt_that_was_repeated_is_left_out() -> None:
    without_prompt = replace(WINDOW, with_prompt=False)
    decoder = FakeDecoder({without_prompt: segment("fine")})
    decoding = decode_with_fallback(WINDOW, flagged("prompt"), decoder)
    assert decoding == (decoder.segments[without_prompt],)
    decoder = FakeDecoder()
    decode_with_fallback(WINDOW, flagged("prompt"), decoder)
    assert not any(request.with_prompt for request in decoder.requests)


def test_the_most_probable_decoding_is_kept_with_its_flags_when_all_are_bad() -> None:
    likely = flagged("improbable", avg_logprob=-1.5)
    decoder = FakeDecoder({replace(WINDOW, temperature=0.6): likely})
    assert decode_with_fallback(WINDOW, flagged("improbable"), decoder) == (likely,)
    assert len(decoder.requests) == 2 + len(TEMPERATURES)


def test_a_probable_repetition_is_the_worst_decoding() -> None:
    unlikely = flagged("improbable", avg_logprob=-2.5)
    decoder = FakeDecoder({replace(WINDOW, temperature=1.0): unlikely})
    repetitive = flagged("repetitive", avg_logprob=-0.1)
    assert decode_with_fallback(WINDOW, repetitive, decoder) == (unlikely,)


def test_one_good_half_is_kept() -> None:
    bad_half = segment("Oh.", 10, 20, avg_logprob=-9, quality_flags=("improbable",))
    halves = {FIRST_HALF: segment("one", 0, 10), SECOND_HALF: bad_half}
    decoding = decode_with_fallback(WINDOW, flagged("improbable"), FakeDecoder(halves))
    assert decoding == tuple(halves.values())


def test_no_text_is_not_better_than_improbable_text() -> None:
    first = flagged("improbable", avg_logprob=-1.5)
    halves = {FIRST_HALF: segment("", 0, 10), SECOND_HALF: segment("", 10, 20)}
    assert decode_with_fallback(WINDOW, first, FakeDecoder(halves)) == (first,)
