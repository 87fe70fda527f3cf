"""What traces add to a warm job whose models do nothing.

    python -m benchmarks.traces [--jobs 300]

A job is six requests, as one with a single chunk has: each fetches an input, computes nothing, and
stores an output and its result, with the job documents in SQLite and the objects in memory. Jobs
without traces, with a file and with a collector on this machine take turns, in alternating order,
so that other work on the machine changes all three alike. The collector is a process of its own
that answers at once.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.machine import keep
from shared.adapters.memory import MemoryBlobs
from shared.adapters.otlp import OtlpFile, OtlpHttp, address_of_traces, post_to_collector
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.layout import work_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Engine, Params, Source, StageRequest
from shared.ports.spans import SpanExporter
from shared.runtime.background_export import BackgroundExporter
from shared.runtime.execution import execute, store_output
from shared.runtime.job_traces import run_to_trace, trace_end
from shared.runtime.spans import request_spans, trace_span
from shared.runtime.stage import Output, SingleOutput, Stage, StageInput
from shared.runtime.traced_blobs import TracedBlobs

REQUESTS = 6
"""prepare, detect, transcribe, align, diarize and finalize."""
WARM_UP = 20


class Nothing(Params):
    """Parameters of a stage that computes nothing."""


def compute(stage_input: StageInput[Nothing]) -> Iterator[Output]:
    with trace_span("model"):
        output = SingleOutput("output", stage_input.params)
    yield output


STAGE = Stage("align", "1", Nothing, compute, lambda _: Engine(name="none", version="1"))


class Collector(BaseHTTPRequestHandler):
    """Reads each request and answers it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def collect(connection: Connection) -> None:
    """Serves a collector, after its port was sent."""
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        connection.send(server.server_port)
        server.serve_forever()


@contextmanager
def collector() -> Iterator[str]:
    """Yields the address of a collector."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=collect, args=(theirs,))
    process.start()
    try:
        port = ours.recv()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


class Taken(NamedTuple):
    """What a job takes."""

    wall: float
    """In seconds."""
    core: float
    """Seconds of a core, which other work on the machine changes less."""


class Jobs:
    """Runs jobs one after another."""

    def __init__(self, folder: Path) -> None:
        self.jobs = JobStore(SqliteDocuments(folder / "jobs.sqlite"))
        self.stored = MemoryBlobs(time.time)
        self.number = 0

    def run(self, exporter: SpanExporter | None) -> Taken:
        """Returns what the requests of a job take."""
        self.number += 1
        source = Source(bucket="inbox", name=f"{self.number}.wav", generation=1)
        self.jobs.claim(source, 1, "execution")
        artifact = self.input_of(source)
        core, began = time.process_time(), time.perf_counter()
        for part in range(REQUESTS):
            self.request(source, artifact, part, exporter)
        return Taken(time.perf_counter() - began, time.process_time() - core)

    def input_of(self, source: Source) -> Artifact:
        """Stores an input. Returns its artifact."""
        output = SingleOutput("input", Nothing())
        return store_output(work_uri(source, "prepare"), output, self.stored)

    def request(
        self, source: Source, artifact: Artifact, part: int, exporter: SpanExporter | None
    ) -> None:
        """Handles a request as functions do. The last one ends the run."""
        blobs = self.stored if exporter is None else TracedBlobs(self.stored)
        params = {"part": part}
        request = StageRequest(source=source, inputs={"input": artifact}, params=params)
        find_run = partial(run_to_trace, self.jobs)
        with request_spans("align", exporter, find_run, source.job_id):
            execute(STAGE, request, blobs, self.jobs)
            if part == REQUESTS - 1:
                self.jobs.finish(source.job_id, 1, "done")
                trace_end(source.job_id, self.jobs)


def measure(count: int) -> dict[str, Any]:
    """Returns what jobs take, and what traces add to them."""
    with tempfile.TemporaryDirectory() as folder, collector() as address:
        http = OtlpHttp(partial(post_to_collector, address_of_traces(address)))
        exporters: dict[str, SpanExporter | None] = {
            "off": None,
            "file": OtlpFile(Path(folder) / "traces.jsonl"),
            "collector": BackgroundExporter(http.send),
        }
        jobs = Jobs(Path(folder))
        taken: dict[str, list[Taken]] = {name: [] for name in exporters}
        for round_number in range(WARM_UP + count):
            order = list(exporters) if round_number % 2 else list(reversed(exporters))
            for name in order:
                job = jobs.run(exporters[name])
                if round_number >= WARM_UP:
                    taken[name].append(job)
    figures: dict[str, Any] = {"jobs": count, "requests_per_job": REQUESTS}
    for kind in Taken._fields:
        figures[f"{kind}_ms"] = medians(taken, kind)
    return figures


def medians(taken: Mapping[str, list[Taken]], kind: str) -> dict[str, float]:
    """Returns the medians of a job, and of the differences between jobs that ran one after the
    other, in milliseconds."""
    plain = [getattr(job, kind) for job in taken["off"]]
    figures = {"off": round(median(plain) * 1000, 2)}
    for name in ("file", "collector"):
        traced = [getattr(job, kind) for job in taken[name]]
        pairs = zip(traced, plain, strict=True)
        differences = [with_traces - without for with_traces, without in pairs]
        figures[f"added_by_{name}"] = round(median(differences) * 1000, 2)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traces")
    parser.add_argument("--jobs", type=int, default=300, help="Jobs of each kind.")
    arguments = parser.parse_args()
    keep("traces", measure(arguments.jobs))


if __name__ == "__main__":
    main()
