"""How soon and how surely the end of a job reaches a webhook, on one machine.

    python -m benchmarks.webhooks [--jobs 20] [--events 200] [--kills 1000]

First the seconds from an answer to the arrival of its webhook: of jobs of a one-machine cloud whose
engines do nothing, and of events alone. Then notify, its workers, the bridge and the
receiver are killed at random moments while events are on their way, and are started again; at last
it is counted which events arrived, how often, and whether their signatures were valid. The receiver
is a program of its own, which verifies with the standardwebhooks library.

After the kills the clock is put forward, so that the hours until the next tries need not pass.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psutil

from benchmarks import shifted_clock
from benchmarks.machine import keep
from benchmarks.orchestration import CLIP
from emulators.storage.tests.server import free_port
from local.layout import ROOT
from shared.adapters.queued_events import QueuedEvents
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.events import cloud_event
from shared.jobs.webhook_store import WebhookStore
from shared.model.stages import FUNCTIONS
from shared.runtime.process import die_with_parent
from tests.support.cloud import Cloud
from tests.support.noop import ENVIRONMENT
from tests.support.webhooks import SECRET, Stores, event_id

START_SECONDS = 60.0
"""Seconds that a process may take to start."""
SPREAD = 0.5
"""A job follows another's webhook by at most so many seconds, so that jobs end at all moments
between two looks into the queue."""
EVENTS_PER_KILL = 3
MOMENT = 0.4
"""A kill follows these events by at most so many seconds, in which they are delivered."""
VICTIMS = {"worker": 45, "receiver": 35, "notify": 10, "bridge": 10}
"""How often each is killed, in percent."""
DAY = 90_000.0
"""Seconds by which the clock is put forward: more than any pause between two tries."""
ROUNDS = 6
"""Times that the clock is put forward at most."""
ROUND_SECONDS = 120.0
"""Seconds that a round may take until everything has arrived."""


@dataclass
class Program:
    """A process that is started again after each kill."""

    command: tuple[str, ...]
    url: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdout=out,
                stderr=out,
                cwd=ROOT,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up():
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def is_up(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(self.url, timeout=5).is_success
        return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_worker(self) -> bool:
        """Kill the process that works for this one. Returns whether there was one."""
        assert self.process is not None
        killed = 0
        for worker in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it was killed before, and is gone by now
                worker.kill()
                killed += 1
        return killed > 0


@dataclass
class Deployment:
    """The processes between the end of a job and its receiver, and their stores."""

    folder: Path
    published: dict[str, float] = field(default_factory=dict)
    """When each event was published, by its id."""

    def __post_init__(self) -> None:
        self.offset = self.folder / "clock"
        self.notes = self.folder / "received.jsonl"
        self.put_forward(0.0)
        os.environ[shifted_clock.FILE] = str(self.offset)
        documents = SqliteDocuments(self.folder / "jobs.sqlite")
        self.stores = Stores(documents)
        self.queue = QueuedEvents(documents, clock=shifted_clock.now)
        ports = {name: free_port() for name in ("notify", "bridge", "receiver")}
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        webhook = self.stores.webhook(f"{urls['receiver']}/hook")
        (secret,) = self.stores.webhooks.signing_secrets(webhook)
        self.receiver = receiver_program(self.folder, ports["receiver"], secret)
        self.notify = self.program("notify", "functions_framework", {}, urls["notify"])
        self.notify.environment = {
            **self.notify.environment,
            "PORT": str(ports["notify"]),
            "HOST": "127.0.0.1",
            "FUNCTION_SOURCE": str(ROOT / "functions" / "notify" / "main.py"),
            "FUNCTION_TARGET": "main",
            "WORKERS": "1",
            "THREADS": str(FUNCTIONS["notify"].local_threads),
        }
        self.bridge = self.program(
            "bridge",
            "local.bridge",
            {"--port": str(ports["bridge"]), "--notify": urls["notify"]},
            f"{urls['bridge']}/health",
        )

    @property
    def programs(self) -> tuple[Program, ...]:
        return self.receiver, self.notify, self.bridge

    def program(self, name: str, module: str, options: Mapping[str, str], url: str) -> Program:
        arguments = [text for option in options.items() for text in option]
        environment = {
            shifted_clock.FILE: str(self.offset),
            "DROPSCRIBE_CLOCK": "benchmarks.shifted_clock:now",
            "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
            "DROPSCRIBE_JOB_DATABASE": str(self.folder / "jobs.sqlite"),
            "DROPSCRIBE_WEBHOOK_SECRET": SECRET,
            "DROPSCRIBE_WEBHOOK_HOSTS": '["127.0.0.1"]',
        }
        command = (sys.executable, "-m", module, *arguments)
        return Program(command, url, environment, self.folder / f"{name}.log")

    def put_forward(self, seconds: float) -> None:
        """Put the clock of all processes forward. The file is replaced as a whole."""
        replacement = self.offset.with_suffix(".new")
        replacement.write_text(str(seconds))
        replacement.rename(self.offset)

    def publish(self) -> None:
        """End a job, and queue its event."""
        job = self.stores.ended(generation=len(self.published) + 1)
        self.published[event_id(job)] = time.time()
        self.queue.publish(cloud_event(job))

    def wait_until_delivered(self, seconds: float) -> bool:
        """Returns whether the queue is empty within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.queue.waiting():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def receiver_program(folder: Path, port: int, secret: str) -> Program:
    """Returns the receiver, which notes in a file of the folder what arrives."""
    notes = folder / "received.jsonl"
    notes.touch()
    command = (
        *(sys.executable, "-m", "benchmarks.webhook_receiver"),
        *("--port", str(port), "--secret", secret, "--notes", str(notes)),
    )
    environment = {shifted_clock.FILE: str(folder / "clock")}
    return Program(command, f"http://127.0.0.1:{port}", environment, folder / "receiver.log")


