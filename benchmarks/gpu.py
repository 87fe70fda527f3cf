"""What a GPU does for the stages with models: their speed and memory, and whether they return what
they return on a CPU.

    python -m benchmarks.gpu [--minutes 30]

It needs nothing but the repository with its packaged models, and takes at most ten minutes. A short
recording is worked on by both devices, and the results are compared; the speed of the GPU is that
of `--minutes` of audio. Without a GPU only the rows of the CPU are measured, and the others are
listed under `needs_a_gpu`.

The conversation is composed if the Debian packages of benchmarks.conversations are installed. If
not, it is pyannote.audio's phone call of 30 seconds, over and over.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.conversations import compose, missing
from benchmarks.gpu_monitor import GpuMonitor
from benchmarks.gpu_results import compare
from benchmarks.machine import gpu, keep
from benchmarks.prepared import Prepared, prepare
from tests.support.recordings import RATE, speech, wav

SHORT_SECONDS = 120.0
"""Length of the recording that both devices work on."""
SEED = 31
BUDGET = 570.0
"""Seconds after which no more rows are measured."""
THREADS = 1
"""Threads of each model on the CPU, as in the settings' default."""


@dataclass(frozen=True)
class Row:
    """A stage with the settings that it is measured with."""

    stage: str
    device: str
    compute_type: str
    batch_size: int

    @property
    def name(self) -> str:
        """The folder of its results."""
        return f"{self.stage}-{self.device}-{self.compute_type}-{self.batch_size}"


WORDS = Row("transcribe", "cpu", "int8", 4)
"""Its words are those that align gets on every device."""
CPU_ROWS = (
    WORDS,
    Row("transcribe", "cpu", "float32", 4),
    Row("align", "cpu", "float32", 4),
    Row("diarize", "cpu", "float32", 8),
)
GPU_ROWS = (
    Row("transcribe", "cuda", "float16", 4),
    Row("transcribe", "cuda", "float16", 16),
    Row("transcribe", "cuda", "float16", 32),
    Row("transcribe", "cuda", "int8_float16", 16),
    Row("align", "cuda", "float32", 4),
    Row("diarize", "cuda", "float32", 8),
    Row("diarize", "cuda", "float32", 32),
)
"""For align and diarize the compute type says how they always compute."""
LONG_WORDS = Row("transcribe", "cuda", "float16", 16)
"""Its words are aligned where the speed of align is measured."""


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="Length for the GPU's speed.")
def main(minutes: float) -> None:
    """Measures the stages with models on a GPU and on the CPU."""
    deadline = time.monotonic() + BUDGET
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), deadline)
        short = bench.prepared("short", SHORT_SECONDS)
        figures = {
            "audio": "the phone call, repeated" if missing() else "a composed conversation",
            "cpu": list(bench.rows(CPU_ROWS, short, WORDS)),
            "gpu_on_the_short_recording": [],
            "gpu": [],
            "needs_a_gpu": [row.name for row in GPU_ROWS],
        }
        if gpu() is not None:
            figures["gpu_on_the_short_recording"] = list(bench.rows(GPU_ROWS, short, WORDS))
            long = bench.prepared("long", minutes * 60)
            figures["gpu"] = list(bench.rows(GPU_ROWS, long, LONG_WORDS))
            figures["needs_a_gpu"] = []
        figures["not_measured_in_time"] = bench.left_out
    keep("gpu", figures)


class Bench:
    """Measures rows in a folder until the deadline."""

    def __init__(self, folder: Path, deadline: float) -> None:
        self.folder = folder
        self.deadline = deadline
        """Monotonic seconds."""
        self.left_out: list[str] = []
        """The rows that were not measured."""

    def prepared(self, name: str, seconds: float) -> Prepared:
        recording = write_recording(self.folder, seconds)
        return prepare(recording, self.folder / name)

    def rows(self, rows: Sequence[Row], prepared: Prepared, words: Row) -> Iterator[dict[str, Any]]:
        """Yields the figures of each row that there is time for."""
        for row in rows:
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.left_out.append(f"{row.name} of {prepared.folder.name}")
                continue
            yield self.row(row, prepared, words, left)

    def row(self, row: Row, prepared: Prepared, words: Row, timeout: float) -> dict[str, Any]:
        """Returns the figures of one row; or the error that its process ended with."""
        figures: dict[str, Any] = {
            "stage": row.stage,
            "device": row.device,
            "compute_type": row.compute_type,
            "batch_size": row.batch_size,
        }
        results = prepared.folder / row.name
        recognitions = prepared.folder / words.name
        arguments = [row.stage, str(prepared.folder), str(results)]
        if row.stage == "align":
            arguments.append(str(recognitions))
        with GpuMonitor() as monitor:
            try:
                work = run(row, arguments, timeout)
            except StageFailed as failure:
                return {**figures, "error": str(failure)}
        figures |= described(work)
        if row.device != "cpu":
            until = work["began"] + work["work_seconds"]
            figures |= monitor.figures(work["began"], until)
        for other in CPU_ROWS:
            reference = prepared.folder / other.name
            if other.stage == row.stage and other != row and reference.is_dir():
                against = f"against_{other.device}_{other.compute_type}"
                figures[against] = compare(row.stage, reference, results)
        return figures


class StageFailed(Exception):
    """A row's process ended without figures. The message is the last line that it printed."""


def run(row: Row, arguments: Sequence[str], timeout: float) -> dict[str, Any]:
    """Returns the figures that `benchmarks.gpu_stage` prints. Raises StageFailed."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(THREADS),
        "DROPSCRIBE_THREADS": str(THREADS),
        "DROPSCRIBE_DEVICE": row.device,
        "DROPSCRIBE_COMPUTE_TYPE": row.compute_type,
        "DROPSCRIBE_BATCH_SIZE": str(row.batch_size),
    }
    command = [sys.executable, "-m", "benchmarks.gpu_stage", *arguments]
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        raise StageFailed(f"not ended after {timeout:.0f} s") from error
    if ended.returncode != 0:
        raise StageFailed(last_line(ended.stderr))
    return dict(json.loads(last_line(ended.stdout)))


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def described(work: dict[str, Any]) -> dict[str, Any]:
    """Returns the figures of a stage's work."""
    hours = work["audio_seconds"] / 3600
    return {
        "audio_seconds": work["audio_seconds"],
        "load_seconds": work["load_seconds"],
        "work_seconds": work["work_seconds"],
        "seconds_per_hour_of_audio": round(work["work_seconds"] / hours, 1),
        "host_mib": work["host_mib"],
    }


def write_recording(folder: Path, seconds: float) -> Path:
    """Returns a composed conversation, or the phone call repeated for so many seconds."""
    if missing() is None:
        return compose(folder, seconds, SEED).audio
    call = speech()
    repeats = round(seconds * RATE / len(call))
    path = folder / f"call-{seconds:.0f}.wav"
    path.write_bytes(wav(np.tile(call, max(1, repeats))))
    return path


if __name__ == "__main__":
    main()
