"""Draws who speaks when in a conversation of many people, and mixes the sound.

People talk for very different shares of the time. Turns are mostly short and seldom long, begin
after a pause or before the other's has ended, and short words of others fall into them. Everybody
speaks at least once. All is drawn from a `random.Random`: the same seed gives the same bytes.
"""

import random
from collections import defaultdict
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
SHORTEST_TURN = 0.8
"""Seconds."""
LEAD = (0.2, 1.0)
"""Seconds before the first word."""
SHORT = (0.2, 1.0)
"""Seconds of a word that falls into another's turn."""
SHORT_QUIETER = 3.0
"""dB by which such a word is quieter."""
LOUDER = 6.0
"""dB of a raised voice."""


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
        first_atom = self.atoms[0]
        return self.first - first_atom.first

    @property
    def end(self) -> int:
        last_atom = self.atoms[-1]
        return self.offset + last_atom.end

    def utterances(self) -> Iterator[Utterance]:
        """Yields what is said between pauses. The text is known only of a whole track, and is
        given with its first utterance."""
        is_whole = self.atoms == self.track.atoms
        text = self.track.text if is_whole else None
        for atom in joined(self.atoms):
            first = self.offset + atom.first
            end = self.offset + atom.end
            yield Utterance(
                speaker=self.track.voice,
                start=first / RATE,
                end=end / RATE,
                text=text,
                language=self.track.language,
            )
            if text is not None:
                text = ""


def joined(atoms: Sequence[Atom]) -> list[Atom]:
    """Returns the atoms, those with a short pause between them as one."""
    found = [atoms[0]]
    for atom in atoms[1:]:
        before = found[-1]
        pause = atom.first - before.end
        if pause < samples(JOINED_PAUSE):
            found[-1] = Atom(before.first, atom.end)
        else:
            found.append(atom)
    return found


class Speaker:
    """A person in the conversation, who goes on where their last turn ended."""

    def __init__(self, person: Person, choose: random.Random) -> None:
        self.person = person
        self.choose = choose
        self.gain = choose.uniform(-5, 0)
        self.free_since = 0
        """Sample at which the last word ended."""
        self.remaining: list[tuple[Track, tuple[Atom, ...]]] = []

    def take(self, now: int, seconds: float, gain: float, whole: bool) -> Take:
        """Returns the next take, which lasts about so long; less if the track ends before."""
        if not self.remaining:
            self.shuffle()
        track, atoms = self.remaining.pop()

        number = len(atoms) if whole else enough(atoms, seconds)
        used, left = atoms[:number], atoms[number:]
        if left:
            self.remaining.append((track, left))

        taken = Take(track, used, now, self.gain + gain)
        self.free_since = taken.end
        return taken

    def shuffle(self) -> None:
        """Begins again with all tracks, in a new order."""
        tracks = self.person.tracks
        for track in self.choose.sample(tracks, len(tracks)):
            self.remaining.append((track, track.atoms))

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
        taken = Take(track, (atom,), now, self.gain - SHORT_QUIETER)
        self.free_since = taken.end
        return taken


def enough(atoms: Sequence[Atom], seconds: float) -> int:
    """Returns how many of the first atoms last so long; all if they are shorter."""
    first = atoms[0].first
    for number, atom in enumerate(atoms, start=1):
        length = atom.end - first
        if length / RATE >= seconds:
            return number
    return len(atoms)


