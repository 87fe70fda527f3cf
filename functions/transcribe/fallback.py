"""Decodes a window in other ways as long as the result has quality flags.

Whisper's temperature fallback (Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", 2022, section 4.5) with three additions: first the window is padded to Whisper's 30 s,
in which silence and music are told from speech more reliably; then it is decoded without the prompt
if the prompt was repeated, and in halves.
"""

from collections.abc import Iterator
from dataclasses import replace

from functions.transcribe.decode_request import Decoder, DecodeRequest
from functions.transcribe.hallucination import MAX_NO_SPEECH_PROB
from shared.model.artifacts import RecognizedSegment

TEMPERATURES = (0.2, 0.6, 1.0)
"""Every second one of OpenAI's: together with the halves, a window is decoded at most five times as
long."""
MIN_SECONDS_TO_HALVE = 4.0
"""Shorter windows are not cut in halves."""

Decoding = tuple[RecognizedSegment, ...]
"""The segments that a window was decoded to, in order of time."""


def decode_with_fallback(
    request: DecodeRequest, first: RecognizedSegment, decoder: Decoder
) -> Decoding:
    """Returns the first decoding without quality flags, or the best one if all have flags.

    `first` is what `request` was decoded to. If it has flags in a short context, only what the
    padded window is decoded to counts.
    """
    if is_final(first):
        return (first,)
    if not request.is_padded:
        request = replace(request, is_padded=True)
        first = decoder.decode(request)
        if is_final(first):
            return (first,)
    decodings: list[Decoding] = [(first,)]
    for requests in fallback_requests(request, first, decoder):
        segments = map(decoder.decode, requests)
        decoding = tuple(segments)
        if is_reliable(decoding):
            return decoding
        texts = [segment.text for segment in decoding]
        if any(texts):
            decodings.append(decoding)
    best = max(decodings, key=score)
    return tuple(map(decoder.with_final_flags, best))


def is_final(segment: RecognizedSegment) -> bool:
    """Returns whether no other decoding can be better."""
    return not segment.quality_flags or is_silence(segment)


def is_silence(segment: RecognizedSegment) -> bool:
    """Returns whether the model itself finds no speech, so that no other words can be right.

    If only the words are poor, there may be better ones.
    """
    if "no_speech" not in segment.quality_flags:
        return False
    no_speech_prob = segment.no_speech_prob or 0.0
    return no_speech_prob > MAX_NO_SPEECH_PROB


def fallback_requests(
    request: DecodeRequest, first: RecognizedSegment, decoder: Decoder
) -> Iterator[tuple[DecodeRequest, ...]]:
    """Yields the requests of each further decoding of the window."""
    if "prompt" in first.quality_flags:
        request = replace(request, with_prompt=False)
        yield (request,)
    window = request.window
    seconds = window.end - window.start
    if seconds >= MIN_SECONDS_TO_HALVE:
        yield decoder.halve(request)
    for temperature in TEMPERATURES:
        warmer = replace(request, temperature=temperature)
        yield (warmer,)


def is_reliable(decoding: Decoding) -> bool:
    """Returns whether there is text in the decoding, and no segment has a quality flag."""
    if any(segment.quality_flags for segment in decoding):
        return False
    return reliable_seconds(decoding) > 0


def score(decoding: Decoding) -> tuple[float, bool, float]:
    """Returns a key that is largest for the best decoding.

    Seconds without quality flags count first. Repetition comes next, before the log probability,
    because repeated text is probable by itself.
    """
    seconds = reliable_seconds(decoding)
    is_repetitive = False
    logprobs = []
    for segment in decoding:
        logprobs.append(segment.avg_logprob or 0.0)
        if "repetitive" in segment.quality_flags:
            is_repetitive = True
    mean_logprob = sum(logprobs) / len(logprobs)
    return seconds, not is_repetitive, mean_logprob


def reliable_seconds(decoding: Decoding) -> float:
    """Returns the seconds of the segments with text and without quality flags."""
    lengths = []
    for segment in decoding:
        if segment.text and not segment.quality_flags:
            length = segment.end - segment.start
            lengths.append(length)
    return sum(lengths)
