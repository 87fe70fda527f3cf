"""What a crowd of uploads and a sudden death cost: the one-machine cloud with engines that do
nothing.

    python -m benchmarks.resilience

Five hundred uploads at once, with the most memory that each part held; then kill -9 of every
process in the middle of fifty, and the seconds from `dropscribe up` until work goes on and until
all is answered.
"""

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.machine import keep
from benchmarks.orchestration import CLIP
from local.layout import PROCESSES
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.noop import ENVIRONMENT

CROWD = 500
CUT_OFF = 50


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder), ENVIRONMENT)
        cloud.up()
        try:
            figures = {"crowd": crowd(cloud), "killed": killed(cloud)}
        finally:
            cloud.down()
    keep("resilience", figures)


def crowd(cloud: Cloud) -> dict[str, object]:
    began = time.monotonic()
    with watched(cloud) as peaks:
        sources = uploaded(cloud, CROWD, "crowd")
        last = all_answered(cloud, sources)
    return {
        "uploads": CROWD,
        "answered": len(sources),
        "seconds": round(last - began, 1),
        "peak_mib": {part: round(peak / 2**20) for part, peak in sorted(peaks.items())},
    }


def killed(cloud: Cloud) -> dict[str, object]:
    """Everything at once: supervisor, servers, masters and workers."""
    sources = uploaded(cloud, CUT_OFF, "killed")
    before = finished(cloud, sources)
    for process in cloud.everything():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    began = time.monotonic()
    cloud.up()
    back = time.monotonic()
    while finished(cloud, sources) <= before:
        time.sleep(0.05)
    on = time.monotonic()
    last = all_answered(cloud, sources)
    tasks = [task for source in sources for task in cloud.jobs.records.of_job(source.job_id)]
    return {
        "uploads": CUT_OFF,
        "answered": len(sources),
        "seconds_until_up": round(back - began, 1),
        "seconds_until_work_goes_on": round(on - began, 1),
        "seconds_until_all_is_answered": round(last - began, 1),
        "stages_run_again": sum(task.attempts - 1 for task in tasks if task.attempts > 1),
    }


def uploaded(cloud: Cloud, count: int, name: str) -> list[Source]:
    with ThreadPoolExecutor(10) as pool:
        return list(
            pool.map(lambda number: cloud.upload(f"{name}/{number}.wav", CLIP), range(count))
        )


def all_answered(cloud: Cloud, sources: list[Source]) -> float:
    """When the last one was."""
    for source in sources:
        assert cloud.answer(source, 900).transcript
    return time.monotonic()


def finished(cloud: Cloud, sources: list[Source]) -> int:
    """Stages that are done."""
    jobs = cloud.jobs
    return sum(
        task.state == "done" for source in sources for task in jobs.records.of_job(source.job_id)
    )


@contextmanager
def watched(cloud: Cloud) -> Iterator[dict[str, int]]:
    """The most bytes that each part holds while the block runs, its workers included."""
    peaks: dict[str, int] = defaultdict(int)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            for part in PROCESSES:
                with suppress(psutil.NoSuchProcess):
                    held = sum(process.memory_info().rss for process in cloud.processes(part))
                    peaks[part] = max(peaks[part], held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


if __name__ == "__main__":
    main()
