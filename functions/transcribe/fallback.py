"""Windows that were decoded badly are decoded again, otherwise: in halves, without the prompt, by
sampling."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from functions.transcribe.decode_request import Decoder, Take
from functions.transcribe.hallucination import MOST_NO_SPEECH
from shared.model.artifacts import RecognizedSegment

TEMPERATURES = (0.2, 0.6, 1.0)
"""Every other of OpenAI's: with the halves before them, a window costs five times as much at
most."""
SHORTEST = 4.0
"""Seconds of a window that is worth cutting in two."""

Attempt = tuple[RecognizedSegment, ...]
"""All that a window was decoded to, in order of time."""


def better(take: Take, first: RecognizedSegment, decoder: Decoder) -> Attempt:
    """The first decoding of the window without a doubt; when there is none, the best of them."""
    if not first.quality_flags or is_silence(first):  # no words are right where nobody speaks
        return (first,)
    attempts: list[Attempt] = [(first,)]
    for takes in others(take, first, decoder):
        attempt = tuple(decoder.decode(other) for other in takes)
        if believed(attempt) and not any(segment.quality_flags for segment in attempt):
            return attempt
        if any(segment.text for segment in attempt):
            attempts.append(attempt)
    return tuple(decoder.settled(segment) for segment in max(attempts, key=worth))


def is_silence(heard: RecognizedSegment) -> bool:
    """Returns whether the recogniser itself thinks so. Where only the words are too poor, better
    ones may be found."""
    return "no_speech" in heard.quality_flags and (heard.no_speech_prob or 0.0) > MOST_NO_SPEECH


def others(take: Take, first: RecognizedSegment, decoder: Decoder) -> Iterator[Sequence[Take]]:
    """Other ways to decode the window."""
    if "prompt" in first.quality_flags:
        take = replace(take, prompted=False)
        yield (take,)
    if take.window.end - take.window.start >= SHORTEST:
        yield decoder.halves(take)
    for temperature in TEMPERATURES:
        yield (replace(take, temperature=temperature),)


def believed(attempt: Attempt) -> float:
    """Seconds in which there are words without a doubt."""
    return sum(
        segment.end - segment.start
        for segment in attempt
        if segment.text and not segment.quality_flags
    )


def worth(attempt: Attempt) -> tuple[float, bool, float]:
    """What is free of doubt counts most. A loop is probable in itself, so its log probability says
    nothing."""
    loops = any("repetitive" in segment.quality_flags for segment in attempt)
    return (
        believed(attempt),
        not loops,
        sum(segment.avg_logprob or 0.0 for segment in attempt) / len(attempt),
    )
