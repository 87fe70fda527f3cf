"""pyannote.audio's packaged phone call (30 s, two people, real turns and words), as it is and cut
up anew.

Its .rttm has the turns, its .stm the words, in lines that begin and end otherwise. Who speaks when
is taken from the .rttm, and each line goes to the turn that it fits best. One turn, a murmur under
the other's words, gets none.
"""

import importlib.util
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.evaluation.compose import Piece, Said, recording, samples, sound, write
from benchmarks.evaluation.folder import joined, lines, turns
from benchmarks.evaluation.truth import Recording, Utterance
from benchmarks.evaluation.voices import RATE, Clip, Samples, decoded

CUTS = (
    (6.60, 7.25, "Diane", "Hello?"),
    (7.40, 8.33, "Sheila", "Hello?"),
    (17.95, 21.55, "Diane", "Oh, I'm originally from Chicago also. I'm in New Jersey now though."),
    (21.65, 23.90, "Sheila", "Well, there isn't that much difference."),
)
"""Seconds, speaker and text of what stands between silences; the last, between two words."""


def recordings(folder: Path) -> Iterator[Recording]:
    """What can be known from 30 seconds."""
    heard, call = decoded(path()), spoken()
    pause = np.zeros(samples(5), np.float32)
    yield as_it_is(folder)
    yield again(
        folder,
        "sample-after-silence",
        [np.zeros(samples(40), np.float32), heard],
        [delayed(call, 40)],
    )
    twice = [call, delayed(call, len(heard) / RATE + 5)]
    yield again(folder, "sample-twice", [heard, pause, heard], twice)
    yield respliced(folder)


def as_it_is(folder: Path) -> Recording:
    return replace(again(folder, "sample", [decoded(path())], [spoken()]), real=True)


def again(
    folder: Path, name: str, heard: Sequence[Samples], turns: Sequence[Sequence[Utterance]]
) -> Recording:
    made = recording(folder, name, "sample", np.concatenate(heard), language="en")
    return replace(made, utterances=tuple(utterance for each in turns for utterance in each))


def respliced(folder: Path) -> Recording:
    """Its turns in another order, so that each start is known."""
    choose, now, said = random.Random("sample-respliced"), 0.5, list[Said]()
    for number in [n for _ in range(3) for n in choose.sample(range(len(CUTS)), len(CUTS))]:
        said.append(Said((Piece(cut(folder, number), samples(now)),)))
        now = said[-1].end / RATE + choose.uniform(0.3, 1.2)
    return recording(folder, "sample-respliced", "sample", sound(said), said, language="en")


def cut(folder: Path, number: int) -> Clip:
    start, end, speaker, text = CUTS[number]
    piece = folder / f"sample-cut-{number}.wav"
    write(piece, decoded(path())[samples(start) : samples(end)])
    return Clip(piece, speaker, "en", text)


def path() -> Path:
    package = importlib.util.find_spec("pyannote.audio")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "sample" / "sample.wav"


def spoken() -> list[Utterance]:
    found = joined(turns(path()), list(lines(path().with_suffix(".stm"))))
    return [replace(turn, language="en") for turn in found]


def delayed(turns: Sequence[Utterance], seconds: float) -> list[Utterance]:
    return [replace(turn, start=turn.start + seconds, end=turn.end + seconds) for turn in turns]
