"""A deployment's stores with finished jobs and webhooks, and the requests that are pushed to
notify."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent

from functions.notify.delivering import Notifier
from functions.notify.posting import Sender
from shared.adapters.memory import MemoryDocuments
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.events import cloud_event
from shared.jobs.job import Job
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.webhook_records import Delivery, WebhookRecord
from shared.jobs.webhook_store import WebhookStore
from shared.model.contracts import FinalState, Source
from shared.model.errors import Cancelled, NotAudio
from shared.model.networks import AllowedHosts
from shared.model.push import PushedMessage, PushRequest
from shared.model.webhooks import TEST_TYPE
from shared.ports.documents import Documents

SECRET = "the secret of a deployment in a test"
CALL = "team-a/call.wav"
PROBLEMS = {
    "done": None,
    "failed": NotAudio("words of the recording"),
    "cancelled": Cancelled("by request"),
}


class Clock:
    """Seconds since the epoch, moved by hand from the present."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class Stores:
    """What notify reads and writes."""

    documents: Documents = field(default_factory=MemoryDocuments)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.jobs = JobStore(self.documents, clock=self.clock)
        self.keys = KeyStore(self.documents, self.clock)
        self.webhooks = WebhookStore(self.documents, SECRET, self.clock)
        key, _ = self.keys.create("a key", ("read", "admin"), "", None)
        self.key_id = key.key_id

    def notifier(self, try_seconds: float = 15.0) -> Notifier:
        """Returns a notify that may call this machine."""
        allowed = AllowedHosts.parse(["127.0.0.0/8"])
        return Notifier(self.webhooks, self.jobs, Sender(allowed, try_seconds=try_seconds))

    def webhook(
        self, url: str, folder: str = "", types: tuple[str, ...] = (), key_id: str = ""
    ) -> WebhookRecord:
        return self.webhooks.create(url, folder, types, "", key_id or self.key_id)

    def ended(self, name: str = CALL, state: FinalState = "done", generation: int = 1) -> Job:
        """Returns a job that has ended a second from now, which is the present then."""
        source = Source(bucket="dropscribe-inbox", name=name, generation=generation)
        self.clock.now += 1
        assert self.jobs.claim(source, 1, "execution") is not None
        error = PROBLEMS[state]
        problem = error.problem(source.job_id, "prepare") if error else None
        self.jobs.finish(
            source.job_id, 1, state, problem, {"json": "gs://o/t"}, tags={"x-order": "7"}
        )
        job = self.jobs.find(source.job_id)
        assert job is not None
        return job

    def delivery(self, webhook: WebhookRecord, job: Job) -> Delivery:
        """Returns how far the delivery of a job's end is."""
        delivery = self.webhooks.delivery(webhook.webhook_id, event_id(job))
        assert delivery is not None
        return delivery


def event_id(job: Job) -> str:
    return f"{job.job_id}-{job.run}-{job.state}"


def pushed(job: Job, webhook: WebhookRecord | None = None) -> PushRequest:
    """Returns the request that pushes the end of a job, perhaps for one endpoint only."""
    event = cloud_event(job)
    if webhook is not None:
        event["webhook"] = webhook.webhook_id
    return push_request(event)


def pushed_test(webhook: WebhookRecord, time: datetime) -> PushRequest:
    """Returns the request that pushes the try of an endpoint."""
    attributes = {
        "id": "0123456789abcdef",
        "source": "urn:dropscribe:webhooks",
        "type": TEST_TYPE,
        "time": time.isoformat(),
        "webhook": webhook.webhook_id,
    }
    return push_request(CloudEvent(attributes, {}))


def push_request(event: CloudEvent) -> PushRequest:
    attributes, data = to_binary(event)
    message = PushedMessage(
        attributes=attributes,
        data=base64.b64encode(data),
        message_id="1",
        publish_time=datetime.now(UTC),
    )
    return PushRequest(message=message, subscription="projects/p/subscriptions/s")


def notify_environment(folder: Path) -> dict[str, str]:
    """Returns the variables of a process of notify whose job database is in a folder."""
    return {
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_JOB_DATABASE": str(folder / "jobs.sqlite"),
        "DROPSCRIBE_WEBHOOK_SECRET": SECRET,
        "DROPSCRIBE_WEBHOOK_HOSTS": '["127.0.0.1"]',
        "THREADS": "4",
    }


@contextmanager
def stores_in(folder: Path) -> Iterator[Stores]:
    """Yields the stores of such a process. Their endpoints are deleted afterwards."""
    stores = Stores(SqliteDocuments(folder / "jobs.sqlite"))
    yield stores
    for webhook in stores.webhooks.in_folder(""):
        stores.webhooks.delete(webhook.webhook_id)
