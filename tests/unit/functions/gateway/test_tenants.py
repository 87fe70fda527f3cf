"""Whatever one tenant of a deployment does, the other gets the same answers as if it were alone.

Two random lists of requests run twice: once with the other tenant's requests between ours, and once
without. Our answers must be the same both times, but for random ids and addresses. So nothing of
the other tenant shows: no name, id, count, order or time.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.adapters.memory import MemoryBlobs, MemoryDocuments, MemoryEvents
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.jobs.webhook_store import WebhookStore
from tests.support.gateway import ALL_SCOPES, InProcess, MemoryExecutions
from tests.support.gateway_jobs import begin, finish

OURS, THEIRS = "team-a/", "team-ab/"
"""Their folder begins as ours does, but for the "/"."""
RANDOM = re.compile(
    r"u_[0-9a-f]{32}|ds_[0-9a-f]{8,64}|[0-9a-f]{16,64}"  # ids, secrets and digests
    r"|whsec_[A-Za-z0-9+/=]+"
    r"|(?<=//uploads/)[0-9]+|(?<=etag: \")[0-9]+"  # which storage counts for all
    r"|(?<=cursor\":\")[^\"]+"
)
"""Texts in answers that would differ between two runs of the same requests."""
MADE_UP = "0" * 20
MADE_UP_DELIVERY = f"{MADE_UP}/deliveries/{MADE_UP}"
BEGIN = 1_800_000_000.0

Step = tuple[bool, str, int]
"""Whether it is ours, the name of an action, and a number that chooses what it is about."""


@dataclass
class Tenant:
    """A key of a folder, and the ids that its answers had."""

    folder: str
    headers: Mapping[str, str]
    jobs: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    """Each with its webhook's id: `<webhook>/deliveries/<event>`."""
    cursors: list[str] = field(default_factory=list)
    event_cursors: list[str] = field(default_factory=list)

    def id_of(self, kind: str, which: int) -> str:
        """Returns the id of something of the tenant's, or one that is made up."""
        made_up = MADE_UP_DELIVERY if kind == "deliveries" else MADE_UP
        return pick(getattr(self, kind), which, made_up)


class UnusedKeys(KeyStore):
    """Keys whose use is not recorded, since a thread does so at a time of its own."""

    def record_use(self, digest: str) -> None:
        pass


class World:
    """A deployment with two tenants, whose clock shows the number of the step."""

    def __init__(self, app: FastAPI, client: httpx.Client) -> None:
        self.now = BEGIN
        documents = MemoryDocuments()
        self.stores = Deployment(
            blobs=MemoryBlobs(clock=self.clock),
            jobs=JobStore(documents, clock=self.clock),
            executions=MemoryExecutions(),
            keys=UnusedKeys(documents, self.clock),
            uploads=UploadStore(documents, self.clock),
            webhooks=WebhookStore(documents, "s" * 32, self.clock),
            publisher=MemoryEvents(),
        )
        app.dependency_overrides[deployment] = lambda: self.stores
        self.client = client
        self.ours = self.tenant(OURS)
        self.theirs = self.tenant(THEIRS)

    def clock(self) -> float:
        return self.now

    def tenant(self, folder: str) -> Tenant:
        _, secret = self.stores.keys.create("tenant", ALL_SCOPES, folder, None)
        return Tenant(folder, {"Authorization": f"Bearer {secret}"})

    def run(self, step: Step, number: int) -> str:
        """Returns the answer to one step's request, as text."""
        is_ours, action, which = step
        self.now = BEGIN + number
        pair = (self.ours, self.theirs) if is_ours else (self.theirs, self.ours)
        if action == "work":
            self.work(pair[0], which)
            return ""
        method, path, content = ACTIONS[action](*pair, which)
        answer = self.client.request(method, path, headers=headers_of(pair[0], which), **content)
        remember(pair[0], answer)
        headers = sorted(answer.headers.items())
        kept = [f"{name}: {value}" for name, value in headers if name != "x-request-id"]
        return "\n".join([f"{method} {answer.status_code}", *kept, answer.text])

    def work(self, tenant: Tenant, which: int) -> None:
        """Answer one of the tenant's queued jobs with a transcript."""
        job = self.stores.jobs.find(pick(tenant.jobs, which))
        if job is None or job.state != "queued":
            return
        begin(self.stores, job.source, job.run)
        finish(self.stores, job.source, job.run)


