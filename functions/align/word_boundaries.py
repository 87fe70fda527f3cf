"""From where to where a word is heard, given where its letters are: a word never swallows a
pause."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.align.monotonic import FRAME
from functions.align.sound import Sound

PAUSE = 0.25
"""Seconds of quiet that no word holds. The closure of a stop lasts half as long."""
ENDING = 0.1
"""Seconds of quiet after which a word's last letter is over. That of a final stop is shorter."""
LONGEST_LETTER = 0.5
"""Seconds. So long is a vowel drawn out before a pause."""
USUAL_LETTER = 0.3
"""Seconds that the last letter is given in noise, where its end cannot be heard."""
SOFT = 0.12
"""Seconds by which a model may miss a soft beginning after a pause."""
LATE = 0.08
"""Seconds by which a word may begin later than the model says."""
CLEAR = 0.3
"""Seconds after which a word has been loud."""


@dataclass(frozen=True)
class Letter:
    """Where the model hears a letter begin, and how sure it is, from 0 to 1."""

    sign: str
    start: float
    score: float


def extents(
    words: Sequence[Sequence[Letter]], end: float, sound: Sound
) -> list[tuple[float, float]]:
    """From where to where each word of a segment is heard. The last one has ended by `end`."""
    cores = [core(letters, sound) for letters in words]
    earliest = [0.0, *(letters[-1].start + FRAME for letters in cores[:-1])]
    starts = [
        first_sound(letters[0].start, early, sound)
        for letters, early in zip(cores, earliest, strict=True)
    ]
    limits = [*starts[1:], end]
    return [
        (start, last_sound(max(letters[-1].start, start), limit, sound))
        for letters, start, limit in zip(cores, starts, limits, strict=True)
    ]


def core(letters: Sequence[Letter], sound: Sound) -> list[Letter]:
    """The letters without those that a pause parts from the surer ones: the model put them where
    they fitted."""
    pauses = sound.pauses(letters[0].start, letters[-1].start + LONGEST_LETTER, PAUSE) or []
    return max(parts(letters, pauses), key=lambda part: sum(letter.score for letter in part))


def parts(
    letters: Sequence[Letter], pauses: Sequence[tuple[float, float]]
) -> Iterator[list[Letter]]:
    """The letters, cut at pauses and where one would last too long."""
    part: list[Letter] = []
    for letter in letters:
        if part and apart(part[-1].start, letter.start, pauses):
            yield part
            part = []
        part.append(letter)
    yield part


def apart(before: float, after: float, pauses: Sequence[tuple[float, float]]) -> bool:
    paused = any(before - FRAME <= start and end <= after + 2 * FRAME for start, end in pauses)
    return paused or after - before > LONGEST_LETTER


def first_sound(start: float, earliest: float, sound: Sound) -> float:
    """Where a word that the model heard at `start` really begins, if that is after a pause."""
    pauses = sound.pauses(start - SOFT - ENDING, start + CLEAR, ENDING) or []
    return max(
        (end for _, end in pauses if max(start - SOFT, earliest) <= end <= start + LATE),
        default=start,
    )


def last_sound(start: float, limit: float, sound: Sound) -> float:
    """Where a letter that begins at `start` stops."""
    latest = min(start + LONGEST_LETTER, limit)
    pauses = sound.pauses(start, latest + ENDING, ENDING)
    if pauses is None:
        return min(start + USUAL_LETTER, limit)
    return min(max(pauses[0][0], start + FRAME), limit) if pauses else latest


def sounding(start: float, end: float, sound: Sound) -> tuple[float, float]:
    """The longest stretch of a word without a pause, where nothing is known of its letters."""
    edges = [
        start,
        *(edge for pause in sound.pauses(start, end, PAUSE) or () for edge in pause),
        end,
    ]
    return max(
        zip(edges[::2], edges[1::2], strict=True), key=lambda stretch: stretch[1] - stretch[0]
    )
