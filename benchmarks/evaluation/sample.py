"""pyannote.audio's packaged phone call (30 s, two people, real turns and words), as it is and cut up anew.

Its .rttm has the turns, its .stm the words. Who speaks when is taken from the .rttm; each line of the .stm goes to the
turn of its speaker that it overlaps most. One turn of the .rttm, a murmur under the other's words, has no line: its
text is empty, not unknown, since the .stm covers the whole call.
"""

import importlib.util
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pyannote.database.util import load_rttm

from benchmarks.evaluation.compose import Piece, Said, recording, samples, sound, write
from benchmarks.evaluation.truth import Recording, Utterance
from benchmarks.evaluation.voices import RATE, Clip, Samples, decoded

NAMES = {"speaker90": "Diane", "speaker91": "Sheila"}
"""In the .rttm -> in the .stm."""
CUTS = (
    (6.60, 7.25, "Diane", "Hello?"),
    (7.40, 8.33, "Sheila", "Hello?"),
    (17.95, 21.55, "Diane", "Oh, I'm originally from Chicago also. I'm in New Jersey now though."),
    (21.65, 23.90, "Sheila", "Well, there isn't that much difference."),
)
"""Seconds, speaker and text of what stands between silences; the last, between two words."""


@dataclass(frozen=True)
class Line:
    """Of an .stm file."""

    speaker: str
    start: float
    end: float
    text: str


def recordings(folder: Path) -> Iterator[Recording]:
    """What can be known from 30 seconds."""
    heard, turns = decoded(path()), spoken()
    pause = np.zeros(samples(5), np.float32)
    yield as_it_is(folder)
    yield again(folder, "sample-after-silence", [np.zeros(samples(40), np.float32), heard], [delayed(turns, 40)])
    twice = [turns, delayed(turns, len(heard) / RATE + 5)]
    yield again(folder, "sample-twice", [heard, pause, heard], twice)
    yield respliced(folder)


def as_it_is(folder: Path) -> Recording:
    return again(folder, "sample", [decoded(path())], [spoken()])


def again(folder: Path, name: str, heard: Sequence[Samples], turns: Sequence[Sequence[Utterance]]) -> Recording:
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
    """The turns, with the words of the lines that fit them best."""
    (annotation,) = load_rttm(str(path().with_suffix(".rttm"))).values()
    turns = [
        Utterance(NAMES[who], at.start, at.end, "", "en") for at, _, who in annotation.itertracks(yield_label=True)
    ]
    said: dict[Utterance, list[str]] = {turn: [] for turn in turns}
    for line in lines():
        said[max(turns, key=lambda turn: shared(turn, line))].append(line.text)
    return [replace(turn, text=" ".join(texts)) for turn, texts in said.items()]


def lines() -> Iterator[Line]:
    for line in path().with_suffix(".stm").read_text().splitlines():
        _, _, speaker, start, end, text = line.split(maxsplit=5)
        yield Line(speaker, float(start), float(end), text)


def shared(turn: Utterance, line: Line) -> float:
    """Seconds that both last, if they are of one speaker."""
    return min(turn.end, line.end) - max(turn.start, line.start) if turn.speaker == line.speaker else -np.inf


def delayed(turns: Sequence[Utterance], seconds: float) -> list[Utterance]:
    return [replace(turn, start=turn.start + seconds, end=turn.end + seconds) for turn in turns]
