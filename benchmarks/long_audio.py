"""A conversation of many hours with its exact truth, written to a compressed file block by block.

Memory holds the recordings that the conversation is composed of and the sound that overlaps with
what comes next, however long it is.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.evaluation.compose import TAIL, samples
from benchmarks.evaluation.meeting import EDGE, Manner, Meeting, Take, add, utterances
from benchmarks.evaluation.packages import unpacked
from benchmarks.evaluation.people import Person, of_clips, of_folder
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import RATE, Samples, clips

PEOPLE = 8
VOICES = ("Allison", "Carlo", "Ivrvoice", "June", "cs-big", "cs-small", "nl-big", "nl-small")
"""People of the Debian packages of whom every text is known. They speak six languages."""
MANNER = Manner(gap=(0.0, 0.1), pauses=0.0, turn=3.0, overlaps=0.25, skew=0.4)
"""How people talk: without pauses. 12 hours of the people of packages have 103,600 words."""
LAST_TURN = 45.0
"""Seconds before the end in which no turn begins, so that the last one has ended by then."""
SEED = "dropscribe long recording"
NOISE = 0.0008
"""Amplitude of the noise of the line: a recording has no digital silence."""
BIT_RATE = 24_000
"""Bits per second of the Opus file: 130 MB for 12 hours."""
FRAME = RATE // 50
"""Samples that Opus encodes at once."""


@dataclass(frozen=True)
class LongRecording:
    """A composed recording and its truth."""

    truth: Recording
    words: int | None
    """Number of words that are spoken; None where not all texts are known."""


def people(data: Path | None) -> list[Person]:
    """Returns eight people: those of packages, or of a folder.

    The packages are downloaded if they are not there. Of a folder, English speakers come first, of
    those the ones whose texts are known, and of those the ones of whom there is most sound.
    """
    if data is None:
        return of_clips(clips(unpacked()), VOICES)
    known = of_folder(data, "test")
    known.sort(key=preference)
    return known[:PEOPLE]


def preference(person: Person) -> tuple[bool, bool, float]:
    """Returns the key by which people are sorted who are to speak."""
    return person.language != "en", not person.is_written, -person.seconds


def manner_of(speaking: Sequence[Person]) -> Manner:
    """Returns how these people talk: in whole recordings if all texts are known."""
    all_written = all(person.is_written for person in speaking)
    return replace(MANNER, whole_tracks=all_written)


def compose(speaking: Sequence[Person], seconds: float, path: Path) -> LongRecording:
    """Writes a conversation of at most so many seconds. The same people give the same samples."""
    choose = random.Random(SEED)
    last_turn = max(seconds - LAST_TURN, seconds / 2)
    takes = Meeting(choose, speaking, manner_of(speaking)).held(last_turn)
    takes.sort(key=lambda take: take.first)
    written = write_opus(path, with_noise(blocks(takes)))
    said = utterances(takes)
    languages = {person.language for person in speaking}
    language = languages.pop() if len(languages) == 1 else None
    truth = Recording(
        name=path.stem,
        set="long",
        audio=path,
        seconds=written / RATE,
        utterances=said,
        language=language,
    )
    return LongRecording(truth, count_words(truth))


def count_words(truth: Recording) -> int | None:
    words = 0
    for utterance in truth.utterances:
        if utterance.text is None:
            return None
        words += len(utterance.text.split())
    return words


def blocks(takes: Sequence[Take]) -> Iterator[Samples]:
    """Yields the sound of the takes, which are in order of start, from the start on.

    What lies before the next take's edge is complete, and is yielded.
    """
    edge = samples(EDGE)
    position = 0
    pending = np.zeros(0, np.float32)
    for take in takes:
        complete = max(take.first - edge - position, 0)
        pending = extended(pending, complete)
        yield pending[:complete]
        pending = pending[complete:]
        position += complete

        moved = replace(take, first=take.first - position)
        pending = extended(pending, moved.end + edge)
        add(pending, moved)
    tail = np.zeros(samples(TAIL), np.float32)
    yield np.concatenate([pending, tail])


def extended(sound: Samples, length: int) -> Samples:
    """Returns the sound with silence at the end, so that it has at least this length."""
    missing = length - len(sound)
    if missing <= 0:
        return sound
    silence = np.zeros(missing, np.float32)
    return np.concatenate([sound, silence])


def with_noise(sound: Iterator[Samples]) -> Iterator[Samples]:
    """Yields the same blocks with the noise of a line."""
    draw = np.random.default_rng(len(SEED))
    for block in sound:
        noise = draw.standard_normal(len(block)).astype(np.float32)
        yield np.clip(block + noise * NOISE, -1, 1)


def write_opus(path: Path, sound: Iterator[Samples]) -> int:
    """Writes an Ogg file with mono Opus. Returns the number of samples."""
    written = 0
    with av.open(str(path), "w", format="ogg") as file:
        stream: Any = file.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = BIT_RATE
        for block in frames(sound):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = written
            written += frame.samples
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return written


def frames(sound: Iterator[Samples]) -> Iterator[np.ndarray]:
    """Yields the sound as signed 16-bit samples, shape (1, FRAME), the last filled with silence."""
    rest = np.zeros(0, np.float32)
    for block in sound:
        rest = np.concatenate([rest, block])
        whole = len(rest) - len(rest) % FRAME
        for first in range(0, whole, FRAME):
            yield as_integers(rest[first : first + FRAME])
        rest = rest[whole:]
    if len(rest):
        yield as_integers(extended(rest, FRAME))


def as_integers(sound: Samples) -> np.ndarray:
    scaled = sound * 32767
    return scaled.astype(np.int16)[None]
