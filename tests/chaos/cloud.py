"""The cloud under attack: on small disks, with the disturber on its lines, a watched job store and
a moved clock."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil

from local.cloud import make_ready
from local.layout import FUNCTIONS, free_ports
from local.supervisor import wait_for_lock
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.runtime.process import die_with_parent
from shared.settings import JobSettings
from tests.chaos.engines import BROKEN, CLOCK, ENVIRONMENT, JOURNAL, PLANTS, STORAGE, STORES
from tests.chaos.supervisor import LINES, NAMES, targets
from tests.chaos.supervisor import STORAGE as STORAGE_LINE
from tests.chaos.wire import Wire
from tests.support.cloud import Cloud
from tests.support.firestore_emulator import FIRESTORE
from tests.support.gcloud_emulator import Running
from tests.support.small_disk import CannotMount, small_disk

DISKS = {"home": 96, "home/buckets": 640, "home/tmp": 64}
"""Megabytes: of the job store, the executions and the logs; of the bucket server's data; of the
stages' temp folder."""
LEASE = float(ENVIRONMENT["DROPSCRIBE_LEASE"])


@dataclass
class Firestore:
    """The emulator, reached by the functions over a wire that can be cut."""

    emulator: Running
    wire: Wire


class ChaosCloud(Cloud):
    def __init__(self, folder: Path, seed: int, store: str) -> None:
        self.folder, self.seed, self.store = folder, seed, store
        self.journal, self.clock, self.temp = (
            folder / "journal",
            folder / "clock.json",
            folder / "home" / "tmp",
        )
        self.plants = folder / "plants"
        self.traces = folder / "traces.jsonl"
        self.disks: list[Path] = []
        self.without: list[str] = []
        """What cannot be done to it here, and why."""
        self.firestore: Firestore | None = None
        self.kill_receivers: Callable[[], None] = lambda: None
        """Kills the receivers of webhooks, where there are any."""
        self.register_webhooks: Callable[[], None] = lambda: None
        """Makes the webhooks, which are lost with the job store."""
        self.api_requests = 0
        """Requests to the gateway that are not answered yet."""
        self.control, *ports = free_ports(1 + len(NAMES))
        self.lines = dict(zip(NAMES, ports, strict=True))
        super().__init__(folder / "home", {**ENVIRONMENT, **STORES[store], **self.surroundings()})

    def surroundings(self) -> dict[str, str]:
        return {
            STORAGE: f"http://127.0.0.1:{self.lines[STORAGE_LINE]}",
            LINES: json.dumps(self.lines),
            JOURNAL: str(self.journal),
            CLOCK: str(self.clock),
            PLANTS: str(self.plants),
            "DROPSCRIBE_TRACES": str(self.traces),
            "K_SERVICE": "cli",
            "DROPSCRIBE_UNANSWERED_AFTER": "10",
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.mount(stack)
            self.temp.mkdir(parents=True, exist_ok=True)
            self.journal.touch()
            self.plants.mkdir()
            (self.plants / BROKEN).touch()
            self.move_clocks({})
            if self.store == "firestore":
                stack.enter_context(self.on_firestore())
            stack.enter_context(self.disturber())
            self.up()
            try:
                yield
            finally:
                self.down()

    def mount(self, stack: ExitStack) -> None:
        try:
            self.disks = [
                stack.enter_context(small_disk(self.folder / name, size))
                for name, size in DISKS.items()
            ]
        except CannotMount as reason:
            self.without.append(str(reason))

    @contextmanager
    def on_firestore(self) -> Iterator[None]:
        emulator = FIRESTORE.started()
        wire = Wire(emulator.port)
        self.firestore = Firestore(emulator, wire)
        self.environment |= {"FIRESTORE_EMULATOR_HOST": wire.host}
        self.environment |= {"GOOGLE_CLOUD_PROJECT": os.environ["GOOGLE_CLOUD_PROJECT"]}
        try:
            yield
        finally:
            wire.close()
            emulator.kill()

    @contextmanager
    def disturber(self) -> Iterator[None]:
        ends = targets(self.home.ports())
        lines = [
            word
            for name, port in self.lines.items()
            for word in ("--line", f"{name}={port}={ends[name]}")
        ]
        control = ("--control", str(self.control), "--seed", str(self.seed))
        command = (sys.executable, "-m", "tests.chaos.disturber", *control, *lines)
        process = subprocess.Popen(command, preexec_fn=die_with_parent)
        try:
            self.until(self.disturber_answers, 30, "disturber")
            yield
        finally:
            process.kill()
            process.wait()

    def disturber_answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.control}/disturbed").is_success
        except httpx.TransportError:
            return False

    def up(self) -> None:
        """As `dropscribe up` does, with the supervisor of chaos."""
        self.home.log("supervisor").parent.mkdir(parents=True, exist_ok=True)
        with self.home.log("supervisor").open("ab") as log:
            command = (sys.executable, "-m", "tests.chaos.supervisor")
            self.supervisor = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        wait_for_lock(self.home, self.supervisor)
        make_ready(self.home)

    def down(self) -> None:
        super().down()
        self.supervisor.wait(30)

    @cached_property
    def job_documents(self) -> Any:
        if self.firestore is None:
            return super().jobs.documents
        os.environ["FIRESTORE_EMULATOR_HOST"] = self.firestore.emulator.host  # not over the wire
        from shared.adapters.firestore import FirestoreDocuments

        return FirestoreDocuments()

    @property
    def jobs(self) -> JobStore:
        return JobStore(self.job_documents, JobSettings(lease=LEASE))

    def settled(self, source: Source) -> bool:
        """A job whose document was lost with the emulator has no state that could be awaited."""
        job = self.jobs.find(source.job_id)
        lost = self.firestore is not None and job is None
        deletes = job is not None and job.audio_deletion == "due"
        return lost or (super().settled(source) and not deletes)

    def mend_engines(self) -> None:
        (self.plants / BROKEN).unlink()

    def known(self, sources: list[Source]) -> list[str]:
        """Returns the ids of the jobs that were not lost with the emulator."""
        jobs = [self.jobs.find(source.job_id) for source in sources]
        return [job.job_id for job in jobs if job is not None]

    def deletions_interrupted(self) -> int:
        return len(list(self.plants.glob("died-*")))

    def disturb(self, rates: Mapping[str, float]) -> None:
        """The share of requests, by line."""
        httpx.put(f"http://127.0.0.1:{self.control}/disturbed", json=dict(rates)).raise_for_status()

    def disturbed(self) -> dict[str, dict[str, int]]:
        return dict(httpx.get(f"http://127.0.0.1:{self.control}/disturbed", timeout=30).json())

    def in_flight(self) -> dict[str, int]:
        """Requests, by line."""
        return self.disturbed()["in_flight"]

    def move_clocks(self, seconds: Mapping[str, float]) -> None:
        """By how much each function's clock is to be wrong."""
        assert set(seconds) <= set(FUNCTIONS)
        moved = self.clock.with_suffix(".new")
        moved.write_text(json.dumps(dict(seconds)))
        moved.replace(self.clock)

    def stragglers(self) -> list[psutil.Process]:
        """Processes of this cloud, whoever their parent is by now."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("DROPSCRIBE_HOME") == str(self.home.folder)
            except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found
