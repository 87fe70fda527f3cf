"""Draws who speaks when in a conversation of many people, and mixes the sound.

People talk for very different shares of the time. Turns are mostly short and seldom long, begin
after a pause or before the other's has ended, and short words of others fall into them. Everybody
speaks at least once. All is drawn from a `random.Random`: the same seed gives the same bytes.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.evaluation.compose import TAIL, samples
from benchmarks.evaluation.people import Atom, Person, Track
from benchmarks.evaluation.truth import Utterance
from benchmarks.evaluation.voices import RATE, Samples

JOINED_PAUSE = 0.3
"""Seconds; speech with a shorter pause is one utterance of the truth."""
EDGE = 0.05
"""Seconds of the track's own sound kept before and after what is said, faded."""
BREATH = (0.1, 0.5)
"""Seconds between two takes of a turn."""
FIRST_TURN = 2.0
"""Seconds that everybody's first turn has at least, so that nobody is there by a word alone."""
SHORT = (0.2, 1.0)
"""Seconds of a word that falls into another's turn."""


@dataclass(frozen=True)
class Manner:
    """How people talk with each other. Times are in seconds."""

    turn: float = 2.5
    """Median of a turn."""
    turn_spread: float = 0.8
    """Standard deviation of the logarithm of a turn."""
    longest_turn: float = 20.0
    overlaps: float = 0.2
    """Share of turns that begin before the one before has ended."""
    overlap: tuple[float, float] = (0.15, 1.5)
    gap: tuple[float, float] = (0.0, 0.7)
    pauses: float = 0.1
    """Share of turns after which all are silent for long."""
    pause: tuple[float, float] = (1.0, 4.0)
    interjections: float = 0.3
    """Share of turns with a short word of another person in them."""
    skew: float = 0.9
    """Exponent of Zipf's law: the second person talks 2 ** -skew times as often as the first."""
    raised: float = 0.08
    """Share of turns that are louder."""
    whole_tracks: bool = False
    """Whether everything said is a whole recording, so that its text is known."""


@dataclass(frozen=True, eq=False)
class Take:
    """Some atoms of a track, one after the other, at their place in the conversation."""

    track: Track
    atoms: tuple[Atom, ...]
    first: int
    """Sample of the conversation at which the first atom begins."""
    gain: float
    """dB."""

    @property
    def offset(self) -> int:
        """Samples by which the track is later in the conversation."""
        return self.first - self.atoms[0].first

    @property
    def end(self) -> int:
        return self.offset + self.atoms[-1].end

    def utterances(self) -> Iterator[Utterance]:
        """Yields what is said between pauses. The text is known only of a whole track, and is
        given with its first utterance."""
        text = self.track.text if self.atoms == self.track.atoms else None
        joined = [[self.atoms[0]]]
        for atom in self.atoms[1:]:
            pause = (atom.first - joined[-1][-1].end) / RATE
            if pause < JOINED_PAUSE:
                joined[-1].append(atom)
            else:
                joined.append([atom])
        for group in joined:
            start = (self.offset + group[0].first) / RATE
            end = (self.offset + group[-1].end) / RATE
            yield Utterance(self.track.voice, start, end, text, self.track.language)
            text = None if text is None else ""


class Speaker:
    """A person in the conversation, who goes on where their last turn ended."""

    def __init__(self, person: Person, choose: random.Random) -> None:
        self.person, self.choose = person, choose
        self.gain = choose.uniform(-5, 0)
        self.free_since = 0
        """Sample at which the last word ended."""
        self.remaining: list[tuple[Track, tuple[Atom, ...]]] = []

    def take(self, now: int, seconds: float, gain: float, whole: bool) -> Take:
        """Returns the next take, which lasts about so long; less if the track ends before."""
        if not self.remaining:
            tracks = self.choose.sample(self.person.tracks, len(self.person.tracks))
            self.remaining = [(track, track.atoms) for track in tracks]
        track, atoms = self.remaining.pop()

        used = len(atoms) if whole else 1
        while used < len(atoms) and (atoms[used - 1].end - atoms[0].first) / RATE < seconds:
            used += 1
        if used < len(atoms):
            self.remaining.append((track, atoms[used:]))

        taken = Take(track, atoms[:used], now, self.gain + gain)
        self.free_since = taken.end
        return taken

    @cached_property
    def short_words(self) -> list[tuple[Track, Atom]]:
        """What the person says between two pauses that is short enough to fall into a turn."""
        words = []
        for track in self.person.tracks:
            for atom in track.atoms:
                if SHORT[0] <= atom.seconds <= SHORT[1]:
                    words.append((track, atom))
        return words

    def interjection(self, now: int) -> Take:
        track, atom = self.choose.choice(self.short_words)
        taken = Take(track, (atom,), now, self.gain - 3)
        self.free_since = taken.end
        return taken


