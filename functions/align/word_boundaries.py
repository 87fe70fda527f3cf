"""Word boundaries from aligned characters and the audio's pauses.

CTC aligners tell when characters begin. A word's last character would otherwise last until the next
word, so that words would contain pauses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.align.alignment import FRAME
from functions.align.chunk_audio import ChunkAudio
from shared.model.artifacts import Interval

MIN_PAUSE = 0.25
"""Seconds of quiet that no word contains. The closure of a stop lasts half as long."""
MIN_SILENCE = 0.1
"""Seconds of quiet that end a word's last character. The closure before a final stop is shorter."""
MAX_CHAR = 0.5
"""Seconds. The longest character: a vowel drawn out before a pause."""
CHAR_IN_NOISE = 0.3
"""Seconds given to the last character in noise, where its end cannot be found."""
MAX_LATE = 0.12
"""Seconds by which the model may place a word after its onset, if that is soft."""
MAX_EARLY = 0.08
"""Seconds by which the model may place a word before its onset."""
ONSET_CONTEXT = 0.3
"""Seconds of a word within which its level reaches the peak."""


@dataclass(frozen=True)
class AlignedChar:
    """A character, the second at which it begins, and the model's score for it, from 0 to 1."""

    char: str
    start: float
    score: float


def word_intervals(
    words: Sequence[Sequence[AlignedChar]], end: float, audio: ChunkAudio
) -> list[Interval]:
    """Returns when each word of a segment that ends at `end` is spoken."""
    trimmed_words = [without_strays(chars, audio) for chars in words]
    onsets = word_onsets(trimmed_words, audio)
    limits = [*onsets[1:], end]

    intervals = []
    for chars, onset, limit in zip(trimmed_words, onsets, limits, strict=True):
        last_char = max(chars[-1].start, onset)
        offset = char_end(last_char, limit, audio)
        intervals.append(Interval(start=onset, end=offset))
    return intervals


def without_strays(chars: Sequence[AlignedChar], audio: ChunkAudio) -> list[AlignedChar]:
    """Returns the word's best-scored run of characters between pauses.

    The other characters were placed beyond a pause because they had to be placed somewhere.
    """
    latest_end = chars[-1].start + MAX_CHAR
    pauses = audio.pauses(chars[0].start, latest_end, MIN_PAUSE) or []
    runs = split_at_pauses(chars, pauses)
    return max(runs, key=total_score)


def split_at_pauses(
    chars: Sequence[AlignedChar], pauses: Sequence[Interval]
) -> list[list[AlignedChar]]:
    """Returns the characters, split at pauses and after a character that would last too long."""
    run = [chars[0]]
    runs = [run]
    for char in chars[1:]:
        start = run[-1].start
        end = char.start
        length = end - start
        if length > MAX_CHAR or contains_pause(start, end, pauses):
            run = []
            runs.append(run)
        run.append(char)
    return runs


def contains_pause(start: float, end: float, pauses: Sequence[Interval]) -> bool:
    """Returns whether a pause lies in [start, end], give or take the models' time resolution."""
    earliest = start - FRAME
    latest = end + 2 * FRAME
    return any(pause.start >= earliest and pause.end <= latest for pause in pauses)


def total_score(chars: Sequence[AlignedChar]) -> float:
    return sum(char.score for char in chars)


def word_onsets(words: Sequence[Sequence[AlignedChar]], audio: ChunkAudio) -> list[float]:
    """Returns the second at which each word begins to sound."""
    onsets = []
    earliest = 0.0
    for chars in words:
        onset = word_onset(chars[0].start, earliest, audio)
        onsets.append(onset)
        earliest = chars[-1].start + FRAME
    return onsets


def word_onset(start: float, earliest: float, audio: ChunkAudio) -> float:
    """Returns the end of the pause before a word that the model placed at `start`, or `start`."""
    search_start = start - MAX_LATE - MIN_SILENCE
    pauses = audio.pauses(search_start, start + ONSET_CONTEXT, MIN_SILENCE) or []

    first = max(start - MAX_LATE, earliest)
    last = start + MAX_EARLY
    onset = None
    for pause in pauses:
        if first <= pause.end <= last:
            onset = pause.end
    return start if onset is None else onset


def char_end(start: float, limit: float, audio: ChunkAudio) -> float:
    """Returns the second at which a word's last character, which begins at `start`, ends."""
    latest = min(start + MAX_CHAR, limit)
    search_end = latest + MIN_SILENCE
    pauses = audio.pauses(start, search_end, MIN_SILENCE)
    if pauses is None:
        latest_in_noise = start + CHAR_IN_NOISE
        return min(latest_in_noise, limit)
    if not pauses:
        return latest

    sound_end = pauses[0].start
    shortest_end = start + FRAME
    end = max(sound_end, shortest_end)
    return min(end, limit)


def longest_speech(start: float, end: float, audio: ChunkAudio) -> Interval:
    """Returns the longest part of [start, end] without a pause, for a word that is not aligned."""
    pauses = audio.pauses(start, end, MIN_PAUSE) or []
    pause_starts = [pause.start for pause in pauses]
    pause_ends = [pause.end for pause in pauses]
    part_starts = [start, *pause_ends]
    part_ends = [*pause_starts, end]

    parts = zip(part_starts, part_ends, strict=True)
    longest_start, longest_end = max(parts, key=length)
    return Interval(start=longest_start, end=longest_end)


def length(part: tuple[float, float]) -> float:
    start, end = part
    return end - start
