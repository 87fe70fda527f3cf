"""Samples the memory and the load of the GPU with nvidia-smi while a block runs."""

import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from types import TracebackType
from typing import IO, Self

QUERY = (
    "--id=0",
    "--query-gpu=timestamp,memory.used,utilization.gpu",
    "--format=csv,noheader,nounits",
    "--loop-ms=200",
)
TIMESTAMP = "%Y/%m/%d %H:%M:%S.%f"
"""Format of nvidia-smi's times, which are local."""


@dataclass(frozen=True)
class Sample:
    """The first GPU at one moment."""

    at: float
    """Unix seconds."""
    memory_mib: int
    """Of all processes together."""
    load: int
    """Percent of the time, since shortly before, in which the GPU computed."""


class GpuMonitor:
    """Collects samples from its entry to its exit; none where there is no nvidia-smi."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def __enter__(self) -> Self:
        self.process: subprocess.Popen[str] | None = None
        command = shutil.which("nvidia-smi")
        if command is not None:
            self.process = subprocess.Popen([command, *QUERY], stdout=subprocess.PIPE, text=True)
            self.reader = threading.Thread(target=self.read, args=(self.process.stdout,))
            self.reader.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.reader.join()

    def read(self, output: IO[str]) -> None:
        """Adds a sample for each line of nvidia-smi."""
        with output:
            for line in output:
                sample = parse(line)
                if sample is not None:
                    self.samples.append(sample)

    def figures(self, began: float, ended: float) -> dict[str, float | None]:
        return figures(self.samples, began, ended)


def parse(line: str) -> Sample | None:
    """Returns the sample of a line such as `2026/11/28 10:23:16.123, 812, 34`.

    None if a number is not available.
    """
    at, memory, load = line.split(", ")
    try:
        moment = datetime.strptime(at, TIMESTAMP)
        return Sample(moment.timestamp(), int(memory), int(load))
    except ValueError:
        return None


def figures(samples: Sequence[Sample], began: float, ended: float) -> dict[str, float | None]:
    """Returns the memory at most, beyond that before the work, and the mean load during the work.

    The work is between two Unix times; the first sample is of before. None: there is no sample.
    """
    loads = [sample.load for sample in samples if began <= sample.at <= ended]
    peak = max((sample.memory_mib for sample in samples), default=None)
    return {
        "gpu_mib": None if peak is None else peak - samples[0].memory_mib,
        "gpu_load_percent": round(mean(loads)) if loads else None,
    }