class Meeting:
    """Draws one conversation."""

    def __init__(self, choose: random.Random, people: Sequence[Person], manner: Manner) -> None:
        self.choose, self.manner = choose, manner
        self.speakers = [Speaker(person, choose) for person in people]
        self.takes: list[Take] = []

    def held(self, seconds: float) -> list[Take]:
        """Returns what is said until so much time has passed, and everybody has spoken."""
        now, previous = samples(self.choose.uniform(0.2, 1.0)), None
        silent = self.choose.sample(self.speakers, len(self.speakers))
        while silent or now < samples(seconds):
            remaining = seconds - now / RATE
            speaker = self.next_speaker(previous, silent, remaining)
            shortest = FIRST_TURN if speaker in silent else 0.8
            silent = [other for other in silent if other is not speaker]
            end = self.turn(speaker, max(now, speaker.free_since), shortest)
            now, previous = end + samples(self.pause()), speaker
        return self.takes

    def next_speaker(
        self, previous: Speaker | None, silent: Sequence[Speaker], remaining: float
    ) -> Speaker:
        """Returns another than the previous speaker: one who has not spoken if time gets short."""
        needed = (len(silent) + 1) * 2 * self.manner.turn
        if silent and remaining < needed:
            return silent[0]

        weights = []
        for place, speaker in enumerate(self.speakers, start=1):
            may_speak = speaker is not previous or len(self.speakers) == 1
            weights.append(may_speak * place**-self.manner.skew)
        return self.choose.choices(self.speakers, weights)[0]

    def turn(self, speaker: Speaker, now: int, shortest: float) -> int:
        """Adds a turn, and maybe a word of another person in it. Returns the turn's last sample."""
        manner = self.manner
        drawn = manner.turn * self.choose.lognormvariate(0, manner.turn_spread)
        target = min(max(drawn, shortest), manner.longest_turn)
        loud = 6 if self.choose.random() < manner.raised else 0
        gain = self.choose.uniform(-2, 2) + loud

        first = now
        end = now
        while (end - first) / RATE < target:
            left = target - (end - first) / RATE
            taken = speaker.take(now, left, gain, manner.whole_tracks)
            self.takes.append(taken)
            end = taken.end
            now = end + samples(self.choose.uniform(*BREATH))

        if self.choose.random() < manner.interjections and not manner.whole_tracks:
            self.interject(speaker, first, end)
        return end

    def interject(self, speaker: Speaker, first: int, end: int) -> None:
        """Adds a short word of another person between these samples, if anybody has one."""
        others = [other for other in self.speakers if other is not speaker and other.short_words]
        if not others or (end - first) / RATE < FIRST_TURN:
            return
        other = self.choose.choice(others)
        at = self.choose.randint(first + RATE // 2, end)
        if at >= other.free_since:
            self.takes.append(other.interjection(at))

    def pause(self) -> float:
        """Returns seconds until the next turn; below 0 if it begins before this one's end."""
        drawn = self.choose.random()
        if drawn < self.manner.overlaps and len(self.speakers) > 1:
            return -self.choose.uniform(*self.manner.overlap)
        if drawn > 1 - self.manner.pauses:
            return self.choose.uniform(*self.manner.pause)
        return self.choose.uniform(*self.manner.gap)


def utterances(takes: Sequence[Take]) -> tuple[Utterance, ...]:
    found = [utterance for take in takes for utterance in take.utterances()]
    return tuple(sorted(found, key=lambda utterance: (utterance.start, utterance.speaker)))


def by_voice(takes: Sequence[Take]) -> dict[str, Samples]:
    """Returns the sound of each person alone, all of the conversation's length."""
    length = max(take.end for take in takes) + samples(TAIL)
    voices: dict[str, Samples] = {}
    for take in takes:
        voice = voices.setdefault(take.track.voice, np.zeros(length, np.float32))
        add(voice, take)
    return voices


def add(voice: Samples, take: Take) -> None:
    """Adds a take with a little of its track before and after, faded in and out."""
    edge = samples(EDGE)
    first = max(take.atoms[0].first - edge, 0, -take.offset)
    end = min(take.atoms[-1].end + edge, len(take.track.sound))
    sound = take.track.sound[first:end] * np.float32(10 ** (take.gain / 20))
    before, after = take.atoms[0].first - first, end - take.atoms[-1].end
    sound[:before] *= np.linspace(0, 1, before, dtype=np.float32)
    sound[len(sound) - after :] *= np.linspace(1, 0, after, dtype=np.float32)
    begin = take.offset + first
    voice[begin : begin + len(sound)] += sound[: len(voice) - begin]


def shares(found: Sequence[Utterance]) -> Mapping[str, float]:
    """Returns the seconds that each person speaks."""
    seconds: dict[str, float] = {}
    for each in found:
        seconds[each.speaker] = seconds.get(each.speaker, 0.0) + each.end - each.start
    return seconds
