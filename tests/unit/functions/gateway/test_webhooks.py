"""Webhooks are made, tried, rotated, resumed, replayed and deleted only by keys of their folder."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from functions.gateway.deployment import Deployment
from functions.gateway.examples import SENT
from shared.adapters.memory import MemoryEvents
from shared.jobs.events import cloud_event, publish_job_event
from shared.jobs.webhook_records import DeliveryAttempt, EventToDeliver
from shared.jobs.webhook_store import MAX_DEPTH, MAX_PER_FOLDER, MAX_PER_KEY, WebhookStore
from shared.model.batches import BatchPayload
from shared.model.contracts import WireModel
from shared.model.errors import EventsUnavailable
from shared.model.webhooks import WebhookPayload, WebhookTest
from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import done_job

WEBHOOKS = "/api/v1/webhooks"
URL = "https://example.org/hook?token=1"


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


@pytest.fixture
def team(stores: Deployment) -> dict[str, str]:
    """Returns the headers of a key of team-a/."""
    return key_headers(stores, ("read", "admin"), "team-a/")


def create(client: httpx.Client, headers: dict[str, str], **fields: Any) -> httpx.Response:
    return client.post(WEBHOOKS, headers=headers, json={"url": URL, **fields})


def made(client: httpx.Client, headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    answer = create(client, headers, **fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def published(stores: Deployment) -> MemoryEvents:
    assert isinstance(stores.publisher, MemoryEvents)
    return stores.publisher


# Making


def test_the_secret_is_shown_once(client: httpx.Client, team: dict[str, str]) -> None:
    answer = create(client, team, types=["dropscribe.job.done"], description="archive")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    webhook = answer.json()
    secret = webhook.pop("secret")
    assert secret.startswith("whsec_")
    shown = client.get(answer.headers["Location"], headers=team)
    assert shown.json() == webhook
    listed = client.get(WEBHOOKS, headers=team)
    assert listed.json() == {"webhooks": [webhook]}
    assert secret not in shown.text + listed.text


def test_a_webhook_is_of_the_keys_folder_or_of_one_in_it(
    client: httpx.Client, team: dict[str, str]
) -> None:
    assert made(client, team)["folder"] == "team-a/"
    assert made(client, team, folder="team-a/calls")["folder"] == "team-a/calls/"
    for folder in ("", "team-b/", "team-ab/"):
        assert create(client, team, folder=folder).status_code == 403


@pytest.mark.parametrize("scopes", [("read",), ("admin",), ("write", "erase")])
def test_a_key_that_may_not_read_or_manage_makes_no_webhook(
    client: httpx.Client, stores: Deployment, scopes: Any
) -> None:
    answer = create(client, key_headers(stores, scopes))
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/hook", "https://"),
        ("ftp://example.org/hook", "https://"),
        ("https://user:secret@example.org/", "neither a user nor a password"),
        ("https://127.0.0.1/", "not public"),
        ("https://[::1]/", "not public"),
        ("https://10.0.0.8/", "not public"),
        ("https://169.254.169.254/computeMetadata/v1/", "not public"),
        ("https://metadata.google.internal/", "metadata service"),
        ("https://2130706433/", "unusual form"),
        ("https://localhost/", "no domain"),
        ("https://example.org:0/", "port"),
        ("https://example.org/#a", "fragment"),
        ("nonsense", "https://"),
    ],
)
def test_an_address_to_which_nothing_may_be_sent_is_refused_with_the_reason(
    client: httpx.Client, team: dict[str, str], url: str, reason: str
) -> None:
    answer = create(client, team, url=url)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "urn:dropscribe:problem:webhook-refused"
    assert problem["detail"].startswith("url: ") and reason in problem["detail"]
    assert "secret" not in answer.text
    assert client.get(WEBHOOKS, headers=team).json() == {"webhooks": []}


def test_a_private_address_that_the_deployment_names_is_accepted(
    client: httpx.Client, team: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_WEBHOOK_HOSTS", '["127.0.0.1", "10.1.0.0/16"]')
    settings.cache_clear()
    try:
        assert made(client, team, url="http://127.0.0.1:8080/hook")["url"]
        assert made(client, team, url="https://10.1.2.3/")["url"]
        assert create(client, team, url="https://10.2.0.1/").status_code == 422
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize(
    "fields",
    [
        {"types": ["dropscribe.job.erased"]},
        {"types": ["dropscribe.webhook.test"]},
        {"description": "a\nb"},
        {"folder": "team-a/../team-b/"},
        {"secret": "whsec_mine"},
        {"folder": "team-a/" + "x/" * MAX_DEPTH},
    ],
)
def test_a_wrong_field_is_refused(
    client: httpx.Client, team: dict[str, str], fields: dict[str, Any]
) -> None:
    assert create(client, team, **fields).status_code == 422


def test_the_number_of_webhooks_of_a_folder_is_limited(
    client: httpx.Client, team: dict[str, str]
) -> None:
    for _ in range(MAX_PER_FOLDER):
        made(client, team)
    answer = create(client, team)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:dropscribe:problem:too-many-webhooks"
    made(client, team, folder="team-a/calls/")


def test_the_number_of_webhooks_of_a_key_is_limited(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    key_id = client.get("/api/v1/keys/me", headers=team).json()["id"]
    for number in range(MAX_PER_KEY):
        stores.webhooks.create(URL, f"team-a/{number}/", (), "", key_id)
    assert create(client, team, folder="team-a/another/").status_code == 409
    assert len(stores.webhooks.in_folder("team-a/")) == MAX_PER_KEY


def test_a_deployment_without_a_secret_has_no_webhooks(stores: Deployment) -> None:
    documents = stores.webhooks.documents
    without = replace(stores, webhooks=WebhookStore(documents, None, stores.keys.clock))
    headers = key_headers(stores)
    with gateway_client(without) as client:
        for answer in (create(client, headers), client.get(WEBHOOKS, headers=headers)):
            assert answer.status_code == 503
            assert answer.json()["type"] == "urn:dropscribe:problem:webhooks-unavailable"
            assert "no secret" in answer.json()["detail"]


# Tenants


def test_a_key_sees_the_webhooks_in_its_folder_only(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    whole = key_headers(stores)
    others = key_headers(stores, folder="team-ab/")
    of_whole = made(client, whole)
    ours = made(client, team)
    inside = made(client, team, folder="team-a/calls/")
    theirs = made(client, others)

    def listed(headers: dict[str, str]) -> set[str]:
        webhooks = client.get(WEBHOOKS, headers=headers).json()["webhooks"]
        return {webhook["id"] for webhook in webhooks}

    assert listed(team) == {ours["id"], inside["id"]}
    assert listed(others) == {theirs["id"]}
    assert listed(whole) == {of_whole["id"], ours["id"], inside["id"], theirs["id"]}
    for hidden in (of_whole, theirs):
        missing = client.get(f"{WEBHOOKS}/wh_{'0' * 20}", headers=team)
        answer = client.get(f"{WEBHOOKS}/{hidden['id']}", headers=team)
        assert answer.status_code == missing.status_code == 404
        assert answer.text == missing.text


# Testing


def test_a_test_is_published_for_one_webhook_and_listed(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    answer = client.post(f"{WEBHOOKS}/{webhook['id']}/test", headers=team)
    assert answer.status_code == 202
    delivery = answer.json()
    assert (delivery["state"], delivery["job_id"]) == ("due", None)
    (event,) = published(stores).events
    assert event["id"] == delivery["event_id"]
    assert event["type"] == delivery["type"] == "dropscribe.webhook.test"
    assert event["webhook"] == webhook["id"]
    shown = client.get(answer.headers["Location"], headers=team)
    assert shown.json() == delivery
    page = client.get(f"{WEBHOOKS}/{webhook['id']}/deliveries", headers=team).json()
    assert page == {"deliveries": [delivery], "next_cursor": None}


def test_a_paused_webhook_is_tested_once_it_is_resumed(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    stores.webhooks.pause(webhook["id"], "gone")
    assert client.get(path, headers=team).json()["paused_because"] == "gone"
    assert client.post(f"{path}/test", headers=team).status_code == 409
    resumed = client.post(f"{path}/resume", headers=team)
    assert resumed.json()["state"] == "active" and resumed.json()["paused_because"] is None
    assert client.post(f"{path}/test", headers=team).status_code == 202


def test_an_event_that_cannot_be_published_is_answered_with_503(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    class Away:
        def publish(self, event: object) -> None:
            raise EventsUnavailable("away")

    webhook = made(client, team)
    for publisher, type_ in ((Away(), "events-unavailable"), (None, "webhooks-unavailable")):
        with gateway_client(replace(stores, publisher=publisher)) as broken:
            answer = broken.post(f"{WEBHOOKS}/{webhook['id']}/test", headers=team)
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert answer.json()["type"] == f"urn:dropscribe:problem:{type_}"


# Rotating


def test_a_new_secret_verifies_and_the_former_one_does_for_a_day(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    rotated = client.post(f"{WEBHOOKS}/{webhook['id']}/rotate", headers=team).json()
    assert rotated["secret"] != webhook["secret"] and rotated["former_secret_until"]
    record = stores.webhooks.find(webhook["id"])
    assert record is not None
    headers = signed(stores.webhooks, webhook["id"])
    for secret in (webhook["secret"], rotated["secret"]):
        assert Webhook(secret).verify("{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        other = made(client, team)["secret"]
        Webhook(other).verify("{}", headers)


def signed(webhooks: WebhookStore, webhook_id: str) -> dict[str, str]:
    """Returns the headers of the body "{}" as it is sent to an endpoint."""
    record = webhooks.find(webhook_id)
    assert record is not None
    now = webhooks.now()
    secrets = webhooks.signing_secrets(record)
    signatures = [Webhook(secret).sign("event", now, "{}") for secret in secrets]
    return {
        "webhook-id": "event",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


# Keys


def test_a_webhook_is_paused_with_its_key_and_another_key_takes_it_over(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    admin = key_headers(stores)
    client.delete(f"/api/v1/keys/{webhook['key_id']}", headers=admin)
    paused = client.get(path, headers=admin).json()
    assert (paused["state"], paused["paused_because"]) == ("paused", "key_invalid")
    resumed = client.post(f"{path}/resume", headers=admin).json()
    assert resumed["state"] == "active" and resumed["key_id"] != webhook["key_id"]


def test_a_webhook_that_was_taken_over_outlives_its_first_key(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    admin = key_headers(stores)
    client.post(f"{path}/resume", headers=admin)
    client.delete(f"/api/v1/keys/{webhook['key_id']}", headers=admin)
    assert client.get(path, headers=admin).json()["state"] == "active"


# Deliveries


def failed_delivery(stores: Deployment, webhook_id: str, name: str = "team-a/call.wav") -> str:
    """Makes a job that is done, and a delivery of its end that was tried once. Returns the event's
    id."""
    job = stores.jobs.find(done_job(stores, name).job_id)
    assert job is not None
    event = cloud_event(job)
    to_deliver = EventToDeliver(event["id"], event["type"], job.job_id, name)
    stores.webhooks.begin_delivery(webhook_id, to_deliver)
    attempt = DeliveryAttempt(time=stores.webhooks.now(), status=500, error="status", seconds=0.5)
    stores.webhooks.record_attempt(webhook_id, event["id"], attempt)
    return str(event["id"])


def test_a_failed_delivery_is_replayed_to_its_webhook_only(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    event_id = failed_delivery(stores, webhook["id"])
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{event_id}"
    tried = client.get(path, headers=team).json()
    assert tried["attempts"][0]["status"] == 500
    answer = client.post(f"{path}/replay", headers=team)
    assert answer.status_code == 202 and answer.json()["state"] == "due"
    (event,) = published(stores).events
    assert (event["id"], event["webhook"]) == (event_id, webhook["id"])
    job = stores.jobs.find(tried["job_id"])
    assert job is not None and event.get_data() == cloud_event(job).get_data()


def test_the_end_of_a_former_run_is_replayed_as_it_was(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    event_id = failed_delivery(stores, webhook["id"])
    job = stores.jobs.find(event_id[:20])
    assert job is not None
    publish_job_event(job.job_id, stores.jobs, None)
    former = cloud_event(job)
    stores.operations.redrive(job.job_id, None)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{event_id}/replay"
    assert client.post(path, headers=team).status_code == 202
    (event,) = published(stores).events
    assert event.get_attributes() == {**former.get_attributes(), "webhook": webhook["id"]}
    data: dict[str, Any] = former.get_data() or {}
    assert event.get_data() == {**data, "outputs": {}}


def test_an_end_that_is_no_longer_known_is_not_replayed(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    event_id = failed_delivery(stores, webhook["id"])
    stores.operations.redrive(event_id[:20], None)
    for entry in stores.events.of_job(event_id[:20]):
        stores.jobs.documents.delete(f"events/{entry.position}")
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{event_id}"
    before = client.get(path, headers=team).json()
    answer = client.post(f"{path}/replay", headers=team)
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:dropscribe:problem:event-gone"
    assert client.get(path, headers=team).json() == before


def test_an_erased_recording_is_not_replayed(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    event_id = failed_delivery(stores, webhook["id"])
    job = stores.jobs.find(event_id[:20])
    assert job is not None
    stores.operations.erase(job.source.bucket, job.source.name)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{event_id}/replay"
    answer = client.post(path, headers=team)
    assert answer.status_code == 410 and published(stores).events == []
    listed = client.get(f"{WEBHOOKS}/{webhook['id']}/deliveries", headers=team)
    assert event_id in listed.text and "call.wav" not in listed.text


def test_a_test_can_be_replayed(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    delivery = client.post(f"{path}/test", headers=team).json()
    replayed = client.post(f"{path}/deliveries/{delivery['event_id']}/replay", headers=team)
    assert replayed.status_code == 202
    first, second = published(stores).events
    assert first.get_attributes() == second.get_attributes()


def test_deliveries_come_in_pages(
    client: httpx.Client, stores: Deployment, team: dict[str, str]
) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    tests = {client.post(f"{path}/test", headers=team).json()["event_id"] for _ in range(3)}
    first = client.get(f"{path}/deliveries?limit=2", headers=team).json()
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = client.get(f"{path}/deliveries", headers=team, params=query).json()
    found = [*first["deliveries"], *second["deliveries"]]
    assert len(found) == 3 and {delivery["event_id"] for delivery in found} == tests
    assert second["next_cursor"] is None
    wrong = client.get(f"{path}/deliveries?cursor=made-up", headers=team)
    assert wrong.status_code == 400


def test_a_delivery_of_another_webhook_is_not_found(
    client: httpx.Client, team: dict[str, str]
) -> None:
    first, second = made(client, team), made(client, team)
    delivery = client.post(f"{WEBHOOKS}/{first['id']}/test", headers=team).json()
    path = f"{WEBHOOKS}/{second['id']}/deliveries/{delivery['event_id']}"
    for answer in (client.get(path, headers=team), client.post(f"{path}/replay", headers=team)):
        assert answer.status_code == 404


def test_a_deleted_webhook_is_gone(client: httpx.Client, team: dict[str, str]) -> None:
    webhook = made(client, team)
    path = f"{WEBHOOKS}/{webhook['id']}"
    assert client.delete(path, headers=team).status_code == 204
    for answer in (
        client.delete(path, headers=team),
        client.get(f"{path}/deliveries", headers=team),
        client.post(f"{path}/resume", headers=team),
    ):
        assert answer.status_code == 404


# What is sent


SENT_MODELS: dict[str, type[WireModel]] = {
    "dropscribe.batch.done": BatchPayload,
    "dropscribe.webhook.test": WebhookTest,
}
"""Models of what is sent; of the other types it is WebhookPayload."""


@pytest.mark.parametrize("type_", SENT)
def test_the_document_has_an_example_of_each_type_that_is_sent(type_: str) -> None:
    model = SENT_MODELS.get(type_, WebhookPayload)
    body = model.model_validate(SENT[type_])
    assert body.model_dump()["type"] == type_
