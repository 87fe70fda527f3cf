"""The memory of the one-machine cloud's processes over time."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.support.cloud import Cloud

MIB = 2**20
POINTS = 60
"""Rows of a timeline."""


@dataclass(frozen=True)
class MemorySample:
    """The memory of each part of the cloud at one moment."""

    seconds: float
    """Since the upload."""
    processes: Mapping[str, int]
    """Number of each part's processes."""
    largest_mib: Mapping[str, int]
    """Resident memory of the largest process of each part."""
    sum_mib: Mapping[str, int]
    """Resident memory of all processes of each part; what they share is counted for each."""


def take_sample(cloud: Cloud, parts: Sequence[str], seconds: float) -> MemorySample:
    """Returns the memory now. A process that is just ending counts as none."""
    processes: dict[str, int] = {}
    largest: dict[str, int] = {}
    total: dict[str, int] = {}
    for part in parts:
        resident = []
        for process in cloud.processes(part):
            with suppress(psutil.NoSuchProcess):
                held = process.memory_info().rss
                resident.append(held // MIB)
        processes[part] = len(resident)
        largest[part] = max(resident, default=0)
        total[part] = sum(resident)
    return MemorySample(seconds, processes, largest, total)


def peaks(samples: Sequence[MemorySample]) -> dict[str, dict[str, int]]:
    """Returns the most memory of each part, in MiB: of its largest process, and of all together."""
    found: dict[str, dict[str, int]] = {}
    for sample in samples:
        for part, largest in sample.largest_mib.items():
            peak = found.setdefault(part, {"largest_process": 0, "all_processes": 0})
            peak["largest_process"] = max(peak["largest_process"], largest)
            peak["all_processes"] = max(peak["all_processes"], sample.sum_mib[part])
    return found


def timeline(samples: Sequence[MemorySample]) -> list[dict[str, float]]:
    """Returns at most POINTS rows: minutes since the upload, and the most that the processes of
    each part held together, in MiB, until the next row."""
    rows = []
    size = max(1, -(-len(samples) // POINTS))
    for first in range(0, len(samples), size):
        group = samples[first : first + size]
        row: dict[str, float] = {"minutes": round(group[0].seconds / 60, 1)}
        for part in group[0].sum_mib:
            row[part] = max(sample.sum_mib[part] for sample in group)
        rows.append(row)
    return rows