def received(notes: Path) -> list[dict[str, Any]]:
    """Returns the receiver's notes. A line that its kill cut off is no note."""
    found = []
    for line in notes.read_text().splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


@contextmanager
def deployment() -> Iterator[Deployment]:
    """Gives a deployment that runs, and ends it."""
    with tempfile.TemporaryDirectory() as folder:
        deployed = Deployment(Path(folder))
        try:
            for program in deployed.programs:
                program.start()
            yield deployed
        finally:
            for program in deployed.programs:
                if program.process is not None:
                    program.kill()


def of_jobs(jobs: int) -> dict[str, Any]:
    """Returns the seconds from the end of a job of a whole cloud to its arrival, one job after
    another."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        cloud = Cloud(folder / "cloud", ENVIRONMENT)
        cloud.up()
        try:
            return arrivals_of(cloud, folder, jobs)
        finally:
            cloud.down()


def arrivals_of(cloud: Cloud, folder: Path, jobs: int) -> dict[str, Any]:
    """Returns the figures of jobs that run on a cloud."""
    documents = SqliteDocuments(cloud.home.jobs)
    secret = cloud.home.webhook_secret.read_text().strip()
    webhooks = WebhookStore(documents, secret, time.time)
    key, _ = cloud.keys.create("benchmark", ("admin",), "", None)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    webhook = webhooks.create(f"{url}/hook", "", (), "", key.key_id)
    notes = folder / "received.jsonl"
    clock = folder / "clock"
    clock.write_text("0")
    program = receiver_program(folder, port, webhooks.signing_secrets(webhook)[0])
    program.start()
    try:
        ended = dict(one_job(cloud, f"call-{number}.wav", notes) for number in range(jobs))
        return figures_of(ended, received(notes))
    finally:
        program.kill()


def one_job(cloud: Cloud, name: str, notes: Path) -> tuple[str, float]:
    """Returns the id of a job's event and when the job ended, once its webhook has arrived."""
    time.sleep(random.uniform(0, SPREAD))
    source = cloud.upload(name, CLIP)
    cloud.answer(source)
    job = cloud.job(source)
    assert job.ended is not None
    id = event_id(job)
    cloud.until(lambda: any(note["event_id"] == id for note in received(notes)), 60, "webhook")
    return id, job.ended.timestamp()


def of_events(events: int) -> dict[str, Any]:
    """Returns the seconds from publishing an event to its arrival, one event after another."""
    with deployment() as deployed:
        for _ in range(events):
            time.sleep(random.uniform(0, SPREAD))
            deployed.publish()
            assert deployed.wait_until_delivered(60)
        return figures_of(deployed.published, received(deployed.notes))


def figures_of(sent: Mapping[str, float], notes: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns how many seconds lay between the times at which events were sent and noted."""
    arrivals = {note["event_id"]: note["time"] for note in notes if note["is_signed"]}
    seconds = [arrivals[id] - time for id, time in sent.items()]
    return {
        "count": len(seconds),
        "seconds_median": round(median(seconds), 3),
        "seconds_p95": round(quantiles(seconds, n=20, method="inclusive")[-1], 3),
        "seconds_max": round(max(seconds), 3),
    }


def survival(kills: int, seed: int) -> dict[str, Any]:
    """Returns what became of the events while so many processes were killed."""
    random.seed(seed)
    killed: Counter[str] = Counter()
    began = time.monotonic()
    with deployment() as deployed:
        while killed.total() < kills:
            for _ in range(EVENTS_PER_KILL):
                deployed.publish()
            time.sleep(random.uniform(0, MOMENT))
            killed += kill_one(deployed)
        under_kills = time.monotonic() - began
        settle(deployed)
        return {
            "kills": dict(killed),
            "seed": seed,
            "seconds_of_kills": round(under_kills),
            **counts(deployed),
        }


def kill_one(deployed: Deployment) -> Counter[str]:
    """Kill a process, and start it again. Returns which it was."""
    (victim,) = random.choices(list(VICTIMS), list(VICTIMS.values()))
    if victim == "worker":
        has_worker = deployed.notify.kill_worker()
        return Counter({victim: int(has_worker)})
    program: Program = getattr(deployed, victim)
    program.kill()
    program.start()
    return Counter({victim: 1})


def settle(deployed: Deployment) -> None:
    """Put the clock forward, again and again, until everything has arrived. The bridge is started
    anew each time, since it would wait for up to ten minutes between two pushes."""
    for number in range(1, ROUNDS + 1):
        if deployed.wait_until_delivered(ROUND_SECONDS if number > 1 else 1.0):
            return
        deployed.put_forward(number * DAY)
        deployed.bridge.kill()
        deployed.bridge.start()
    deployed.wait_until_delivered(ROUND_SECONDS)


def counts(deployed: Deployment) -> dict[str, int]:
    """Returns how many events were published, lost and unsigned, and how many copies arrived."""
    notes = received(deployed.notes)
    accepted = Counter(note["event_id"] for note in notes if note["is_signed"])
    return {
        "events": len(deployed.published),
        "lost": len(deployed.published.keys() - accepted.keys()),
        "unsigned": sum(not note["is_signed"] for note in notes),
        "copies": accepted.total() - len(accepted),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    figures = {
        "of_jobs": of_jobs(arguments.jobs),
        "of_events": of_events(arguments.events),
        "killed": survival(arguments.kills, arguments.seed),
    }
    keep("webhooks", figures)


if __name__ == "__main__":
    main()