def headers_of(tenant: Tenant, which: int) -> dict[str, str]:
    """Returns the headers of a request, some with the same Idempotency-Key for both tenants."""
    idempotent = {"Idempotency-Key": "same"} if which == 2 else {}
    return {**tenant.headers, **idempotent}


def remember(tenant: Tenant, answer: httpx.Response) -> None:
    """Keep the ids of an answer for later requests."""
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        return
    body = answer.json()
    if "event_id" in body:
        _, _, delivery = answer.headers.get("Location", "").partition("/webhooks/")
        tenant.deliveries += [delivery] if delivery else []
    elif "secret" in body:
        tenant.webhooks.append(body["id"])
    elif "upload_url" in body:
        tenant.uploads.append(body["id"])
    elif "key" in body:
        tenant.keys.append(body["id"])
    elif "run" in body and body["id"] not in tenant.jobs:
        tenant.jobs.append(body["id"])
    elif body.get("next_cursor"):
        tenant.cursors.append(body["next_cursor"])
    elif "events" in body:
        tenant.event_cursors.append(body["cursor"])


def pick(ids: list[str], which: int, made_up: str = MADE_UP) -> str:
    """Returns one of the ids, or one that is made up if there is none."""
    return ids[which % len(ids)] if ids else made_up


# What a tenant may do


Request = tuple[str, str, dict[str, Any]]
Action = Callable[[Tenant, Tenant, int], Request]


def send_form(own: Tenant, other: Tenant, which: int) -> Request:
    files = {"file": (f"call{which}.wav", f"sound {own.folder}".encode(), "audio/wav")}
    data = {"replace": "true"} if which == 3 else {}
    return "POST", "/api/v1/jobs/upload", {"files": files, "data": data}


def open_session(own: Tenant, other: Tenant, which: int) -> Request:
    body = {"name": f"large{which}.wav", "size": 5, "replace": which == 3}
    return "POST", "/api/v1/uploads", {"json": body}


def make_key(own: Tenant, other: Tenant, which: int) -> Request:
    folders = (own.folder, f"{own.folder}sub/", other.folder, "")
    body = {"name": "made", "scopes": ["read"], "folder": folders[which]}
    return "POST", "/api/v1/keys", {"json": body}


def make_webhook(own: Tenant, other: Tenant, which: int) -> Request:
    folders = (None, f"{own.folder}sub/", other.folder, "")
    body = {"url": "https://example.org/hook", "folder": folders[which]}
    return "POST", "/api/v1/webhooks", {"json": body}


def list_jobs(own: Tenant, other: Tenant, which: int) -> Request:
    queries: tuple[dict[str, str], ...] = (
        {},
        {"state": "queued"},
        {"prefix": f"{other.folder}call"},
        {"limit": "1"},
    )
    return "GET", "/api/v1/jobs", {"params": queries[which]}


def turn_page(own: Tenant, other: Tenant, which: int) -> Request:
    query = {"limit": "1"}
    if own.cursors:
        query["cursor"] = pick(own.cursors, which)
    return "GET", "/api/v1/jobs", {"params": query}


def read_events(own: Tenant, other: Tenant, which: int) -> Request:
    """Returns a request for events: all, one, or those after a cursor, perhaps of the other
    tenant's."""
    query = {"limit": "1"} if which else {}
    cursors = other.event_cursors if which == 3 else own.event_cursors
    if which > 1 and cursors:
        query["after"] = pick(cursors, which)
    return "GET", "/api/v1/events", {"params": query}


def on_own(method: str, path: str, kind: str) -> Action:
    """Returns a request about something of the tenant's own."""

    def request(own: Tenant, other: Tenant, which: int) -> Request:
        return method, path.format(own.id_of(kind, which)), {}

    return request


def on_other(method: str, path: str, kind: str) -> Action:
    """Returns a request about something of the other tenant's, if there is anything."""

    def request(own: Tenant, other: Tenant, which: int) -> Request:
        return method, path.format(other.id_of(kind, which)), {}

    return request


