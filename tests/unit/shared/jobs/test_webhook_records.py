"""An endpoint that another key has taken over is not paused with its former key."""

from datetime import UTC, datetime, timedelta

from shared.adapters.memory import MemoryDocuments
from shared.jobs.webhook_records import WebhookRecord, orphaned, resumed
from shared.jobs.webhook_store import WebhookStore

NOW = datetime(2026, 11, 28, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)


def webhook() -> WebhookRecord:
    store = WebhookStore(MemoryDocuments(), None, NOW.timestamp)
    return store.create("https://example.org", "", (), "", "first")


def test_an_endpoint_is_paused_with_its_key() -> None:
    paused = orphaned(webhook(), "first", LATER)
    assert paused is not None and paused.paused_because == "key_invalid"


def test_an_endpoint_that_was_taken_over_meanwhile_stays_active() -> None:
    taken = resumed(webhook(), "second", LATER)
    assert orphaned(taken, "first", LATER) is None
