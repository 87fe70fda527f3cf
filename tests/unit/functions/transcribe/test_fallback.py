"""Decoding falls back to other temperatures and cuts until the best result is chosen."""

from dataclasses import replace

from functions.transcribe.decode_request import Take
from functions.transcribe.fallback import TEMPERATURES, better
from shared.model.artifacts import Interval, QualityFlag, RecognizedSegment
from tests.support.recognisers import segment

WINDOW = Take(Interval(start=0, end=20), "en")
FIRST, SECOND = (Take(Interval(start=start, end=start + 10), "en") for start in (0, 10))


class Decoder:
    """Says what it was told to, else something doubtful, and remembers what it was asked."""

    def __init__(self, said: dict[Take, RecognizedSegment] | None = None) -> None:
        self.said = said or {}
        self.asked: list[Take] = []

    def decode(self, take: Take) -> RecognizedSegment:
        self.asked.append(take)
        return self.said.get(take, bad("improbable", avg_logprob=-3.0 - take.temperature))

    def settled(self, segment: RecognizedSegment) -> RecognizedSegment:
        return segment

    def halves(self, take: Take) -> tuple[Take, Take]:
        return replace(take, window=FIRST.window), replace(take, window=SECOND.window)


def bad(
    *doubts: QualityFlag, avg_logprob: float = -2.0, no_speech_prob: float | None = None
) -> RecognizedSegment:
    return segment(
        "Oh.", 0, 20, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob, quality_flags=doubts
    )


def test_what_is_believed_is_not_decoded_again() -> None:
    decoder, first = Decoder(), segment("fine")
    assert better(WINDOW, first, decoder) == (first,) and decoder.asked == []


def test_where_nobody_speaks_there_is_nothing_to_find() -> None:
    decoder, first = Decoder(), bad("no_speech", "improbable", no_speech_prob=0.8)
    assert better(WINDOW, first, decoder) == (first,) and decoder.asked == []


def test_poor_words_where_somebody_may_speak_are_decoded_again() -> None:
    decoder = Decoder({FIRST: segment("one", 0, 10), SECOND: segment("two", 10, 20)})
    first = bad("no_speech", "improbable", no_speech_prob=0.3)
    assert [found.text for found in better(WINDOW, first, decoder)] == ["one", "two"]


def test_two_good_halves_are_better() -> None:
    halves = {FIRST: segment("one", 0, 10), SECOND: segment("two", 10, 20)}
    decoder = Decoder(halves)
    assert better(WINDOW, bad("repetitive"), decoder) == tuple(halves.values())
    assert decoder.asked == [FIRST, SECOND]


def test_the_temperature_rises_until_there_is_no_doubt() -> None:
    warm = replace(WINDOW, temperature=0.6)
    decoder = Decoder({warm: segment("fine")})
    assert better(WINDOW, bad("repetitive"), decoder) == (decoder.said[warm],)
    assert [take.temperature for take in decoder.asked] == [0, 0, 0.2, 0.6]


def test_a_short_window_is_not_cut() -> None:
    short = Take(Interval(start=0, end=3), "en")
    decoder = Decoder()
    better(short, bad("improbable"), decoder)
    assert decoder.asked == [
        replace(short, temperature=temperature) for temperature in TEMPERATURES
    ]


def test_a_prompt_that_leaks_is_kept_away() -> None:
    alone = replace(WINDOW, prompted=False)
    decoder = Decoder({alone: segment("fine")})
    assert better(WINDOW, bad("prompt"), decoder) == (decoder.said[alone],)
    decoder = Decoder()
    better(WINDOW, bad("prompt"), decoder)
    assert not any(take.prompted for take in decoder.asked)


def test_the_most_probable_stands_with_its_doubts_when_all_are_bad() -> None:
    likely = bad("improbable", avg_logprob=-1.5)
    decoder = Decoder({replace(WINDOW, temperature=0.6): likely})
    assert better(WINDOW, bad("improbable"), decoder) == (likely,)
    assert len(decoder.asked) == 2 + len(TEMPERATURES)


def test_a_probable_loop_is_the_worst() -> None:
    unlikely = bad("improbable", avg_logprob=-2.5)
    decoder = Decoder({replace(WINDOW, temperature=1.0): unlikely})
    assert better(WINDOW, bad("repetitive", avg_logprob=-0.1), decoder) == (unlikely,)


def test_one_good_half_is_kept() -> None:
    halves = {
        FIRST: segment("one", 0, 10),
        SECOND: segment("Oh.", 10, 20, avg_logprob=-9, quality_flags=("improbable",)),
    }
    assert better(WINDOW, bad("improbable"), Decoder(halves)) == tuple(halves.values())


def test_nothing_is_not_better_than_something_doubtful() -> None:
    first = bad("improbable", avg_logprob=-1.5)
    halves = {take: segment("", take.window.start, take.window.end) for take in (FIRST, SECOND)}
    assert better(WINDOW, first, Decoder(halves)) == (first,)