ABOUT = (
    ("GET", "/api/v1/jobs/{}", "jobs"),
    ("GET", "/api/v1/jobs/{}/transcript", "jobs"),
    ("GET", "/api/v1/jobs/{}/audio", "jobs"),
    ("POST", "/api/v1/jobs/{}/redrive", "jobs"),
    ("POST", "/api/v1/jobs/{}/cancel", "jobs"),
    ("DELETE", "/api/v1/jobs/{}", "jobs"),
    ("GET", "/api/v1/uploads/{}", "uploads"),
    ("DELETE", "/api/v1/keys/{}", "keys"),
    ("GET", "/api/v1/webhooks/{}", "webhooks"),
    ("POST", "/api/v1/webhooks/{}/test", "webhooks"),
    ("POST", "/api/v1/webhooks/{}/rotate", "webhooks"),
    ("POST", "/api/v1/webhooks/{}/resume", "webhooks"),
    ("GET", "/api/v1/webhooks/{}/deliveries", "webhooks"),
    ("DELETE", "/api/v1/webhooks/{}", "webhooks"),
    ("GET", "/api/v1/webhooks/{}", "deliveries"),
    ("POST", "/api/v1/webhooks/{}/replay", "deliveries"),
)
ON_OWN: dict[str, Action] = {}
ON_OTHER: dict[str, Action] = {}
for about in ABOUT:
    ON_OWN[f"own {about}"] = on_own(*about)
    ON_OTHER[f"other {about}"] = on_other(*about)
ACTIONS: dict[str, Action] = {
    "send form": send_form,
    "open session": open_session,
    "make key": make_key,
    "make webhook": make_webhook,
    "list webhooks": lambda own, other, which: ("GET", "/api/v1/webhooks", {}),
    "list jobs": list_jobs,
    "turn page": turn_page,
    "events": read_events,
    "list keys": lambda own, other, which: ("GET", "/api/v1/keys", {}),
    "metrics": lambda own, other, which: ("GET", "/api/v1/metrics/", {}),
    **ON_OWN,
    **ON_OTHER,
}


# The comparison


def our_answers(app: FastAPI, client: httpx.Client, steps: list[Step], alone: bool) -> list[str]:
    """Returns our answers, with random texts replaced by numbers in the order of appearance."""
    world = World(app, client)
    numbers: dict[str, int] = {}
    answers = []
    for number, step in enumerate(steps):
        is_ours, action, _ = step
        if alone and not is_ours:
            continue
        text = world.run(step, number)
        if is_ours:
            answers.append(f"{action}: {without_random_texts(text, numbers)}")
    return answers


def without_random_texts(text: str, numbers: dict[str, int]) -> str:
    def number(found: re.Match[str]) -> str:
        return f"<{numbers.setdefault(found[0], len(numbers))}>"

    return RANDOM.sub(number, text)


PRELUDE: list[Step] = []
TEST_WEBHOOK = "own ('POST', '/api/v1/webhooks/{}/test', 'webhooks')"
for name in ("send form", "open session", "make key", "make webhook", TEST_WEBHOOK, "work"):
    PRELUDE += [(False, name, 0), (True, name, 0)]
ALL_LOOKS: list[Step] = []
for name in (
    "list jobs",
    "turn page",
    "events",
    "list keys",
    "list webhooks",
    "metrics",
    *ON_OTHER,
):
    ALL_LOOKS.append((True, name, 0))
RANDOM_STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["work", *ACTIONS]), st.integers(0, 3)),
    min_size=5,
    max_size=20,
)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app()


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        yield client


@given(random_steps=RANDOM_STEPS)
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # the first difference says enough
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_tenant_sees_nothing_of_the_other(
    app: FastAPI, client: httpx.Client, random_steps: list[Step]
) -> None:
    steps = [*PRELUDE, *random_steps, *ALL_LOOKS]
    with_theirs = our_answers(app, client, steps, alone=False)
    alone = our_answers(app, client, steps, alone=True)
    for ours, expected in zip(with_theirs, alone, strict=True):
        assert ours == expected
    assert THEIRS not in "".join(with_theirs)
