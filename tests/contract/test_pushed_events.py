"""Google's Pub/Sub emulator pushes an event to notify until each endpoint has it, signed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from shared.adapters.pubsub import PubSubEvents
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.events import cloud_event
from shared.settings import settings
from tests.support.function import function
from tests.support.pubsub_emulator import pushing
from tests.support.receivers import Conversation, answering, receiver
from tests.support.webhooks import SECRET, Stores, event_id

pytestmark = pytest.mark.slow  # notify's own process gets such requests with each change

NAME = "team a/ü #1.wav"


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """Has the settings read anew in the test, and after it."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("fresh_settings")
def test_an_event_is_pushed_until_its_endpoint_accepts_it(
    pubsub_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = threading.Event()
    statuses = iter([500])

    def recover(conversation: Conversation) -> None:
        status = next(statuses, 200)
        answering(status)(conversation)
        if status == 200:
            accepted.set()

    database = tmp_path / "jobs.sqlite"
    environment = {
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_JOB_DATABASE": str(database),
        "DROPSCRIBE_WEBHOOK_SECRET": SECRET,
        "DROPSCRIBE_WEBHOOK_HOSTS": '["127.0.0.1"]',
    }
    stores = Stores(SqliteDocuments(database))
    with (
        receiver(recover) as served,
        function("notify", environment, tmp_path) as notify,
        pushing(pubsub_host, notify.url) as topic,
    ):
        monkeypatch.setenv("DROPSCRIBE_EVENTS_TOPIC", topic)
        monkeypatch.setenv("DROPSCRIBE_PUBSUB_HOST", pubsub_host)
        webhook = stores.webhook(served.url("127.0.0.1", "/hook", "http"), "team a/")
        job = stores.ended(NAME)
        PubSubEvents().publish(cloud_event(job))
        assert accepted.wait(60), notify.log.read_text()
    (secret,) = stores.webhooks.signing_secrets(webhook)
    first, second = served.requests
    headers = {name: second.headers[name] for name in second.headers if "webhook" in name}
    body = Webhook(secret).verify(second.body, headers)
    assert body["data"]["name"] == NAME
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == event_id(job)
    assert first.body == second.body
