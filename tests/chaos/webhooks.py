"""The webhooks of a cloud under attack, the receivers that get them, and what must be true of what
these got."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from local.layout import free_ports
from local.webhook_secret import ensure_webhook_secret
from shared.jobs.key_store import KeyStore
from shared.jobs.webhook_store import WebhookStore
from shared.runtime.process import die_with_parent
from tests.chaos.claims import Claims
from tests.chaos.cloud import ChaosCloud
from tests.chaos.load import Upload

FOLDERS = {"good": "", "flaky": "chaos/", "mortal": "", "elsewhere": "other/"}
"""Receivers, and the folder whose recordings each is told of. No recording is in `other/`."""
INTERESTED = ("good", "flaky", "mortal")
"""Those that get the end of each job."""
AGE = 60 * 24 * 3600.0
"""Seconds that a webhook is older than the run: an event whose clock is wrong is not before it."""
RACE = 30.0
"""Seconds for which a request may still be on its way after an erasure."""
CHECK = 0.1


@dataclass(frozen=True)
class Arrival:
    """A request that a receiver got."""

    time: float
    """Seconds since the epoch."""
    headers: Mapping[str, str]
    body: str

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def job_id(self) -> str | None:
        """Returns the job that it is about; None if it is about a batch."""
        job_id: str | None = json.loads(self.body)["data"].get("job_id")
        return job_id

    def is_signed_with_one_of(self, secrets: Sequence[str]) -> bool:
        """Returns whether a signature is by one of these secrets, at the time that it names."""
        seconds = int(self.headers["webhook-timestamp"])
        signed = datetime.fromtimestamp(seconds, UTC)
        right = {Webhook(secret).sign(self.event_id, signed, self.body) for secret in secrets}
        signatures = self.headers["webhook-signature"].split(" ")
        return not right.isdisjoint(signatures)


class Webhooks:
    """The receivers' process, which is started again whenever it dies, and their webhooks."""

    def __init__(self, cloud: ChaosCloud) -> None:
        self.cloud = cloud
        self.folder = cloud.folder / "received"
        [self.port] = free_ports(1)
        self.secrets: dict[str, list[str]] = {name: [] for name in FOLDERS}
        """By receiver: that of each webhook that it has had."""
        self.erasures: dict[str | None, float] = {}
        """When the erasure of a job was confirmed, in seconds since the epoch."""

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Runs the receivers."""
        self.folder.mkdir()
        self.process = self.start()
        ends = threading.Event()
        keeper = threading.Thread(target=self.keep_running, args=(ends,))
        keeper.start()
        try:
            self.cloud.until(self.answers, 30, "receiver")
            yield
        finally:
            ends.set()
            keeper.join()
            self.process.kill()
            self.process.wait()

    def start(self) -> subprocess.Popen[bytes]:
        options = ("--port", str(self.port), "--folder", str(self.folder))
        command = (sys.executable, "-m", "tests.chaos.receivers", *options)
        return subprocess.Popen(command, preexec_fn=die_with_parent)

    def keep_running(self, ends: threading.Event) -> None:
        while not ends.wait(CHECK):
            if self.process.poll() is not None:
                self.process = self.start()

    def kill(self) -> None:
        self.process.kill()

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/").is_success
        except httpx.TransportError:
            return False

    def register(self) -> None:
        """Makes a webhook for each receiver, as old as if clocks were never wrong."""
        documents, home = self.cloud.job_documents, self.cloud.home
        key, _ = KeyStore(documents, time.time).create("receivers", ("read",), "", None)
        store = WebhookStore(documents, ensure_webhook_secret(home), lambda: time.time() - AGE)
        for name, folder in FOLDERS.items():
            url = f"http://127.0.0.1:{self.port}/{name}"
            webhook = store.create(url, folder, (), name, key.key_id)
            self.secrets[name] += store.signing_secrets(webhook)

    def arrivals(self, name: str) -> list[Arrival]:
        """Returns what a receiver got, in its order."""
        file = self.folder / name
        lines = file.read_text().splitlines() if file.exists() else []
        return [Arrival(**json.loads(line)) for line in lines]

    def missing(self, uploads: Sequence[Upload], batches: Sequence[str]) -> list[str]:
        """Returns the ends of jobs, and of the batches with these ids, that a receiver has not got,
        with its name. The batches are of the whole inbox."""
        ends = self.ends_of(uploads)
        ends_of_batches = {f"{batch_id}-done" for batch_id in batches}
        missing = []
        for name in INTERESTED:
            expected = ends if FOLDERS[name] else ends | ends_of_batches
            got = {arrival.event_id for arrival in self.arrivals(name)}
            missing += [f"{name} {event_id}" for event_id in sorted(expected - got)]
        return missing

    def ends_of(self, uploads: Sequence[Upload]) -> set[str]:
        """Returns the ids of the events that the last ends of these jobs are."""
        jobs = [self.cloud.jobs.find(upload.source.job_id) for upload in uploads]
        return {f"{job.job_id}-{job.run}-{job.state}" for job in jobs if job is not None}

    def claim(self, claims: Claims, uploads: Sequence[Upload], batches: Sequence[str]) -> None:
        """What must be true when all has been sent. If the job store was lost, an event may be lost
        with it, and so may the tombstone of an erased recording, whose job then ends once more."""
        is_excused = claims.tombstones_were_lost()
        missing = [] if is_excused else self.missing(uploads, batches)
        claims.claim("not sent", not missing, f"ends that did not arrive: {missing[:3]}")
        for name, secrets in self.secrets.items():
            arrivals = self.arrivals(name)
            forged = [each.event_id for each in arrivals if not each.is_signed_with_one_of(secrets)]
            claims.claim("not signed", not forged, f"{name} got {forged[:3]} without a signature")
            late = [] if is_excused else [each.event_id for each in arrivals if self.is_late(each)]
            claims.claim("sent otherwise", not late, f"{name} got {late[:3]} after the erasure")
        strange = self.arrivals("elsewhere")
        claims.claim("sent otherwise", not strange, f"{len(strange)} events of another folder")

    def is_late(self, arrival: Arrival) -> bool:
        """Returns whether something about an erased recording arrived after the erasure."""
        erased = self.erasures.get(arrival.job_id)
        return erased is not None and arrival.time > erased + RACE

    def figures(self) -> dict[str, Any]:
        """Returns how many requests each receiver got."""
        return {name: len(self.arrivals(name)) for name in FOLDERS}
