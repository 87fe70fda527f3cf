"""A load, and the faults that strike while it is worked on."""

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from google.api_core.exceptions import GoogleAPICallError
from requests import RequestException

from shared.model.contracts import Source
from shared.model.errors import StageError
from tests.chaos.api_clients import ApiClients, keeps_listing
from tests.chaos.claims import Claims
from tests.chaos.cloud import ChaosCloud
from tests.chaos.editors import Editors
from tests.chaos.faults import FAULTS, active_executions, kill
from tests.chaos.feed import Feed
from tests.chaos.load import Upload, made
from tests.chaos.supervisor import NAMES
from tests.chaos.traces import claim_of_traces
from tests.chaos.webhooks import Webhooks

RATES = {name: 0.06 for name in NAMES} | {"storage": 0.03, "events": 0.25}
"""The share of requests on each line that are disturbed."""
SWEEP = 5.0
"""Seconds between two calls of reconcile."""
STRIKE = 0.45
"""Seconds from strike to strike, on average; uploads last as long as the strikes that are
wanted."""
OVERWRITTEN = 0.1
"""Share of the recordings that get a second generation while the first is worked on."""
ERASED = 6
"""One of so many recordings is erased while it is worked on."""
LATER = 2400.0
"""Seconds by which notify's clock goes ahead, again and again, once nothing is done to the cloud.
What failed twice would else be tried again after five minutes, and then after half an hour."""
PATIENCE = 900.0
"""Seconds until everything must be answered once nothing is done to the cloud any more."""


