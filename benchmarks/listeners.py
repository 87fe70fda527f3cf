"""What listeners of live events take: memory, core and reads of the job store.

    python -m benchmarks.listeners [--listeners 1000] [--seconds 30] [--first-words]

A gateway process is started as the one-machine cloud starts it. Listeners connect to one running
job, and then, in another process of the gateway, to a hundred. A part of each job is done every
five seconds, with the words of five minutes. Reads are counted as Firestore bills them. With
`--first-words`, a recorded call is repeated for an hour and sent to a one-machine cloud of its own
with the packaged models. Measured is the time until its first words; then the job is cancelled.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.counted_stores import CHUNKS, COUNT_FILE, read_count
from benchmarks.gateway import Gateway, running_gateway
from benchmarks.machine import keep
from dropscribe import Client, PartWords
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.job import KnownRecording
from shared.jobs.store import JobStore
from shared.model.artifacts import SAMPLE_RATE
from shared.model.contracts import Source
from shared.model.cost import prices
from shared.model.options import resolve
from shared.model.stages import FUNCTIONS
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

PART_SECONDS = 5.0
"""Seconds between two parts of a job that are done."""
SETTLE_SECONDS = 5.0
"""For which parts are done before the listeners are measured."""
CONNECTS = 100
"""Listeners that connect at once."""
HOUR = 3600.0
READS_A_SECOND = 2
"""Documents that a look at a job reads if nothing changed: its own, and an empty result."""


@dataclass
class Listeners:
    """What all listeners got together."""

    connected: int = 0
    bytes: int = 0
    words: int = 0
    """Events with words."""
    progress: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def listen(self, port: int, job_id: str, key: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.writers.append(writer)
        request = (
            f"GET /api/v1/jobs/{job_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\n"
        )
        writer.write(f"{request}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        while piece := await reader.read(1 << 16):
            self.connected += piece.count(b"event: job.state")
            self.words += piece.count(b"event: job.segment")
            self.progress += piece.count(b"event: job.progress")
            self.bytes += len(piece)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--first-words", action="store_true")
    asked = parser.parse_args()
    figures: dict[str, Any] = {"load_before": round(psutil.getloadavg()[0], 2)}
    for jobs in (1, 100):
        figures[f"jobs_{jobs}"] = measure(jobs, asked.listeners, asked.seconds)
    figures["usd_per_hour_followed"] = usd_per_hour()
    if asked.first_words:
        figures["first_words"] = first_words()
    keep("listeners", figures)


# Listeners


def measure(jobs: int, listeners: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, gateway(Path(folder)) as (server, count):
        store = JobStore(SqliteDocuments(server.database))
        sources = [running_job(store, number) for number in range(jobs)]
        return asyncio.run(measured(server, count, store, sources, listeners, seconds))


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[Gateway, Path]]:
    """Gives a gateway that counts its reads, and the file with the count."""
    count = folder / "count"
    count.write_bytes(bytes(8))
    settings = {
        COUNT_FILE: str(count),
        "DROPSCRIBE_JOB_DOCUMENTS": "benchmarks.counted_stores:CountedDocuments",
        "DROPSCRIBE_BLOB_STORE": "benchmarks.counted_stores:WordBlobs",
        "DROPSCRIBE_STREAMS_PER_KEY": "100000",
    }
    with running_gateway(folder / "jobs.sqlite", settings) as server:
        yield server, count


def running_job(store: JobStore, number: int) -> Source:
    """Returns the recording of a job that is cut into parts."""
    source = Source(bucket="inbox", name=f"team/call-{number}.mp3", generation=1)
    assert store.claim(source, 1, "execution") is not None
    do_part(store, source, "prepare", 0)
    _, options = resolve({})
    known = KnownRecording(1, {}, options)
    store.record_parts(source.job_id, 1, CHUNKS, spans=1, known=known)
    return source


def do_part(store: JobStore, source: Source, stage: str, part: int) -> None:
    key = f"{stage}-{part:020d}"
    store.start_attempt(source.job_id, key, stage, part, "worker")
    store.records.complete_attempt(source.job_id, key, "worker", seconds=1.0)


@contextmanager
def parts_done(store: JobStore, sources: list[Source]) -> Iterator[None]:
    """Has a part of each job done every few seconds while the block runs."""
    ended = threading.Event()

    def work() -> None:
        for part in range(CHUNKS):
            for source in sources:
                do_part(store, source, "align", part)
            if ended.wait(PART_SECONDS):
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


async def measured(
    server: Gateway,
    count: Path,
    store: JobStore,
    sources: list[Source],
    number: int,
    seconds: float,
) -> dict[str, float]:
    """Returns what so many listeners take, all jobs together, while parts are done."""
    _, key = server.keys.create("benchmark", ("read",), "", None)
    before_mib = resident_mib(server)
    listeners = Listeners()
    tasks = []
    began = time.monotonic()
    for index in range(number):
        job_id = sources[index % len(sources)].job_id
        tasks.append(asyncio.create_task(listeners.listen(server.port, job_id, key)))
        while index - listeners.connected > CONNECTS:
            await asyncio.sleep(0.01)
    while listeners.connected < number:
        failed = [task for task in tasks if task.done()]
        assert not failed, failed[0].exception()
        await asyncio.sleep(0.01)
    connecting = time.monotonic() - began
    with parts_done(store, sources):
        await asyncio.sleep(SETTLE_SECONDS)
        reads, core = read_count(count), server.core_seconds()
        words, received = listeners.words, listeners.bytes
        began = time.monotonic()
        peak = 0.0
        while (wall := time.monotonic() - began) < seconds:
            peak = max(peak, resident_mib(server))
            await asyncio.sleep(0.5)
    figures = {
        "listeners": number,
        "connected_after_seconds": round(connecting, 1),
        "memory_before_mib": round(before_mib),
        "memory_peak_mib": round(peak),
        "core_share": round((server.core_seconds() - core) / wall, 2),
        "reads_per_second": round((read_count(count) - reads) / wall, 1),
        "segments_per_second": round((listeners.words - words) / wall, 1),
        "mb_per_second": round((listeners.bytes - received) / wall / 1e6, 2),
    }
    for task in tasks:
        task.cancel()
    return figures


def resident_mib(server: Gateway) -> float:
    return float(server.process.memory_info().rss) / 2**20


# What it costs on Google


def usd_per_hour() -> dict[str, float]:
    """Returns what following one job for an hour adds to its cost, with an instance that would not
    run otherwise."""
    resources = FUNCTIONS["gateway"].resources
    table = prices()
    core = resources.cpu * table.of("cpu_second")
    memory = resources.memory_gib * table.of("gib_second")
    instance = HOUR * (core + memory)
    reads = HOUR * READS_A_SECOND * table.of("document_read")
    return {
        "instance": round(instance, 5),
        "instance_shared_by_80": round(instance / FUNCTIONS["gateway"].concurrency, 5),
        "reads": round(reads, 5),
    }


# The first words


def first_words() -> dict[str, float]:
    """Returns the seconds from the end of the upload of an hour until its words come."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.wav"
        said = speech()
        path.write_bytes(wav(np.resize(said, int(HOUR) * SAMPLE_RATE)))
        cloud = Cloud(Path(folder) / "cloud", {})
        cloud.up()
        try:
            key = (cloud.home.folder / "key").read_text().strip()
            with Client(cloud.home.ports().url("gateway"), key) as client:
                job = client.upload(path)
                began = time.monotonic()
                after = seconds_until_words(client, job.id, began)
                client.cancel(job.id)
        finally:
            cloud.down()
    return {"audio_seconds": HOUR, "seconds": round(after, 1)}


def seconds_until_words(client: Client, job_id: str, began: float) -> float:
    for news in client.follow(job_id, timeout=HOUR):
        if isinstance(news, PartWords):
            return time.monotonic() - began
    raise RuntimeError("the job ended without words")


if __name__ == "__main__":
    main()
