"""WebhookStore keeps its promises in memory, on SQLite and on the Firestore emulator."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.jobs.key_store import KeyStore
from shared.jobs.webhook_records import (
    JITTER,
    RETRY_SECONDS,
    Delivery,
    DeliveryAttempt,
    EventToDeliver,
    WebhookRecord,
)
from shared.jobs.webhook_store import MAX_DEPTH, MAX_PER_FOLDER, WebhookStore
from shared.model.errors import BadRequest, TooManyWebhooks, WebhooksUnavailable
from shared.ports.documents import Documents
from tests.contract.conftest import Clock

SECRET = "the deployment's secret, 32 bytes or more"
DONE = "dropscribe.job.done"
FAILED = "dropscribe.job.failed"
URL = "https://example.org/hook"


@pytest.fixture
def webhooks(documents: Documents, clock: Clock) -> WebhookStore:
    store = WebhookStore(documents, SECRET, clock)
    for webhook in store.in_folder(""):  # all tests share one emulator
        store.delete(webhook.webhook_id)
    return store


@pytest.fixture
def key_id(documents: Documents, clock: Clock) -> str:
    key, _ = KeyStore(documents, clock).create("a", ("read", "admin"), "", None)
    return key.key_id


def made(
    webhooks: WebhookStore, key_id: str, folder: str = "", types: tuple[str, ...] = ()
) -> WebhookRecord:
    return webhooks.create(URL, folder, types, "", key_id)


def event(number: int = 1, name: str = "team-a/call.wav") -> EventToDeliver:
    return EventToDeliver(f"{number:020d}-1-done", DONE, f"{number:020d}", name)


def attempt(webhooks: WebhookStore, status: int | None) -> DeliveryAttempt:
    is_good = status is not None and 200 <= status < 300
    error = None if is_good else "refused"
    return DeliveryAttempt(time=webhooks.now(), status=status, error=error, seconds=0.1)


def tried(webhooks: WebhookStore, webhook: WebhookRecord, status: int | None) -> Delivery:
    """Returns the delivery of `event()` after an attempt."""
    event_id = event().event_id
    recorded = webhooks.record_attempt(webhook.webhook_id, event_id, attempt(webhooks, status))
    assert recorded is not None
    return recorded


def active(webhooks: WebhookStore, name: str, type_: str) -> list[WebhookRecord]:
    registered = webhooks.registered_for(name, type_)
    return [webhook for webhook in registered if webhook.state == "active"]


def ids(found: list[WebhookRecord]) -> set[str]:
    return {webhook.webhook_id for webhook in found}


# Endpoints


def test_an_endpoint_is_found_until_it_is_deleted(webhooks: WebhookStore, key_id: str) -> None:
    webhook = webhooks.create(URL, "team-a/", (FAILED, DONE, DONE), "n8n", key_id)
    assert webhooks.find(webhook.webhook_id) == webhook
    assert webhook.types == (DONE, FAILED)
    webhooks.delete(webhook.webhook_id)
    webhooks.delete(webhook.webhook_id)
    assert webhooks.find(webhook.webhook_id) is None


def test_endpoints_of_a_folder_and_inside_it_are_listed_the_newest_first(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    made(webhooks, key_id)
    made(webhooks, key_id, "team-b/")
    made(webhooks, key_id, "team-ab/")
    of_folder = made(webhooks, key_id, "team-a/")
    clock.now += 1
    inside = made(webhooks, key_id, "team-a/calls/")
    assert webhooks.in_folder("team-a/") == [inside, of_folder]


def test_an_endpoint_is_registered_for_recordings_of_its_folder_and_for_its_types(
    webhooks: WebhookStore, key_id: str
) -> None:
    whole = made(webhooks, key_id)
    team = made(webhooks, key_id, "team-a/", (DONE,))
    inside = made(webhooks, key_id, "team-a/calls/")
    made(webhooks, key_id, "team-b/")
    done = active(webhooks, "team-a/calls/1.wav", DONE)
    assert ids(done) == ids([whole, team, inside])
    failed = active(webhooks, "team-a/1.wav", FAILED)
    assert failed == [whole]


def test_a_name_with_very_many_folders_costs_few_queries(
    webhooks: WebhookStore, key_id: str
) -> None:
    last = made(webhooks, key_id, "x/" * (MAX_DEPTH - 1))
    made(webhooks, key_id, "x/" * MAX_DEPTH)
    assert active(webhooks, "x/" * 500, DONE) == [last]


def test_a_folder_has_a_limited_number_of_endpoints(webhooks: WebhookStore, key_id: str) -> None:
    for _ in range(MAX_PER_FOLDER):
        made(webhooks, key_id, "full/")
    with pytest.raises(TooManyWebhooks):
        made(webhooks, key_id, "full/")
    assert len(webhooks.in_folder("full/")) == MAX_PER_FOLDER


def test_a_paused_endpoint_stays_registered_until_it_is_resumed(
    webhooks: WebhookStore, key_id: str
) -> None:
    webhook = made(webhooks, key_id, "team-a/")
    paused = webhooks.pause(webhook.webhook_id, "failing")
    assert paused is not None and paused.paused_because == "failing"
    assert active(webhooks, "team-a/1.wav", DONE) == []
    assert webhooks.registered_for("team-a/1.wav", DONE) == [paused]
    assert webhooks.pause(webhook.webhook_id, "gone") is None
    webhooks.resume(webhook.webhook_id, key_id)
    assert active(webhooks, "team-a/1.wav", DONE) == [webhook]


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_an_endpoint_is_paused_with_its_key_and_goes_on_with_another(
    webhooks: WebhookStore, documents: Documents, clock: Clock, end: str
) -> None:
    keys = KeyStore(documents, clock)
    key, _ = keys.create("a", ("admin",), "", keys.now() + timedelta(hours=1))
    other, _ = keys.create("b", ("admin",), "", None)
    webhook = made(webhooks, key.key_id, "team-a/")
    assert active(webhooks, "team-a/1.wav", DONE) == [webhook]
    if end == "revoked":
        keys.revoke(key.key_id)
    else:
        clock.now += 3600
    assert active(webhooks, "team-a/1.wav", DONE) == []
    found = webhooks.find(webhook.webhook_id)
    assert found is not None and found.paused_because == "key_invalid"
    webhooks.resume(webhook.webhook_id, other.key_id)
    assert ids(active(webhooks, "team-a/1.wav", DONE)) == {webhook.webhook_id}


# Secrets


def test_each_endpoint_has_a_secret_of_its_own_that_is_stored_nowhere(
    webhooks: WebhookStore, key_id: str
) -> None:
    first, second = made(webhooks, key_id), made(webhooks, key_id)
    (secret,) = webhooks.signing_secrets(first)
    assert webhooks.signing_secrets(first) == [secret]
    assert webhooks.signing_secrets(second) != [secret]
    encoded = secret.removeprefix("whsec_")
    assert len(base64.b64decode(encoded, validate=True)) == 32
    stored = repr(webhooks.documents.get(f"webhooks/{first.webhook_id}"))
    assert encoded not in stored and SECRET not in stored + repr(webhooks)


def test_a_rotation_keeps_the_former_secret_for_a_day(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    webhook = made(webhooks, key_id)
    (former,) = webhooks.signing_secrets(webhook)
    rotated = webhooks.rotate(webhook.webhook_id)
    assert rotated is not None
    current, *others = webhooks.signing_secrets(rotated)
    assert current != former and others == [former]
    clock.now += 24 * 3600 - 1
    assert webhooks.signing_secrets(rotated) == [current, former]
    clock.now += 1
    assert webhooks.signing_secrets(rotated) == [current]


def test_a_second_rotation_ends_the_first_secret(webhooks: WebhookStore, key_id: str) -> None:
    webhook = made(webhooks, key_id)
    (first,) = webhooks.signing_secrets(webhook)
    webhooks.rotate(webhook.webhook_id)
    rotated = webhooks.rotate(webhook.webhook_id)
    assert rotated is not None
    secrets = webhooks.signing_secrets(rotated)
    assert len(secrets) == 2 and first not in secrets


def test_a_deployment_without_a_secret_signs_nothing(
    documents: Documents, clock: Clock, key_id: str
) -> None:
    webhooks = WebhookStore(documents, None, clock)
    webhook = made(webhooks, key_id)
    with pytest.raises(WebhooksUnavailable):
        webhooks.signing_secrets(webhook)


# Deliveries


def test_a_delivery_begins_once(webhooks: WebhookStore, key_id: str, clock: Clock) -> None:
    webhook = made(webhooks, key_id)
    first = webhooks.begin_delivery(webhook.webhook_id, event())
    assert first.is_due(webhooks.now()) and first.state == "due"
    clock.now += 1
    assert webhooks.begin_delivery(webhook.webhook_id, event()) == first
    assert webhooks.delivery(webhook.webhook_id, first.event_id) == first
    assert webhooks.delivery(webhook.webhook_id, "another") is None


def test_a_delivery_that_was_answered_with_2xx_is_not_due(
    webhooks: WebhookStore, key_id: str
) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    delivered = tried(webhooks, webhook, 204)
    assert delivered.state == "delivered" and not delivered.is_due(webhooks.now())
    late = tried(webhooks, webhook, 500)
    assert late.state == "delivered" and [a.status for a in late.attempts] == [204, 500]


def test_a_delivery_is_tried_ten_times_over_three_days(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    for delay in RETRY_SECONDS:
        delivery = tried(webhooks, webhook, 500)
        assert delivery.state == "due" and delivery.next_try is not None
        waited = (delivery.next_try - webhooks.now()).total_seconds()
        assert delay <= waited <= delay * (1 + JITTER)
        assert not delivery.is_due(webhooks.now())
        clock.now += waited
        assert delivery.is_due(webhooks.now())
    last = tried(webhooks, webhook, None)
    assert last.state == "failed" and last.next_try is None
    assert len(last.attempts) == 10
    found = webhooks.find(webhook.webhook_id)
    assert found is not None and found.paused_because == "failing"


def test_an_endpoint_that_answers_410_is_paused_at_once(
    webhooks: WebhookStore, key_id: str
) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    assert tried(webhooks, webhook, 410).state == "failed"
    found = webhooks.find(webhook.webhook_id)
    assert found is not None and found.paused_because == "gone"


def test_an_endpoint_that_succeeds_now_and_then_is_not_paused(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    for status in (500, 204, 500):
        tried(webhooks, webhook, status)
        clock.now += 2 * 86_400
    found = webhooks.find(webhook.webhook_id)
    assert found is not None and found.state == "active"
    assert found.failing_since == webhooks.now() - timedelta(days=2)


def test_a_dropped_delivery_is_not_due_until_it_is_replayed(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    webhook = made(webhooks, key_id)
    delivery = webhooks.begin_delivery(webhook.webhook_id, event())
    tried(webhooks, webhook, 500)
    webhooks.drop_delivery(webhook.webhook_id, delivery.event_id)
    clock.now += 86_400
    dropped = webhooks.delivery(webhook.webhook_id, delivery.event_id)
    assert dropped is not None and dropped.state == "dropped"
    assert not dropped.is_due(webhooks.now())
    replayed = webhooks.replay(webhook.webhook_id, delivery.event_id)
    assert replayed is not None and replayed.is_due(webhooks.now())
    assert replayed.tries == 0 and len(replayed.attempts) == 1
    assert webhooks.replay(webhook.webhook_id, "another") is None


def test_a_delivered_event_is_not_dropped_afterwards(webhooks: WebhookStore, key_id: str) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    tried(webhooks, webhook, 200)
    webhooks.drop_delivery(webhook.webhook_id, event().event_id)
    found = webhooks.delivery(webhook.webhook_id, event().event_id)
    assert found is not None and found.state == "delivered"


def test_only_the_last_attempts_are_kept(webhooks: WebhookStore, key_id: str) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    for _ in range(12):
        tried(webhooks, webhook, 500)
        webhooks.replay(webhook.webhook_id, event().event_id)
        tried(webhooks, webhook, 501)
    assert len(tried(webhooks, webhook, 502).attempts) == 20


def test_attempts_at_the_same_time_are_all_recorded(webhooks: WebhookStore, key_id: str) -> None:
    webhook = made(webhooks, key_id)
    webhooks.begin_delivery(webhook.webhook_id, event())
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(tried, webhooks, webhook, status) for status in (200, 500, 502)]
        for each in attempts:
            each.result()
    found = webhooks.delivery(webhook.webhook_id, event().event_id)
    assert found is not None and found.state == "delivered" and len(found.attempts) == 3


def test_deliveries_are_listed_in_pages_the_newest_first(
    webhooks: WebhookStore, key_id: str, clock: Clock
) -> None:
    webhook, other = made(webhooks, key_id), made(webhooks, key_id)
    for number in range(5):
        webhooks.begin_delivery(webhook.webhook_id, event(number))
        clock.now += 1
    webhooks.begin_delivery(other.webhook_id, event(9))
    seen, cursor = webhooks.deliveries(webhook.webhook_id, None, 2)
    while cursor is not None:
        page, cursor = webhooks.deliveries(webhook.webhook_id, cursor, 2)
        seen += page
    assert [delivery.event_id for delivery in seen] == [
        event(number).event_id for number in (4, 3, 2, 1, 0)
    ]
    with pytest.raises(BadRequest):
        webhooks.deliveries(webhook.webhook_id, "bm9uZQ", 2)
