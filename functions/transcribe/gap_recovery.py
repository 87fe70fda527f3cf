"""Decodes speech intervals without words again, each by itself.

Whisper sometimes leaves out speech that it recognizes in another window.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from functions.transcribe.decode_request import Decoder, DecodeRequest
from functions.transcribe.text_units import ngrams, text_units
from functions.transcribe.windows import WINDOW_SECONDS
from shared.model.artifacts import Interval, RecognizedSegment, RecognizedWord
from shared.model.intervals import clamp, uncovered
from shared.model.spacing import split_at_words, word_separator

PADDING = 0.3
"""Seconds that a word covers before and after itself, as in finalize."""
MAX_WORD_SECONDS = 1.0
"""Cross-attention extends a word over the missed speech before it, so that only its end is
right."""
MIN_GAP_SECONDS = 1.0
"""Shorter gaps are not decoded again."""
CONTEXT_SECONDS = 0.3
"""Audio before and after a gap that is decoded with it."""
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
    speech: Sequence[Interval],
    decoder: Decoder,
) -> list[RecognizedSegment]:
    """Returns the segments and those recovered from the gaps between them, in order of time.

    `requests` are the decode requests of the segments: a gap has the language of the nearest.
    """
    filled = list(segments)
    for gap in find_gaps(speech, segments):
        nearest = nearest_request(gap, requests)
        whole_gap = DecodeRequest(gap, nearest.language)
        for request in fit_to_window(whole_gap, decoder):
            recovered = recover(request, segments, decoder)
            if recovered is not None:
                filled = insert(recovered, filled)
    return sorted(filled, key=lambda segment: segment.start)


def find_gaps(
    speech: Iterable[Interval], segments: Sequence[RecognizedSegment]
) -> Iterator[Interval]:
    """Yields the speech that no segment covers, without gaps below `MIN_GAP_SECONDS`."""
    for gap in uncovered(speech, covered_by(segments)):
        seconds = gap.end - gap.start
        if seconds >= MIN_GAP_SECONDS:
            start = round(gap.start, 3)
            end = round(gap.end, 3)
            yield Interval(start=start, end=end)


def covered_by(segments: Iterable[RecognizedSegment]) -> Iterator[Interval]:
    """Yields what each word covers, and all of each segment with quality flags.

    Such a segment has been decoded again already.
    """
    for segment in segments:
        if segment.quality_flags:
            whole = Interval(start=segment.start, end=segment.end)
            yield whole
        for word in segment.words:
            start = earliest_start(word) - PADDING
            end = word.end + PADDING
            padded = Interval(start=start, end=end)
            yield padded


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
    request: DecodeRequest, segments: Sequence[RecognizedSegment], decoder: Decoder
) -> RecognizedSegment | None:
    """Returns the segment that was missed in the request's window, or None if none is certain."""
    gap = request.window
    request = replace(request, window=with_context(gap))
    for temperature in TEMPERATURES:
        segment = decoder.decode(replace(request, temperature=temperature))
        inside = words_inside(gap, segment)
        if not inside:
            return None
        recovered = limit_to(gap, segment, inside)
        if is_certain(segment) and not is_echo(recovered, segments):
            return recovered
        if "no_speech" in segment.quality_flags:
            return None
    return None


def with_context(gap: Interval) -> Interval:
    start = max(0.0, gap.start - CONTEXT_SECONDS)
    end = gap.end + CONTEXT_SECONDS
    return Interval(start=start, end=end)


def words_inside(gap: Interval, segment: RecognizedSegment) -> range:
    """Returns the indices from the first to the last of the segment's words that overlap the
    gap."""
    indices = []
    for index, word in enumerate(segment.words):
        start = earliest_start(word)
        if start < gap.end and word.end > gap.start:
            indices.append(index)
    if not indices:
        return range(0)
    return range(indices[0], indices[-1] + 1)


def is_certain(segment: RecognizedSegment) -> bool:
    if segment.quality_flags:
        return False
    logprob = segment.avg_logprob or 0.0
    return logprob >= MIN_LOGPROB


def is_echo(recovered: RecognizedSegment, segments: Iterable[RecognizedSegment]) -> bool:
    """Returns whether the same words are in the segments within `ECHO_SECONDS`."""
    first = recovered.words[0].start - ECHO_SECONDS
    last = recovered.words[-1].end + ECHO_SECONDS
    nearby_texts = []
    for segment in segments:
        for word in segment.words:
            if first <= word.start <= last:
                nearby_texts.append(word.word)
    units = text_units(recovered.text, recovered.language)
    nearby_units = text_units(" ".join(nearby_texts), recovered.language)
    nearby_ngrams = ngrams(nearby_units, len(units))
    return tuple(units) in nearby_ngrams


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
        start = earliest_start(word)
        middle_of_word = (start + word.end) / 2
        if middle_of_word >= middle:
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
    text = "".join(pieces_of(segment)[first:end])
    changes = {
        "start": interval.start,
        "end": interval.end,
        "text": text.strip(),
        "words": tuple(limited),
    }
    return segment.model_copy(update=changes)


def pieces_of(segment: RecognizedSegment) -> list[str]:
    """Returns the segment's words with the spaces that follow them in its text."""
    words = [word.word for word in segment.words]
    separator = word_separator(segment.language)
    return split_at_words(segment.text, words, separator)


def earliest_start(word: RecognizedWord) -> float:
    """Returns the word's start, at most `MAX_WORD_SECONDS` before its end."""
    earliest = word.end - MAX_WORD_SECONDS
    return max(word.start, earliest)
