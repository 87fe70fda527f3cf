"""Speech that no word covers is decoded once more, alone: a window that was cut otherwise may be
heard otherwise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from functions.transcribe.decode_request import Decoder, Take
from functions.transcribe.hallucination import units
from functions.transcribe.sound import LONGEST
from functions.transcribe.words import WITHOUT_SPACES
from shared.model.artifacts import Interval, RecognizedSegment, RecognizedWord

PADDING = 0.3
"""Seconds that a word covers on either side, as finalize has it."""
LONGEST_WORD = 1.0
"""Seconds. Attention stretches a word over what was missed before it, so that only its end is
right."""
SHORTEST = 1.0
"""Seconds of bare speech worth decoding."""
CONTEXT = 0.3
"""Seconds heard before and after it."""
TEMPERATURES = (0.0, 0.4)
"""The second is for words that are not sure. It rarely makes them so."""
LEAST_LOGPROB = -0.75
"""Mean log probability of a token; below it nothing is added. In noisy conversations the base
model's had -0.66 and more for what was true, -0.89 and less for what was not."""
NEAR = 3.0
"""Seconds within which the same words on end are an echo: the gap was none, attention had misplaced
them."""


def filled(
    segments: Sequence[RecognizedSegment],
    takes: Sequence[Take],
    speech: Sequence[Interval],
    decoder: Decoder,
) -> list[RecognizedSegment]:
    """The segments, and what is found without a doubt in speech that they leave bare, in order of
    time."""
    found = list(segments)
    bare = [
        Take(stretch, nearest(stretch, takes).language) for stretch in uncovered(speech, segments)
    ]
    for take in (piece for whole in bare for piece in pieces(whole, decoder)):
        added = retaken(take, segments, decoder)
        if added is not None:
            found = [*(part for segment in found for part in parted(segment, added)), added]
    return sorted(found, key=lambda segment: segment.start)


def uncovered(
    speech: Iterable[Interval], segments: Sequence[RecognizedSegment]
) -> Iterator[Interval]:
    """Stretches of speech without a word. What is in doubt was decoded again already, and is not
    bare."""
    for region in joined(speech):
        at = region.start
        for start, end in [*sorted(covered(segments)), (region.end, region.end)]:
            if min(start, region.end) - at >= SHORTEST:
                yield Interval(start=round(at, 3), end=round(min(start, region.end), 3))
            at = max(at, end)


def covered(segments: Iterable[RecognizedSegment]) -> Iterator[tuple[float, float]]:
    for segment in segments:
        if segment.quality_flags:
            yield segment.start, segment.end
        for word in segment.words:
            yield spoken(word) - PADDING, word.end + PADDING


def spoken(word: RecognizedWord) -> float:
    """The earliest that it can begin."""
    return max(word.start, word.end - LONGEST_WORD)


def joined(speech: Iterable[Interval]) -> Iterator[Interval]:
    """Regions that touch are one."""
    last: Interval | None = None
    for region in speech:
        if last is not None and region.start > last.end:
            yield last
            last = None
        last = Interval(start=last.start if last else region.start, end=region.end)
    if last is not None:
        yield last


def nearest(stretch: Interval, takes: Iterable[Take]) -> Take:
    return min(
        takes,
        key=lambda take: max(take.window.start - stretch.end, stretch.start - take.window.end),
    )


def pieces(take: Take, decoder: Decoder) -> Iterator[Take]:
    """Short enough, with their context, to be heard at once."""
    if take.window.end - take.window.start <= LONGEST - 2 * CONTEXT:
        yield take
    else:
        yield from (piece for half in decoder.halves(take) for piece in pieces(half, decoder))


def retaken(
    bare: Take, segments: Sequence[RecognizedSegment], decoder: Decoder
) -> RecognizedSegment | None:
    """What is said in the window, if that can be told."""
    start, end = bare.window.start, bare.window.end
    wide = replace(bare, window=Interval(start=max(0.0, start - CONTEXT), end=end + CONTEXT))
    for temperature in TEMPERATURES:
        heard = decoder.decode(replace(wide, temperature=temperature))
        kept = [word for word in heard.words if word.end > start and spoken(word) < end]
        if kept and is_sure(heard) and not is_echo(kept, segments):
            return narrowed(heard, kept, bare.window)
        if not kept or "no_speech" in heard.quality_flags:
            break
    return None


def is_sure(heard: RecognizedSegment) -> bool:
    return not heard.quality_flags and (heard.avg_logprob or 0.0) >= LEAST_LOGPROB


def middle(word: RecognizedWord) -> float:
    return (spoken(word) + word.end) / 2


def is_echo(kept: Sequence[RecognizedWord], segments: Iterable[RecognizedSegment]) -> bool:
    """The same words stand close by."""
    first, last = kept[0].start - NEAR, kept[-1].end + NEAR
    around = [word for segment in segments for word in segment.words if first <= word.start <= last]
    heard, before = (units(" ".join(word.word for word in words), None) for words in (kept, around))
    return any(before[at : at + len(heard)] == heard for at in range(len(before) - len(heard) + 1))


def narrowed(
    segment: RecognizedSegment, words: Sequence[RecognizedWord], window: Interval
) -> RecognizedSegment:
    """These words of the segment, and only them, within the window."""
    fitted = tuple(
        word.model_copy(
            update={"start": inside(word.start, window), "end": inside(word.end, window)}
        )
        for word in words
    )
    text = ("" if segment.language in WITHOUT_SPACES else " ").join(word.word for word in words)
    return segment.model_copy(
        update={"start": window.start, "end": window.end, "text": text, "words": fitted}
    )


def inside(time: float, window: Interval) -> float:
    return min(max(time, window.start), window.end)


def parted(segment: RecognizedSegment, added: RecognizedSegment) -> Iterator[RecognizedSegment]:
    """The segment, without the stretch of time that now belongs to another."""
    if segment.end <= added.start or segment.start >= added.end:
        yield segment
        return
    before = list(
        takewhile(lambda word: middle(word) < (added.start + added.end) / 2, segment.words)
    )
    after = segment.words[len(before) :]
    if before:
        yield narrowed(segment, before, Interval(start=segment.start, end=added.start))
    if after:
        yield narrowed(segment, after, Interval(start=added.end, end=segment.end))