class Meeting:
    """Draws one conversation."""

    def __init__(self, choose: random.Random, people: Sequence[Person], manner: Manner) -> None:
        self.choose = choose
        self.manner = manner
        self.speakers = [Speaker(person, choose) for person in people]
        self.takes: list[Take] = []

    def held(self, seconds: float) -> list[Take]:
        """Returns what is said until so much time has passed, and everybody has spoken."""
        lead = self.choose.uniform(*LEAD)
        now = samples(lead)
        previous = None
        silent = self.choose.sample(self.speakers, len(self.speakers))
        while silent or now < samples(seconds):
            remaining = seconds - now / RATE
            speaker = self.next_speaker(previous, silent, remaining)
            shortest = SHORTEST_TURN
            if speaker in silent:
                shortest = FIRST_TURN
                silent.remove(speaker)

            begin = max(now, speaker.free_since)
            end = self.turn(speaker, begin, shortest)
            now = end + samples(self.pause())
            previous = speaker
        return self.takes

    def next_speaker(
        self, previous: Speaker | None, silent: Sequence[Speaker], remaining: float
    ) -> Speaker:
        """Returns another than the previous speaker: one who has not spoken if time gets short."""
        turns_needed = 2 * (len(silent) + 1)
        seconds_needed = turns_needed * self.manner.turn
        if silent and remaining < seconds_needed:
            return silent[0]

        is_alone = len(self.speakers) == 1
        weights = []
        for place, speaker in enumerate(self.speakers, start=1):
            weight = place**-self.manner.skew
            may_speak = is_alone or speaker is not previous
            weights.append(weight if may_speak else 0.0)
        (chosen,) = self.choose.choices(self.speakers, weights)
        return chosen

    def turn(self, speaker: Speaker, now: int, shortest: float) -> int:
        """Adds a turn, and maybe a word of another person in it. Returns the turn's last sample."""
        whole = self.manner.whole_tracks
        left = self.turn_seconds(shortest)
        gain = self.turn_gain()
        first = now
        end = now
        target = left
        while left > 0:
            taken = speaker.take(now, left, gain, whole)
            self.takes.append(taken)
            end = taken.end
            left = target - (end - first) / RATE
            breath = self.choose.uniform(*BREATH)
            now = end + samples(breath)

        is_interrupted = self.choose.random() < self.manner.interjections
        if is_interrupted and not whole:
            self.interject(speaker, first, end)
        return end

    def turn_seconds(self, shortest: float) -> float:
        """Draws how long a turn lasts."""
        manner = self.manner
        factor = self.choose.lognormvariate(0, manner.turn_spread)
        drawn = factor * manner.turn
        long_enough = max(drawn, shortest)
        return min(long_enough, manner.longest_turn)

    def turn_gain(self) -> float:
        """Draws the dB of a turn."""
        is_raised = self.choose.random() < self.manner.raised
        gain = self.choose.uniform(-2, 2)
        return gain + LOUDER if is_raised else gain

    def interject(self, speaker: Speaker, first: int, end: int) -> None:
        """Adds a short word of another person between these samples, if anybody has one."""
        others = []
        for other in self.speakers:
            if other is not speaker and other.short_words:
                others.append(other)
        is_short = end - first < samples(FIRST_TURN)
        if is_short or not others:
            return

        other = self.choose.choice(others)
        earliest = first + samples(0.5)
        at = self.choose.randint(earliest, end)
        if at >= other.free_since:
            word = other.interjection(at)
            self.takes.append(word)

    def pause(self) -> float:
        """Returns seconds until the next turn; below 0 if it begins before this one's end."""
        manner = self.manner
        is_alone = len(self.speakers) == 1
        drawn = self.choose.random()
        if drawn < manner.overlaps and not is_alone:
            overlap = self.choose.uniform(*manner.overlap)
            return -overlap
        if drawn > 1 - manner.pauses:
            return self.choose.uniform(*manner.pause)
        return self.choose.uniform(*manner.gap)


def utterances(takes: Sequence[Take]) -> tuple[Utterance, ...]:
    """Returns what is said, in order of start."""
    found: list[Utterance] = []
    for take in takes:
        found += take.utterances()

    found.sort(key=lambda utterance: (utterance.start, utterance.speaker))
    return tuple(found)


def by_voice(takes: Sequence[Take]) -> dict[str, Samples]:
    """Returns the sound of each person alone, all of the conversation's length."""
    end = max(take.end for take in takes)
    length = end + samples(TAIL)
    voices: dict[str, Samples] = {}
    for take in takes:
        name = take.track.voice
        if name not in voices:
            voices[name] = np.zeros(length, np.float32)
        add(voices[name], take)
    return voices


def add(voice: Samples, take: Take) -> None:
    """Adds a take with a little of its track before and after, faded in and out."""
    edge = samples(EDGE)
    first_atom, last_atom = take.atoms[0], take.atoms[-1]
    first = max(first_atom.first - edge, 0, -take.offset)
    end = min(last_atom.end + edge, len(take.track.sound))
    factor = np.float32(10 ** (take.gain / 20))
    sound = take.track.sound[first:end] * factor

    before = first_atom.first - first
    after = end - last_atom.end
    rising = np.linspace(0, 1, before, dtype=np.float32)
    falling = np.linspace(1, 0, after, dtype=np.float32)
    sound[:before] *= rising
    sound[len(sound) - after :] *= falling

    begin = take.offset + first
    fitting = sound[: len(voice) - begin]
    voice[begin : begin + len(fitting)] += fitting


def shares(found: Sequence[Utterance]) -> Mapping[str, float]:
    """Returns the seconds that each person speaks."""
    seconds: dict[str, float] = defaultdict(float)
    for said in found:
        seconds[said.speaker] += said.end - said.start
    return dict(seconds)
