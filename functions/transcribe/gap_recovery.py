"""Decodes speech that got no words again, each interval by itself.

Whisper sometimes leaves out speech that it recognizes in another window, above all short answers
between another speaker's sentences.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from functions.transcribe.decode_request import Decoder, DecodeRequest
from functions.transcribe.text_units import contains_run, text_units
from functions.transcribe.windows import WINDOW_SECONDS, overlapping
from shared.model.artifacts import Chunk, Interval, RecognizedSegment, RecognizedWord
from shared.model.coverage import (
    WORD_MARGIN,
    earliest_start,
    uncovered_speech,
    without_padding,
)
from shared.model.intervals import clamp, round_times

SHORTEST_DECODED = 0.2
"""Seconds of the shortest gap that is decoded. In a shorter one the base model guesses: it hears
"Here they are." in an "Okay" of which 0.1 s are left. Shorter gaps are only listed, by finalize."""
CONTEXT_SECONDS = 0.5
"""Audio before and after a gap that is decoded with it."""
SHORT_CONTEXT_SECONDS = 0.3
"""Context of a short gap, which is decoded without the speech beyond the pauses around it."""
SHORT_GAP_SECONDS = 1.0
"""In a shorter gap the words must be the same in Whisper's full 30 s, in which other sounds are
told from speech more reliably: the base model hears "Ta, ta, ta, ta." in a laugh of 0.8 s, and
"Ha ha ha ha." with the flag `no_speech` in 30 s."""
TEMPERATURES = (0.0, 0.4)
"""The second is tried when the first gives uncertain words; it seldom helps."""
MIN_LOGPROB = -0.75
"""Minimum mean log probability of a token in a recovered segment. In noisy conversations the base
model's true texts had at least -0.66, the wrong ones at most -0.89."""
ECHO_SECONDS = 3.0
"""The same words within this distance are an echo: they had been recognized, but misplaced."""


def fill_gaps(
    segments: Sequence[RecognizedSegment],
    requests: Sequence[DecodeRequest],
    chunk: Chunk,
    decoder: Decoder,
) -> list[RecognizedSegment]:
    """Returns the segments and those recovered from the gaps between them, in order of time.

    `requests` are the decode requests of the segments: a gap has the language of the nearest.
    `chunk` is the chunk with its speech, in chunk time.
    """
    filled = list(segments)
    for gap in find_gaps(chunk, segments):
        if gap.end - gap.start < SHORTEST_DECODED:
            continue
        nearest = nearest_request(gap, requests)
        whole_gap = DecodeRequest(gap, nearest.language)
        for request in fit_to_window(whole_gap, decoder):
            recovered = recover(request, segments, chunk.speech, decoder)
            if recovered is not None:
                filled = insert(recovered, filled)
    return sorted(filled, key=lambda segment: segment.start)


def find_gaps(chunk: Chunk, segments: Sequence[RecognizedSegment]) -> list[Interval]:
    """Returns the gaps in the chunk's speech that no segment covers."""
    speech = without_padding(chunk.speech, chunk)
    return uncovered_speech(speech, covered_by(segments))


def covered_by(segments: Iterable[RecognizedSegment]) -> Iterator[Interval]:
    """Yields what each word covers, and all of each segment with quality flags.

    Such a segment has been decoded again already.
    """
    for segment in segments:
        if segment.quality_flags:
            whole = Interval(start=segment.start, end=segment.end)
            yield whole
        for word in segment.words:
            start = earliest_start(word.word, word.start, word.end)
            spoken = Interval(start=start, end=word.end)
            yield spoken


def nearest_request(gap: Interval, requests: Iterable[DecodeRequest]) -> DecodeRequest:
    """Returns the request whose window is nearest to the gap, the earlier one of two."""

    def distance(request: DecodeRequest) -> float:
        before = gap.start - request.window.end
        after = request.window.start - gap.end
        return max(before, after)

    return min(requests, key=distance)


def fit_to_window(request: DecodeRequest, decoder: Decoder) -> Iterator[DecodeRequest]:
    """Yields the request, halved until each part fits into Whisper's window with its context."""
    window = request.window
    max_seconds = WINDOW_SECONDS - 2 * CONTEXT_SECONDS
    if window.end - window.start <= max_seconds:
        yield request
        return
    for half in decoder.halve(request):
        yield from fit_to_window(half, decoder)


def recover(
    request: DecodeRequest,
    segments: Sequence[RecognizedSegment],
    speech: Sequence[Interval],
    decoder: Decoder,
) -> RecognizedSegment | None:
    """Returns the segment that was missed in the request's window, or None if none is certain."""
    gap = request.window
    seconds = gap.end - gap.start
    is_short = seconds < SHORT_GAP_SECONDS
    free = extend(gap, WORD_MARGIN, speech)
    window = with_context(gap)
    if is_short:
        window = extend(gap, SHORT_CONTEXT_SECONDS, speech)
    request = replace(request, window=window)
    for temperature in TEMPERATURES:
        attempt = replace(request, temperature=temperature)
        segment = decoder.decode(attempt)
        inside = words_inside(free, segment)
        if not inside:
            return None
        recovered = limit_to(free, segment, inside)
        if is_certain(segment) and not is_echo(recovered, segments):
            if is_short and not is_confirmed(recovered, request, decoder):
                return None
            return recovered
        if "no_speech" in segment.quality_flags:
            return None
    return None


