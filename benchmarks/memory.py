"""The most memory each process held: with real models on 3, 10 and 60 minutes, and prepare on very
large recordings.

python -m benchmarks.memory
"""

import sys
import tempfile
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.conversations import compose, missing
from benchmarks.machine import keep
from local.layout import INBOX, PROCESSES
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.noop import ENVIRONMENT
from tests.support.recordings import RATE, speech

MINUTES = (3, 10, 60)
HOURS = 12
GIGABYTE = 10**9


def main() -> None:
    if reason := missing():
        sys.exit(f"the conversations cannot be composed: {reason}")
    with tempfile.TemporaryDirectory() as folder:
        figures = {"chain": chain(Path(folder)), "prepare": large(Path(folder))}
    keep("memory", figures)


def chain(folder: Path) -> dict[str, dict[str, float]]:
    """Minutes of audio -> part -> MiB."""
    cloud = Cloud(folder / "real", {})
    cloud.up()
    try:
        return {
            f"{minutes} min": measured(cloud, compose(folder, minutes * 60, minutes).audio)
            for minutes in MINUTES
        }
    finally:
        cloud.down()


def large(folder: Path) -> dict[str, float]:
    """Kind of recording -> prepare's MiB. The other stages do nothing, so that hours pass in
    minutes."""
    cloud = Cloud(folder / "noop", ENVIRONMENT)
    cloud.up()
    recordings = {
        "1 GB of WAV": gigabyte(folder / "large.wav"),
        "12 h at 8 kbit/s": half_a_day(folder / "long.mp3"),
    }
    try:
        return {what: measured(cloud, path)["prepare"] for what, path in recordings.items()}
    finally:
        cloud.down()


def measured(cloud: Cloud, recording: Path) -> dict[str, float]:
    """MiB that each part held at most while the recording went through."""
    for part in PROCESSES:
        for process in cloud.processes(part):
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # forget the peak so far
    blob = cloud.client.bucket(INBOX).blob(recording.name)
    blob.upload_from_filename(str(recording))
    cloud.answer(Source(bucket=INBOX, name=recording.name, generation=blob.generation), 7200)
    return {part: round(sum(map(peak, cloud.processes(part))) / 1024) for part in PROCESSES}


def peak(process: psutil.Process) -> int:
    """KiB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def gigabyte(path: Path) -> Path:
    """Stereo at 44.1 kHz, over and over the same half minute."""
    clip = np.repeat(speech(), 6)  # its pitch is wrong, its size right
    return written(
        path,
        "pcm_s16le",
        44_100,
        repeat(clip.reshape(1, -1), GIGABYTE // clip.nbytes + 1),
        "stereo",
        0,
    )


def half_a_day(path: Path) -> Path:
    return written(
        path, "libmp3lame", 8_000, repeat(speech()[::2].reshape(1, -1), HOURS * 120), "mono", 8_000
    )


def written(
    path: Path,
    codec: str,
    rate: int,
    clips: Iterator[NDArray[np.int16]],
    layout: str,
    bit_rate: int,
) -> Path:
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = bit_rate  # bit/s; PCM takes no notice
        resampler = av.AudioResampler(
            stream.format, layout, rate, frame_size=stream.codec_context.frame_size or RATE
        )
        for clip in clips:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(clip), format="s16", layout=layout
            )
            frame.sample_rate = rate
            for piece in resampler.resample(frame):
                file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    main()