@dataclass
class Report:
    seed: int
    store: str
    jobs: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    """Faults that struck when no lease and no request was live. They do not count."""
    refusals: dict[str, int] = field(default_factory=dict)
    """What the parts themselves answered meanwhile, by line and status."""
    broken_claims: dict[str, int] = field(default_factory=dict)
    extra_stage_runs: int = 0
    incomplete: int = 0
    """Answers without speakers or exact times, which a redrive completed."""
    api_answers: dict[str, int] = field(default_factory=dict)
    """How often the gateway answered each kind of request with each status."""
    webhooks: dict[str, int] = field(default_factory=dict)
    """How many requests each receiver of webhooks got."""
    feed_events: int = 0
    """Events that a client of the feed read, each once."""
    batches: int = 0
    """Batches that were made, each of which ended once."""
    edits: dict[str, int] = field(default_factory=dict)
    """How often a save of edits was answered with each status."""
    traces: int = 0
    """Traces of runs that ended, each one tree without gaps."""
    deletions_interrupted: int = 0
    """Times that finalize was killed right before it deleted audio."""
    left_out: list[str] = field(default_factory=list)
    """Faults that cannot be made here, and why."""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Chaos:
    """`seed` chooses the load, the faults and their order; what they meet is up to the machine."""

    def __init__(
        self, folder: Path, seed: int, jobs: int, faults: int, real: int, store: str = "sqlite"
    ) -> None:
        self.report, self.jobs, self.wanted, self.real = Report(seed, store), jobs, faults, real
        self.cloud = ChaosCloud(folder, seed, store)
        self.webhooks = Webhooks(self.cloud)
        self.faults = FAULTS[store]
        self.struck: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.erased: list[Source] = []
        """Recordings that were erased while their jobs ran."""

    def __call__(self) -> Report:
        began = time.monotonic()
        claims = Claims(self.cloud)
        with self.webhooks.receiving(), self.cloud.running():
            self.cloud.kill_receivers = self.webhooks.kill
            self.cloud.register_webhooks = self.webhooks.register
            self.webhooks.register()
            self.clients = ApiClients(self.cloud)
            self.feed = Feed(self.clients)
            self.editors = Editors(self.clients, self.report.seed)
            with keeps_listing(self.clients), self.feed.reading(), self.editors.editing():
                uploads = self.under_attack()
            self.calm_down()
            self.settle(uploads, claims)
            self.mend(uploads, claims)
            self.draw_everything()
            self.editors.claim(claims, uploads)
            self.send_everything(uploads, claims)
            self.webhooks.claim(claims, uploads, self.feed.batches)
            self.feed.claim(claims, self.webhooks.ends_of(uploads), self.erased)
            claims.of_a_cloud_at_rest(uploads)
            if not claims.tombstones_were_lost():
                self.report.traces = claim_of_traces(claims, uploads)
            claims.of_the_api(self.clients, self.erased)
            claims.of_its_journal()
            sessions = self.cloud.disturbed()["sessions"]["asked"]
            self.cloud.down()
            claims.of_what_is_left(self.clients, sessions)
        self.tell(claims)
        self.report.seconds = round(time.monotonic() - began, 1)
        return self.report

    def mend(self, uploads: list[Upload], claims: Claims) -> None:
        """The engines work again, and a person completes the answers of recordings that they failed
        at for good until now, by the API."""
        incomplete = [upload for upload in uploads if upload.recording.missing]
        claims.of_incomplete_answers(incomplete)
        self.report.incomplete = len(incomplete)
        self.cloud.mend_engines()
        for job_id in self.cloud.known([upload.source for upload in incomplete]):
            self.clients.redrive(job_id)
        self.settle(uploads, claims)
        claims.of_completed_answers(incomplete)
        self.report.deletions_interrupted = self.cloud.deletions_interrupted()

    def draw_everything(self) -> None:
        """Have all edits drawn that are still due."""
        deadline = time.monotonic() + PATIENCE
        while self.editors.undrawn() and time.monotonic() < deadline:
            self.sweep()
            time.sleep(2)

    def send_everything(self, uploads: list[Upload], claims: Claims) -> None:
        """Bring every end of a job to every receiver and into the feed, unless some were lost with
        the emulator."""
        if claims.tombstones_were_lost():
            return
        deadline = time.monotonic() + PATIENCE
        ahead = 0.0
        while self.is_something_missing(uploads) and time.monotonic() < deadline:
            self.sweep()
            self.cloud.move_clocks({"notify": ahead})
            kill(self.cloud, "bridge")  # which tries everything again when it is started
            time.sleep(SWEEP)
            ahead += LATER
        self.cloud.move_clocks({})

    def is_something_missing(self, uploads: list[Upload]) -> bool:
        """Returns whether a receiver or the feed lacks an end of a job, or the feed one of a
        batch."""
        ends = self.webhooks.ends_of(uploads)
        not_sent = self.webhooks.missing(uploads, self.feed.batches)
        return bool(not_sent or self.feed.missing(ends))

    def tell(self, claims: Claims) -> None:
        self.report.missed = dict(sorted(self.missed.items()))
        self.report.broken_claims = {kind: claims.broken[kind] for kind in claims.KINDS}
        self.report.wrong = claims.wrong
        self.report.api_answers = dict(sorted(self.clients.statuses.items()))
        self.report.webhooks = self.webhooks.figures()
        self.report.feed_events = len(self.feed.events)
        self.report.batches = len(self.feed.batches)
        counts = sorted(self.editors.statuses.items())
        self.report.edits = {str(status): count for status, count in counts}
        self.report.extra_stage_runs = claims.extra_stage_runs
        self.report.left_out = [f"fill_disk: {why}" for why in self.cloud.without]

    def under_attack(self) -> list[Upload]:
        """Upload and strike until enough faults have counted and everything is uploaded."""
        self.cloud.disturb(RATES)
        with ThreadPoolExecutor(1) as uploader:
            uploading = uploader.submit(self.upload_all)
            swept, number = time.monotonic(), 0
            while not uploading.done() or (
                self.struck.total() < self.wanted and self.unanswered(uploading.result())
            ):
                self.strike(random.Random(f"{self.report.seed} strike {number}"))
                number += 1
                if time.monotonic() - swept > SWEEP:
                    self.sweep()
                    swept = time.monotonic()
            return uploading.result()

    def strike(self, dice: random.Random) -> None:
        """Which fault comes when does not depend on what the ones before it met."""
        (name,) = dice.choices(list(self.faults), [weight for _, weight in self.faults.values()])
        pause, struck = dice.uniform(0, 2 * STRIKE), False
        with suppress(httpx.HTTPError, psutil.Error, StageError):
            struck = self.faults[name][0](self.cloud, dice)
        (self.struck if struck else self.missed)[name] += 1
        time.sleep(pause)

    def upload_all(self) -> list[Upload]:
        uploads = []
        dice = random.Random(f"{self.report.seed} uploads")
        for number in range(self.jobs):
            upload = self.upload(number, first=True)
            if dice.random() < OVERWRITTEN:
                upload = self.upload(number, first=False)
            time.sleep(dice.uniform(0, 2 * STRIKE * self.wanted / self.jobs))
            self.report.jobs += 1
            self.feed.add_to_batch(upload.source)
            if number % ERASED == ERASED - 1:
                self.clients.erase(upload.source.job_id)
                self.erased.append(upload.source)
                self.webhooks.erasures[upload.source.job_id] = time.time()
            else:
                uploads.append(upload)
        return uploads

    def upload(self, number: int, first: bool) -> Upload:
        dice = random.Random(f"{self.report.seed} {number} {first}")
        recording = made(dice, number, real=number < self.real)

        def put() -> Source:
            if number % 2:
                return self.clients.upload(number, first, recording.data, recording.options)
            return self.cloud.upload(f"chaos/{number:04}.wav", recording.data, recording.options)

        return Upload(persistent(put), recording, generations=1 if first else 2)

    def unanswered(self, uploads: list[Upload]) -> list[Upload]:
        with suppress(GoogleAPICallError, RequestException, ConnectionError):
            return [upload for upload in uploads if self.cloud.commit_mark(upload.source) is None]
        return uploads

    def sweep(self) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(self.cloud.home.ports().url("reconcile"), json={}, timeout=30)

    def calm_down(self) -> None:
        """No more faults, and every clock is right."""
        told = self.cloud.disturbed()
        self.report.faults = dict(sorted((self.struck + Counter(told["done"])).items()))
        self.report.refusals = dict(sorted(told["refused"].items()))
        self.cloud.disturb({})
        self.cloud.move_clocks({})

    def settle(self, uploads: list[Upload], claims: Claims) -> None:
        """Everything must come to its answer, and every execution to its end."""
        deadline = time.monotonic() + PATIENCE
        while (left := self.unsettled(uploads)) and time.monotonic() < deadline:
            self.sweep()
            time.sleep(2)
        for name in left:
            claims.claim("lost", False, f"{name} was not answered")
        while (running := active_executions(self.cloud)) and time.monotonic() < deadline:
            time.sleep(1)
        claims.claim("left over", not running, f"{running} executions are left running")

    def unsettled(self, uploads: list[Upload]) -> list[str]:
        left = self.unanswered(uploads) or [
            each for each in uploads if not self.cloud.settled(each.source)
        ]
        return [upload.source.name for upload in left]


def persistent(upload: Callable[[], Source]) -> Source:
    """A client that does not give up."""
    while True:
        with suppress(GoogleAPICallError, RequestException, ConnectionError):
            return upload()
        time.sleep(0.5)
