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
    heard = decoded(path())
    call = spoken()
    yield as_it_is(folder)

    silence = np.zeros(samples(40), np.float32)
    later = delayed(call, 40)
    yield again(folder, "sample-after-silence", [silence, heard], [later])

    pause = np.zeros(samples(5), np.float32)
    seconds = len(heard) / RATE
    second_call = delayed(call, seconds + 5)
    yield again(folder, "sample-twice", [heard, pause, heard], [call, second_call])
    yield respliced(folder)


def as_it_is(folder: Path) -> Recording:
    heard = decoded(path())
    call = spoken()
    made = again(folder, "sample", [heard], [call])
    return replace(made, real=True)


def again(
    folder: Path, name: str, heard: Sequence[Samples], turns: Sequence[Sequence[Utterance]]
) -> Recording:
    whole = np.concatenate(heard)
    made = recording(folder, name, "sample", whole, language="en")
    utterances: list[Utterance] = []
    for each in turns:
        utterances += each
    return replace(made, utterances=tuple(utterances))


def respliced(folder: Path) -> Recording:
    """Its turns in another order, so that each start is known."""
    choose = random.Random("sample-respliced")
    numbers: list[int] = []
    for _ in range(3):
        numbers += choose.sample(range(len(CUTS)), len(CUTS))

    now = 0.5
    said: list[Said] = []
    for number in numbers:
        clip = cut(folder, number)
        piece = Piece(clip, samples(now))
        said.append(Said((piece,)))
        gap = choose.uniform(0.3, 1.2)
        now = piece.end / RATE + gap

    heard = sound(said)
    return recording(folder, "sample-respliced", "sample", heard, said, language="en")


def cut(folder: Path, number: int) -> Clip:
    start, end, speaker, text = CUTS[number]
    piece = folder / f"sample-cut-{number}.wav"
    whole = decoded(path())
    first = samples(start)
    after_last = samples(end)
    write(piece, whole[first:after_last])
    return Clip(piece, speaker, "en", text)


def path() -> Path:
    package = importlib.util.find_spec("pyannote.audio")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "sample" / "sample.wav"


def spoken() -> list[Utterance]:
    audio = path()
    script = audio.with_suffix(".stm")
    said = list(lines(script))
    found = joined(turns(audio), said)
    return [replace(turn, language="en") for turn in found]


def delayed(turns: Sequence[Utterance], seconds: float) -> list[Utterance]:
    later = []
    for turn in turns:
        start = turn.start + seconds
        end = turn.end + seconds
        moved = replace(turn, start=start, end=end)
        later.append(moved)
    return later
