"""How fast the gateway answers, on SQLite and with keys.

    python -m benchmarks.gateway [--jobs 10000]

A gateway process is started as the one-machine cloud starts it, with this many jobs in its store.
Storage and the workflow are in memory, since none of the measured requests needs them. Besides the
time of a request, the seconds of a core are measured that it takes, which other work on the machine
changes less: requests per second of one core follow from them.
"""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import psutil

from benchmarks.machine import keep
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.job import Job
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.model.contracts import Source

REQUESTS = 2000
"""Requests one after another, and again as many by all clients together."""
PAGES = 200
CLIENTS = 8
"""Connections that send requests at once."""
WARM_UP = 200
STARTS = 5
REVOCATIONS = 5
DEADLINE = 30.0
"""Seconds that a gateway may take to start."""


@dataclass(frozen=True)
class Gateway:
    """A gateway process and what is in its store."""

    port: int
    process: psutil.Process
    database: Path

    @property
    def keys(self) -> KeyStore:
        return KeyStore(SqliteDocuments(self.database), clock=time.time)

    def core_seconds(self) -> float:
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    jobs = parser.parse_args().jobs
    load = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "jobs.sqlite"
        ids = add_jobs(database, jobs)
        starts = [start_seconds(database) for _ in range(STARTS)]
        with running_gateway(database) as gateway:
            _, secret = gateway.keys.create("benchmark", ("read",), "", None)
            headers = {"Authorization": f"Bearer {secret}"}
            figures = {
                "jobs_in_the_store": jobs,
                "load_before": round(load, 2),
                "start_seconds": round(median(starts), 2),
                "job": measure(gateway, headers, [f"/api/v1/jobs/{id}" for id in ids], REQUESTS),
                "page_of_50": measure(gateway, headers, ["/api/v1/jobs?limit=50"], PAGES),
                "live": measure(gateway, headers, ["/health/live"], REQUESTS),
                "revoked_after_seconds": revocation_seconds(gateway),
                "memory_mib": round(gateway.process.memory_info().rss / 2**20),
            }
    keep("gateway", figures)


def add_jobs(database: Path, count: int) -> list[str]:
    """Fill the store with jobs that are done. Returns the ids of some of them."""
    store = JobStore(SqliteDocuments(database))
    ids = []
    for number in range(count):
        source = Source(bucket="inbox", name=f"team-{number % 10}/call-{number}.mp3", generation=1)
        job = finished_job(store, source)
        if number % (count // 50) == 0:
            ids.append(job.job_id)
    return ids


def finished_job(store: JobStore, source: Source) -> Job:
    claimed = store.claim(source, 1, "execution")
    assert claimed is not None
    outputs = {"json": f"gs://outbox/{source.name}/transcript.json"}
    store.finish(source.job_id, 1, "done", results=outputs)
    return claimed


@contextmanager
def running_gateway(database: Path, settings: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """Yields a gateway that answers. `settings` are environment variables over the usual ones."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {
        **os.environ,
        "PORT": str(port),
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_JOB_DATABASE": str(database),
        "DROPSCRIBE_BLOB_STORE": "shared.adapters.memory:MemoryBlobs",
        "DROPSCRIBE_EXECUTIONS": "tests.support.gateway:MemoryExecutions",
        "DROPSCRIBE_REQUESTS_PER_MINUTE": "1000000",
        **(settings or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "functions.gateway.main"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        gateway = Gateway(port, psutil.Process(process.pid), database)
        wait_until_live(gateway)
        yield gateway
    finally:
        process.terminate()
        process.wait()


def wait_until_live(gateway: Gateway) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            if ask(gateway.connect(), "/health/live", {}) == 200:
                return
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(f"the gateway does not answer after {DEADLINE} s")


def start_seconds(database: Path) -> float:
    """Returns the seconds from the start of a process to its first answer."""
    started = time.monotonic()
    with running_gateway(database):
        return time.monotonic() - started


def ask(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> int:
    """Returns the status of the answer, which is read."""
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    answer.read()
    return answer.status


def measure(
    gateway: Gateway, headers: Mapping[str, str], paths: list[str], requests: int
) -> dict[str, float]:
    """Returns how long requests take one after another, and how many many clients get at once."""
    timed_requests(gateway, headers, paths, WARM_UP)
    core_before = gateway.core_seconds()
    seconds = timed_requests(gateway, headers, paths, requests)
    core_each = (gateway.core_seconds() - core_before) / requests
    share = requests // CLIENTS
    began = time.monotonic()
    core_before = gateway.core_seconds()
    with ThreadPoolExecutor(CLIENTS) as clients:
        runs = [
            clients.submit(timed_requests, gateway, headers, paths, share) for _ in range(CLIENTS)
        ]
        for run in runs:
            run.result()
    wall = time.monotonic() - began
    core_at_once = (gateway.core_seconds() - core_before) / (share * CLIENTS)
    return {
        "p50_ms": round(1000 * median(seconds), 2),
        "p99_ms": round(1000 * quantiles(seconds, n=100)[98], 2),
        "core_ms": round(1000 * core_each, 2),
        "core_ms_at_once": round(1000 * core_at_once, 2),
        "per_second_of_a_core": round(1 / core_at_once),
        "per_second": round(share * CLIENTS / wall),
    }


def timed_requests(
    gateway: Gateway, headers: Mapping[str, str], paths: list[str], requests: int
) -> list[float]:
    """Returns the seconds of each request, on one connection."""
    seconds = []
    with closing(gateway.connect()) as connection:
        for number in range(requests):
            path = paths[number % len(paths)]
            began = time.perf_counter()
            status = ask(connection, path, headers)
            seconds.append(time.perf_counter() - began)
            assert status == 200, f"{status} for {path}"
    return seconds


def revocation_seconds(gateway: Gateway) -> float:
    """Returns the longest time from the revocation of a key that is in use to its first refusal."""
    return round(max(revoke_once(gateway) for _ in range(REVOCATIONS)), 2)


def revoke_once(gateway: Gateway) -> float:
    key, secret = gateway.keys.create("revoked", ("read",), "", None)
    headers = {"Authorization": f"Bearer {secret}"}
    with closing(gateway.connect()) as connection:
        assert ask(connection, "/api/v1/jobs?limit=1", headers) == 200
        gateway.keys.revoke(key.key_id)
        began = time.monotonic()
        while ask(connection, "/api/v1/jobs?limit=1", headers) != 401:
            time.sleep(0.005)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
