"""How soon and how surely the end of a job reaches a webhook, on one machine.

    python -m benchmarks.webhooks [--events 200] [--kills 1000]

First the seconds from the end of a job to its arrival. Then notify, its workers, the bridge and the
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
from emulators.storage.tests.server import free_port
from local.layout import ROOT
from shared.adapters.queued_events import QueuedEvents
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.events import cloud_event
from shared.model.stages import FUNCTIONS
from shared.runtime.process import die_with_parent
from tests.support.webhooks import SECRET, Stores, event_id

START_SECONDS = 60.0
"""Seconds that a process may take to start."""
MOMENT = 0.15
"""A kill follows an event by at most so many seconds."""
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
        workers = psutil.Process(self.process.pid).children()
        for worker in workers:
            worker.kill()
        return bool(workers)


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
        self.receiver = self.program(
            "receiver",
            "benchmarks.webhook_receiver",
            {"--port": str(ports["receiver"]), "--secret": secret, "--notes": str(self.notes)},
            urls["receiver"],
        )
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

    def received(self) -> list[dict[str, Any]]:
        """Returns the receiver's notes. A line that its kill cut off is no note."""
        notes = []
        for line in self.notes.read_text().splitlines():
            with suppress(ValueError):
                notes.append(json.loads(line))
        return notes

    def wait_until_delivered(self, seconds: float) -> bool:
        """Returns whether the queue is empty within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.queue.waiting():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


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


def latency(events: int) -> dict[str, Any]:
    """Returns the seconds from publishing an event to its arrival, one event after another."""
    with deployment() as deployed:
        for _ in range(events):
            deployed.publish()
            assert deployed.wait_until_delivered(60)
        arrivals = {note["event_id"]: note["time"] for note in deployed.received()}
        seconds = [arrivals[id] - time for id, time in deployed.published.items()]
    return {
        "events": events,
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
    notes = deployed.received()
    accepted = Counter(note["event_id"] for note in notes if note["is_signed"])
    return {
        "events": len(deployed.published),
        "lost": len(deployed.published.keys() - accepted.keys()),
        "unsigned": sum(not note["is_signed"] for note in notes),
        "copies": accepted.total() - len(accepted),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    figures = {
        "arrival": latency(arguments.events),
        "killed": survival(arguments.kills, arguments.seed),
    }
    keep("webhooks", figures)


if __name__ == "__main__":
    main()