def with_context(gap: Interval) -> Interval:
    """Returns the gap with CONTEXT_SECONDS before and after it."""
    start = max(0.0, gap.start - CONTEXT_SECONDS)
    end = gap.end + CONTEXT_SECONDS
    window = Interval(start=start, end=end)
    return round_times(window)


def extend(gap: Interval, seconds: float, speech: Iterable[Interval]) -> Interval:
    """Returns the gap with this much of its own speech intervals before and after it."""
    own = overlapping(speech, gap.start, gap.end)
    first = own[0]
    last = own[-1]
    start = max(first.start, gap.start - seconds)
    end = min(last.end, gap.end + seconds)
    extended = Interval(start=start, end=end)
    return round_times(extended)


def is_confirmed(recovered: RecognizedSegment, request: DecodeRequest, decoder: Decoder) -> bool:
    """Returns whether the request's window has the recovered words in 30 s of sound, too."""
    padded_request = replace(request, is_padded=True)
    padded = decoder.decode(padded_request)
    if not is_certain(padded):
        return False
    units = text_units(recovered.text, recovered.language)
    padded_units = text_units(padded.text, padded.language)
    return contains_run(padded_units, units)


def words_inside(interval: Interval, segment: RecognizedSegment) -> range:
    """Returns the indices from the first to the last of the segment's words whose middle is inside
    the interval."""
    indices = []
    for index, word in enumerate(segment.words):
        middle = middle_of(word)
        if interval.start <= middle <= interval.end:
            indices.append(index)
    if not indices:
        return range(0)
    first = indices[0]
    after_last = indices[-1] + 1
    return range(first, after_last)


def is_certain(segment: RecognizedSegment) -> bool:
    if segment.quality_flags:
        return False
    logprob = segment.avg_logprob or 0.0
    return logprob >= MIN_LOGPROB


def is_echo(recovered: RecognizedSegment, segments: Iterable[RecognizedSegment]) -> bool:
    """Returns whether the same words are in the segments within `ECHO_SECONDS`."""
    first = recovered.words[0].start - ECHO_SECONDS
    last = recovered.words[-1].end + ECHO_SECONDS
    nearby_words = []
    for segment in segments:
        for word in segment.words:
            if first <= word.start <= last:
                nearby_words.append(word.word)
    nearby_text = " ".join(nearby_words)
    nearby_units = text_units(nearby_text, recovered.language)
    units = text_units(recovered.text, recovered.language)
    return contains_run(nearby_units, units)


def insert(
    recovered: RecognizedSegment, segments: Iterable[RecognizedSegment]
) -> list[RecognizedSegment]:
    """Returns the segments with the recovered one at the end, and its time taken from the rest."""
    inserted: list[RecognizedSegment] = []
    for segment in segments:
        if segment.end <= recovered.start or segment.start >= recovered.end:
            inserted.append(segment)
        else:
            inserted += split_around(recovered, segment)
    inserted.append(recovered)
    return inserted


def split_around(
    recovered: RecognizedSegment, segment: RecognizedSegment
) -> Iterator[RecognizedSegment]:
    """Yields the segment's words before the recovered segment, and those after it."""
    split = first_word_after(recovered, segment)
    before = range(split)
    after = range(split, len(segment.words))
    if before:
        interval = Interval(start=segment.start, end=recovered.start)
        yield limit_to(interval, segment, before)
    if after:
        interval = Interval(start=recovered.end, end=segment.end)
        yield limit_to(interval, segment, after)


def first_word_after(recovered: RecognizedSegment, segment: RecognizedSegment) -> int:
    """Returns the index of the segment's first word whose middle is after the recovered one's."""
    middle = (recovered.start + recovered.end) / 2
    for index, word in enumerate(segment.words):
        if middle_of(word) >= middle:
            return index
    return len(segment.words)


def limit_to(interval: Interval, segment: RecognizedSegment, indices: range) -> RecognizedSegment:
    """Returns the segment with these of its words only, and all times within the interval."""
    first = indices.start
    end = indices.stop
    words = segment.words[first:end]
    limited = []
    for word in words:
        word_start = clamp(word.start, interval)
        word_end = clamp(word.end, interval)
        limited.append(word.model_copy(update={"start": word_start, "end": word_end}))
    text = "".join(segment.pieces()[first:end])
    changes = {
        "start": interval.start,
        "end": interval.end,
        "text": text.strip(),
        "words": tuple(limited),
    }
    return segment.model_copy(update=changes)


def middle_of(word: RecognizedWord) -> float:
    """Returns the middle of the time that the word can last."""
    start = earliest_start(word.word, word.start, word.end)
    return (start + word.end) / 2
