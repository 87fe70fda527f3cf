"""Real people and all their recordings, cut where they pause.

A track is one recording of one person. Its atoms are what is spoken between two pauses, found by
the energy of the sound, so that a conversation composed of them has a true truth. Recordings too
noisy for that are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.evaluation.catalogue import Entry, entries, sexes, text
from benchmarks.evaluation.split import half
from benchmarks.evaluation.voices import (
    HOP,
    LOUDNESS,
    RATE,
    Clip,
    Samples,
    Split,
    decoded,
    levels,
    threshold,
)

ATOM_PAUSE = 0.1
"""Seconds of quiet at which a track may be cut."""
SHORTEST_ATOM = 0.15
"""Seconds; shorter sounds are clicks and breaths."""
CLEAN = 28.0
"""dB that the loudest sound must be above the threshold. With less, pauses may count as speech."""


@dataclass(frozen=True)
class Atom:
    """Speech between two pauses: samples of its track."""

    first: int
    end: int

    @property
    def seconds(self) -> float:
        samples = self.end - self.first
        return samples / RATE


@dataclass(frozen=True, eq=False)
class Track:
    """A recording of one person, at the loudness that all tracks have."""

    path: Path
    voice: str
    language: str
    text: str | None
    """None where it is not known."""
    sound: Samples
    atoms: tuple[Atom, ...]

    @property
    def seconds(self) -> float:
        """Of speech."""
        return sum(atom.seconds for atom in self.atoms)


@dataclass(frozen=True, eq=False)
class Person:
    name: str
    language: str
    sex: str
    """F, M or unknown."""
    sources: tuple[tuple[Path, str | None], ...]
    """Path and text of each recording."""

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """The recordings that are clean enough."""
        found = []
        for path, words in self.sources:
            cut = track(path, self.name, self.language, words)
            if cut is not None:
                found.append(cut)
        return tuple(found)

    @property
    def is_written(self) -> bool:
        """Whether all texts are known."""
        return all(track.text for track in self.tracks)

    @cached_property
    def seconds(self) -> float:
        """Of speech."""
        return sum(each.seconds for each in self.tracks)


def track(path: Path, voice: str, language: str, words: str | None) -> Track | None:
    """Returns the recording with its atoms; None if it is silent or noisy."""
    samples = decoded(path)
    level = levels(samples)
    if not len(level):
        return None
    quiet = threshold(level)
    if level.max() - quiet < CLEAN:
        return None

    sounding = level > quiet
    atoms = atoms_of(np.flatnonzero(sounding))
    if not atoms:
        return None

    powers = 10 ** (level[sounding] / 10)
    loudness = np.sqrt(np.mean(powers))
    factor = LOUDNESS / loudness
    scaled = np.asarray(samples * factor, np.float32)
    return Track(path, voice, language, words, scaled, atoms)


def atoms_of(sounding: Sequence[int] | np.ndarray) -> tuple[Atom, ...]:
    """Returns the atoms of the levels that sound, which are given by their numbers, in order."""
    cuts = [0]
    for number, (before, after) in enumerate(pairwise(sounding), start=1):
        silent = after - before - 1
        pause = silent * HOP / RATE
        if pause >= ATOM_PAUSE:
            cuts.append(number)
    cuts.append(len(sounding))

    atoms = []
    for begin, end in pairwise(cuts):
        first = int(sounding[begin])
        last = int(sounding[end - 1])
        first_sample = (first + 1) * HOP if first else 0
        end_sample = (last + 1) * HOP
        atom = Atom(first_sample, end_sample)
        if atom.seconds >= SHORTEST_ATOM:
            atoms.append(atom)
    return tuple(atoms)


def of_folder(folder: Path, split: Split) -> list[Person]:
    """Returns everybody in one half of a folder's recordings with one known voice."""
    of_voice: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(folder):
        if entry.single_voice and half(entry.path) == split:
            (voice,) = entry.voices
            of_voice[voice].append(entry)

    sex_of = sexes(folder)
    found = []
    for name in sorted(of_voice):
        spoken = of_voice[name]
        sources = tuple((entry.path, text(entry)) for entry in spoken)
        language = spoken[0].language or "unknown"
        sex = sex_of.get(name, "unknown")
        person = Person(name, language, sex, sources)
        found.append(person)
    return audible(found)


def of_clips(clips: Iterable[Clip], voices: Iterable[str]) -> list[Person]:
    """Returns the named voices among clips of packages; of each, what it says in one language."""
    of_voice: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        of_voice[clip.voice].append(clip)

    found = []
    for name in sorted(voices):
        clips_of_voice = of_voice[name]
        language = min(clip.language for clip in clips_of_voice)
        sources = []
        for clip in clips_of_voice:
            if clip.language == language:
                source = (clip.path, clip.text)
                sources.append(source)
        person = Person(name, language, "unknown", tuple(sources))
        found.append(person)
    return audible(found)


def audible(people: Iterable[Person]) -> list[Person]:
    """Returns those who have a clean recording."""
    return [person for person in people if person.tracks]
