"""Recordings composed of clips, with their exact truth: turns, gaps, overlaps, gains, and what was
said when.

Everything is drawn from a `random.Random`: the same seed gives the same bytes.
"""

import random
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation.truth import Onset, Recording, Utterance
from benchmarks.evaluation.voices import RATE, Clip, Samples

SHORTEST, LONGEST = 0.8, 12.0
"""Seconds of a clip that can be a part of a conversation."""
LONGEST_PAUSE = 0.5
"""Seconds within a clip; with longer ones, its turn would not be one."""
FEWEST_WORDS = 4
SURE = 0.03
"""Seconds of doubt up to which a word's start counts as known."""
TAIL = 0.4
"""Seconds after the last word."""
Span = tuple[float, float]
"""Seconds, from and to, drawn evenly."""


@dataclass(frozen=True)
class Piece:
    """A clip at its place."""

    clip: Clip
    first: int
    """Sample."""
    gain: float = 0.0
    """dB."""

    @property
    def end(self) -> int:
        samples = self.clip.sound.samples
        return self.first + len(samples)


@dataclass(frozen=True)
class Said:
    """An utterance: pieces of one voice, one after the other."""

    pieces: tuple[Piece, ...]

    @property
    def first(self) -> int:
        return self.pieces[0].first

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    def utterance(self) -> Utterance:
        texts = [piece.clip.text for piece in self.pieces]
        known = [text for text in texts if text is not None]
        is_known = len(known) == len(texts)
        text = " ".join(known) if is_known else None

        clip = self.pieces[0].clip
        start = self.first / RATE
        end = self.end / RATE
        return Utterance(clip.voice, start, end, text, clip.language)


@dataclass(frozen=True)
class Style:
    """How people talk with each other. Seconds, but for `overlaps` and `gain`."""

    turn: Span = (1.5, 6.0)
    """At least so much of one voice before another's turn."""
    breath: Span = (0.08, 0.3)
    """Between two clips of a turn."""
    gap: Span = (0.0, 0.6)
    """Between turns."""
    overlaps: float = 0.125
    """Share of turns that begin before the one before has ended."""
    overlap: Span = (0.4, 1.0)
    gain: Span = (0.0, 0.0)
    """dB, drawn for each turn."""
    lead: float = 0.4
    """Before the first word."""


Decks = Mapping[str, Iterator[Clip]]
"""What each voice goes on to say."""


def deck(choose: random.Random, clips: Sequence[Clip]) -> Iterator[Clip]:
    """The clips that fit into a conversation, shuffled, over and over."""
    while True:
        fitting = 0
        for clip in choose.sample(clips, len(clips)):
            if fits(clip):
                fitting += 1
                yield clip
        if not fitting:
            raise ValueError("none of the clips fits into a conversation")


def fits(clip: Clip) -> bool:
    has_words = clip.text is None or len(clip.text.split()) >= FEWEST_WORDS
    if not has_words:
        return False

    sound = clip.sound
    has_length = SHORTEST < sound.seconds < LONGEST
    return has_length and sound.pause < LONGEST_PAUSE


def conversation(choose: random.Random, decks: Decks, seconds: float, style: Style) -> list[Said]:
    """Turns of everyone in `decks`, until `seconds` have passed. Nobody talks over themselves."""
    said: list[Said] = []
    silent_since = dict.fromkeys(decks, 0)
    now = samples(style.lead)
    everyone = sorted(decks)
    speaker = choose.choice(everyone)
    while now < samples(seconds):
        now = max(now, silent_since[speaker])
        said += turn(choose, decks[speaker], now, style)
        turn_end = said[-1].end
        silent_since[speaker] = turn_end

        gap = pause(choose, style)
        now = turn_end + samples(gap)
        others = [name for name in everyone if name != speaker]
        speaker = choose.choice(others or everyone)
    return said


def turn(choose: random.Random, clips: Iterator[Clip], now: int, style: Style) -> Iterator[Said]:
    gain = choose.uniform(*style.gain)
    seconds = choose.uniform(*style.turn)
    target = now + samples(seconds)
    while now < target:
        clip = next(clips)
        piece = Piece(clip, now, gain)
        breath = choose.uniform(*style.breath)
        now = piece.end + samples(breath)
        yield Said((piece,))


def pause(choose: random.Random, style: Style) -> float:
    """Seconds until the next turn; below 0 when it begins too early."""
    if choose.random() < style.overlaps:
        return -choose.uniform(*style.overlap)
    return choose.uniform(*style.gap)


def phrase(choose: random.Random, words: Sequence[Clip], now: int, gap: Span) -> Said:
    """Single words, spliced to an utterance."""
    pieces: list[Piece] = []
    for word in words:
        piece = Piece(word, now)
        pieces.append(piece)
        silence = choose.uniform(*gap)
        now = piece.end + samples(silence)
    return Said(tuple(pieces))


def late(said: Sequence[Said], seconds: float) -> list[Said]:
    """The same, `seconds` later."""
    by = samples(seconds)
    return [
        Said(tuple(replace(piece, first=piece.first + by) for piece in each.pieces))
        for each in said
    ]


def samples(seconds: float) -> int:
    return round(seconds * RATE)


def end(said: Sequence[Said]) -> float:
    """Seconds until the last word has ended and some more."""
    last = max(each.end for each in said)
    seconds = last / RATE
    return seconds + TAIL


def sound(said: Sequence[Said]) -> Samples:
    """Nothing but speech, and zeros between."""
    mixed = np.zeros(samples(end(said)), np.float32)
    for piece in pieces(said):
        factor = 10 ** (piece.gain / 20)
        own = piece.clip.sound.samples
        mixed[piece.first : piece.end] += own * np.float32(factor)
    return mixed


def pieces(said: Sequence[Said]) -> list[Piece]:
    found: list[Piece] = []
    for each in said:
        found += each.pieces
    return found


def utterances(said: Sequence[Said]) -> tuple[Utterance, ...]:
    found = [each.utterance() for each in said]
    found.sort(key=lambda utterance: utterance.start)
    return tuple(found)


def onsets(said: Sequence[Said]) -> tuple[Onset, ...]:
    """The first word of each clip whose start is beyond doubt and not under another voice."""
    every_piece = pieces(said)
    found = []
    for piece in every_piece:
        clip = piece.clip
        if not clip.text or clip.sound.doubt > SURE:
            continue
        if any(covers(other, piece) for other in every_piece):
            continue

        first_word, *_ = clip.text.split()
        word = first_word.strip(".,;:!?")
        start = piece.first / RATE
        found.append(Onset(word, start))

    found.sort(key=lambda onset: onset.start)
    return tuple(found)


def covers(other: Piece, piece: Piece) -> bool:
    if other is piece:
        return False
    return other.first <= piece.first < other.end


def recording(
    folder: Path, name: str, kind: str, heard: Samples, said: Sequence[Said] = (), **truth: Any
) -> Recording:
    """Write what is heard and say what it holds. `kind` is its set."""
    audio = folder / f"{name}.wav"
    write(audio, heard)
    seconds = len(heard) / RATE
    spoken = utterances(said)
    words = onsets(said)
    return Recording(name, kind, audio, seconds, spoken, words, **truth)


def write(path: Path, heard: Samples) -> None:
    limited = np.clip(heard, -1, 1)
    scaled = limited * 32767
    samples = scaled.astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
