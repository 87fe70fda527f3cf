"""What everything around the models costs: the one-machine cloud with engines that do nothing.

    python -m benchmarks.orchestration

Tells the seconds `up` takes, the seconds of one warm job from upload to answer, and fifty uploads
at once.
"""

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.machine import keep
from tests.support.cloud import Cloud
from tests.support.noop import ENVIRONMENT
from tests.support.recordings import speech, wav

JOBS = 40
AT_ONCE = 50
CLIP = wav(speech()[104_000:136_000])
"""2 s of speech."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder), ENVIRONMENT)
        starts = [start(cloud) for _ in range(3)]
        try:
            figures = {
                "up_seconds": starts,
                "warm_job": warm(cloud),
                "fifty_at_once": at_once(cloud),
            }
        finally:
            cloud.down()
    keep("orchestration", figures)


def start(cloud: Cloud) -> float:
    """Seconds of `dropscribe up`, the command's own start included. The last one is left
    running."""
    cloud.down()
    began = time.monotonic()
    cloud.up()
    return round(time.monotonic() - began, 2)


def warm(cloud: Cloud) -> dict[str, float]:
    """Seconds from the start of an upload until its answer can be read, one after the other."""
    for number in range(5):
        answered(cloud, f"first-{number}.wav")
    seconds = sorted(answered(cloud, f"warm-{number}.wav") for number in range(JOBS))
    return {
        "jobs": JOBS,
        "p50": round(statistics.median(seconds), 3),
        "p90": round(seconds[int(0.9 * JOBS)], 3),
    }


def answered(cloud: Cloud, name: str) -> float:
    began = time.monotonic()
    source = cloud.upload(name, CLIP)
    while not cloud.settled(
        source
    ):  # asks the job store, not the bucket, which has other things to do
        time.sleep(0.002)
    seconds = time.monotonic() - began
    assert cloud.commit_mark(source) is not None
    return seconds


def at_once(cloud: Cloud) -> dict[str, float]:
    """Fifty uploads at once: seconds until the last is answered."""
    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        sources = list(
            pool.map(lambda number: cloud.upload(f"burst-{number}.wav", CLIP), range(AT_ONCE))
        )
    for source in sources:
        assert cloud.answer(source, 300).transcript
    seconds = time.monotonic() - began
    return {
        "answered": AT_ONCE,
        "seconds": round(seconds, 2),
        "jobs_per_second": round(AT_ONCE / seconds, 2),
    }


if __name__ == "__main__":
    main()
