"""Measures the direction in which speaker embeddings move in the band of a telephone.

    python -m benchmarks.narrowband --data FOLDER

FOLDER has real voices with a MANIFEST.tsv, as for `make eval DATA=FOLDER`. Only people of the half
"tune" are used. Writes shared/model/narrowband.json, and prints how similar strangers are with and
without the band: the constants of shared/model/voices.py.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.evaluation.channel import companded, telephone_band
from benchmarks.evaluation.people import Person, of_folder
from benchmarks.evaluation.voices import RATE, Samples
from functions.diarize.cam_plus_plus import FRAMES_PER_SECOND, CamPlusPlus
from functions.diarize.model_files import cam_plus_plus_file
from shared.model.voices import DIRECTION_FILE, narrowband_direction

SECONDS = 12
"""Of each person."""
PART_SECONDS = 2
"""Of speech in an embedding."""
DIGITS = 5

Matrix = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.narrowband")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder: Path = parser.parse_args().data

    network = CamPlusPlus(cam_plus_plus_file())
    spoken = [speech_of(person) for person in of_folder(folder, "tune")]
    spoken = [speech for speech in spoken if len(speech) > RATE]
    wideband = voices(network, spoken, unchanged)
    conditions = {"8 kHz": eight_kilohertz, "telephone": telephone}
    narrowband = {name: voices(network, spoken, line) for name, line in conditions.items()}

    shifts = [voice - wideband for voice in narrowband.values()]
    direction = np.concatenate(shifts).mean(0)
    unit = direction / np.linalg.norm(direction)
    DIRECTION_FILE.write_text(json.dumps(np.round(unit, DIGITS).tolist()) + "\n")
    narrowband_direction.cache_clear()

    for name, of_people in {"wideband": wideband, **narrowband}.items():
        along = float(np.median(of_people @ narrowband_direction()))
        print(f"{name}: {strangers_similarity(of_people):.2f} alike, {along:.2f} along")


def speech_of(person: Person) -> Samples:
    """Returns the first SECONDS of the person's recordings, without the silence around them."""
    tracks = [track.sound for track in person.tracks]
    if not tracks:
        return np.zeros(0, np.float32)
    joined = np.concatenate(tracks)
    return joined[: SECONDS * RATE]


def unchanged(sound: Samples) -> Samples:
    return sound


def eight_kilohertz(sound: Samples) -> Samples:
    """Returns the sound without what is above 4 kHz."""
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[frequency > 4000] = 0
    return np.asarray(np.fft.irfft(spectrum, len(sound)), np.float32)


def telephone(sound: Samples) -> Samples:
    return companded(telephone_band(sound))


def voices(
    network: CamPlusPlus, spoken: Sequence[Samples], line: Callable[[Samples], Samples]
) -> Matrix:
    """Returns each person's mean embedding on the line, shape (people, size)."""
    means = []
    for speech in spoken:
        frames = network.frames(torch.from_numpy(line(speech)))
        parts = [
            network.pool(part, torch.ones(1, part.shape[1]))[0].numpy()
            for part in torch.split(frames, PART_SECONDS * FRAMES_PER_SECOND, dim=1)
        ]
        units = [part / np.linalg.norm(part) for part in parts]
        means.append(np.mean(units, axis=0))
    return np.stack(means).astype(np.float64)


def strangers_similarity(of_people: Matrix) -> float:
    """Returns the median cosine similarity of two people."""
    units = of_people / np.linalg.norm(of_people, axis=1, keepdims=True)
    similarity = units @ units.T
    pairs = np.triu_indices(len(units), 1)
    return float(np.median(similarity[pairs]))


if __name__ == "__main__":
    main()
