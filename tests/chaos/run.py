"""A load, the faults that strike while it is worked on, and what must be true at the end."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from google.api_core.exceptions import GoogleAPICallError
from requests import RequestException

from local.home import OUTBOX, free_ports
from shared.contracts import Source
from tests.chaos.engines import ENVIRONMENT, STORAGE
from tests.chaos.faults import FAULTS, running_tasks
from tests.cloud import Cloud
from tests.recordings import speech, wav

SWEEP = 5.0
"""Seconds between two calls of reconcile."""
STRIKE = 0.45
"""Seconds from strike to strike, on average; uploads last as long as the strikes that are wanted."""
OVERWRITTEN = 0.1
"""Share of the recordings that get a second generation while the first is worked on."""
BROKEN = 0.05
"""Share of the recordings that are none, and must be answered with a problem."""


@dataclass
class Upload:
    """What lies in the inbox, and how it must be answered."""

    source: Source
    seconds: int
    broken: bool
    options: dict[str, str]


@dataclass
class Report:
    seed: int
    jobs: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    """Faults that struck nothing alive."""
    extra_stage_runs: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Chaos:
    """`seed` chooses load and faults; what they meet is up to the machine."""

    def __init__(self, folder: Path, seed: int, jobs: int, faults: int, real: int, rate: float = 0.04) -> None:
        self.dice = random.Random(seed)
        self.report, self.jobs, self.wanted, self.real = Report(seed), jobs, faults, real
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.rate = rate
        self.known: dict[tuple[object, ...], dict[str, Any]] = {}
        """Undisturbed answers, by kind of recording."""
        self.cloud = Cloud(folder, {**ENVIRONMENT, STORAGE: self.url, "DROPSCRIBE_UNANSWERED_AFTER": "10"})

    def __call__(self) -> Report:
        began = time.monotonic()
        with self.disturber():
            self.cloud.up()
            try:
                uploads = self.under_attack()
                self.calm_down(uploads)
                self.inspect(uploads)
                processes = self.cloud.everything()
            finally:
                self.cloud.down()
        _, left = psutil.wait_procs(processes, timeout=15)
        self.claim(not [process for process in left if process.status() != psutil.STATUS_ZOMBIE], "processes are left")
        self.report.seconds = round(time.monotonic() - began, 1)
        return self.report

    @contextmanager
    def disturber(self) -> Iterator[None]:
        server = self.cloud.home.ports().url("bucket")
        command = (
            sys.executable, "-m", "tests.chaos.disturber", "--port", str(self.port), "--server", server,
            "--seed", str(self.report.seed), "--rate", "0",
        )  # fmt: skip
        process = subprocess.Popen(command)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def under_attack(self) -> list[Upload]:
        """Upload and strike until enough faults have counted and everything is uploaded."""
        httpx.put(f"{self.url}/disturbed", content=str(self.rate)).raise_for_status()
        with ThreadPoolExecutor(1) as uploader:
            uploading = uploader.submit(self.upload_all)
            swept = time.monotonic()
            while not uploading.done() or (self.counted() < self.wanted and self.unanswered(uploading.result())):
                self.strike()
                if time.monotonic() - swept > SWEEP:
                    self.sweep()
                    swept = time.monotonic()
            return uploading.result()

    def strike(self) -> None:
        names = list(FAULTS)
        name = self.dice.choices(names, [weight for _, weight in FAULTS.values()])[0]
        struck = False
        with suppress(httpx.HTTPError, psutil.Error):
            struck = FAULTS[name][0](self.cloud, self.dice)
        count = self.report.faults if struck else self.report.missed
        count[name] = count.get(name, 0) + 1
        time.sleep(self.dice.uniform(0, 2 * STRIKE))

    def counted(self) -> int:
        return sum(self.report.faults.values())

    def upload_all(self) -> list[Upload]:
        uploads = []
        dice = random.Random(f"{self.report.seed} uploads")
        for number in range(self.jobs):
            upload = self.upload(number, first=True)
            if dice.random() < OVERWRITTEN:
                upload = self.upload(number, first=False)
            time.sleep(dice.uniform(0, 2 * STRIKE * self.wanted / self.jobs))
            uploads.append(upload)
            self.report.jobs += 1
        return uploads

    def upload(self, number: int, first: bool) -> Upload:
        dice = random.Random(f"{self.report.seed} {number} {first}")
        seconds, broken = dice.randint(2, 12), dice.random() < BROKEN
        options = {"language": "en"} | ({"model": "base"} if number < self.real else {})
        sound = wav(speech()[: seconds * 16_000])
        data = b"%PDF-1.7" + sound if broken else sound
        while True:
            with suppress(GoogleAPICallError, RequestException, ConnectionError):
                return Upload(self.cloud.upload(f"chaos/{number:04}.wav", data, options), seconds, broken, options)
            time.sleep(0.5)

    def unanswered(self, uploads: list[Upload]) -> list[Upload]:
        with suppress(GoogleAPICallError, RequestException, ConnectionError):
            return [upload for upload in uploads if self.cloud.commit_mark(upload.source) is None]
        return uploads

    def sweep(self) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(self.cloud.home.ports().url("reconcile"), json={}, timeout=30)

    def calm_down(self, uploads: list[Upload], patience: float = 900) -> None:
        """No more faults: everything must come to its answer."""
        told = httpx.get(f"{self.url}/disturbed").json()["done"]
        self.report.faults.update({f"storage: {kind}": count for kind, count in told.items() if kind != "none"})
        httpx.put(f"{self.url}/disturbed", content="0").raise_for_status()
        deadline = time.monotonic() + patience
        while (left := self.unsettled(uploads)) and time.monotonic() < deadline:
            self.sweep()
            time.sleep(2)
        for upload in left:
            self.claim(False, f"{upload.source.name} was not answered")

    def unsettled(self, uploads: list[Upload]) -> list[Upload]:
        return self.unanswered(uploads) or [each for each in uploads if not self.cloud.settled(each.source)]

    def inspect(self, uploads: list[Upload]) -> None:
        """From outside, with a plain storage client."""
        for upload in uploads:
            self.inspect_answer(upload, self.cloud.files(upload.source.name))
        expected = {f"{upload.source.name}/" for upload in uploads}
        found = [blob.name for blob in self.cloud.client.list_blobs(OUTBOX, prefix="chaos/")]
        stray = [name for name in found if f"{name.rpartition('/')[0]}/" not in expected]
        self.claim(not stray, f"stray objects in the outbox: {stray[:3]}")
        self.claim(not running_tasks(self.cloud), "leases are left")
        tasks = [task for upload in uploads for task in self.cloud.jobs.tasks(upload.source.job_id)]
        self.report.extra_stage_runs = sum(max(task.attempts - 1, 0) for task in tasks)
        self.claim(all(task.state != "running" for task in tasks), "tasks are left running")

    def inspect_answer(self, upload: Upload, files: dict[str, bytes]) -> None:
        name = upload.source.name
        marks = files.keys() & {"transcript.json", "problem.json"}
        wanted = "problem.json" if upload.broken else "transcript.json"
        self.claim(marks == {wanted}, f"{name} has {sorted(marks)} instead of {wanted}")
        if marks != {wanted} or upload.broken:
            return
        transcript: dict[str, Any] = json.loads(files["transcript.json"])
        self.claim(transcript["job"]["generation"] == upload.source.generation, f"{name} answers another generation")
        self.claim(abs(transcript["media"]["duration"] - upload.seconds) < 0.01, f"{name} has another length")
        self.claim(essence(transcript) == self.undisturbed(upload), f"{name} has another answer than without faults")

    def undisturbed(self, upload: Upload) -> dict[str, Any]:
        """The answer to the same recording when nothing is done to the cloud; one for each kind."""
        kind = (upload.seconds, *sorted(upload.options.items()))
        if kind not in self.known:
            data = wav(speech()[: upload.seconds * 16_000])
            source = self.cloud.upload(f"calm/{len(self.known)}.wav", data, upload.options)
            self.known[kind] = essence(self.cloud.answer(source, 300).transcript)
        return self.known[kind]

    def claim(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.report.wrong.append(otherwise)


def essence(transcript: dict[str, Any]) -> dict[str, Any]:
    """What may not differ from run to run."""
    kept = ("media", "options", "language", "text", "segments", "words", "speakers", "turns", "overlaps", "quality")
    return {key: transcript[key] for key in kept}
