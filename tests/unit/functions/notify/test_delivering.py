"""Each endpoint gets each event that it wants until it has accepted it, and nothing else."""

import re
import threading
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from functions.notify import delivering
from functions.notify.delivering import LATEST_START, Notifier
from functions.notify.posting import TRY_SECONDS
from functions.notify.slots import SLOTS, EndpointSlots
from local import bridge
from local.layout import ROOT
from shared.jobs.batch import Batch
from shared.jobs.batch_events import batch_cloud_event
from shared.jobs.batch_store import BatchStore
from shared.jobs.events import publish_job_event
from shared.jobs.webhook_records import RETRY_SECONDS
from shared.jobs.webhook_store import WebhookStore
from shared.model.contracts import FinalState
from shared.model.errors import DeliveriesDue, JobStoreUnavailable
from shared.model.push import PushRequest
from shared.ports.documents import Document
from tests.support.receivers import Conversation, Received, Receiver, answering, receiver
from tests.support.webhooks import CALL, Stores, event_id, push_request, pushed, pushed_test

HOUR = 3600


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def accepting() -> Iterator[Receiver]:
    with receiver(answering(200)) as served:
        yield served


def url(served: Receiver, path: str = "/hook") -> str:
    return served.url(served.address, path, "http")


def deliver(notifier: Notifier, request: PushRequest) -> bool:
    """Returns whether everything was delivered or given up, so that it is not pushed again."""
    try:
        notifier(request)
    except DeliveriesDue:
        return False
    return True


def headers(request: Received) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.startswith("webhook-")}


def ended_batch(stores: Stores, folder: str) -> Batch:
    """Returns a batch of one job, which ended after the endpoints were made."""
    job = stores.ended()
    publish_job_event(job.job_id, stores.jobs, None)
    return BatchStore(stores.jobs, None).create("key", folder, [job], {"case": "12"})


# What arrives


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_an_endpoint_learns_how_a_job_ended_and_nothing_that_was_said(
    stores: Stores, accepting: Receiver, state: FinalState
) -> None:
    webhook = stores.webhook(url(accepting))
    job = stores.ended(state=state)
    assert deliver(stores.notifier(), pushed(job))
    (request,) = accepting.requests
    (secret,) = stores.webhooks.signing_secrets(webhook)
    body = Webhook(secret).verify(request.body, headers(request))
    path = f"/api/v1/jobs/{job.job_id}"
    assert job.ended is not None
    assert body == {
        "type": f"dropscribe.job.{state}",
        "timestamp": job.ended.isoformat().replace("+00:00", "Z"),
        "data": {
            "job_id": job.job_id,
            "name": CALL,
            "run": 1,
            "state": state,
            "problem_type": job.problem.type if job.problem else None,
            "warnings": [],
            "metadata": {"order": "7"},
            "links": {"job": path, "transcript": f"{path}/transcript" if state == "done" else None},
        },
    }
    assert request.headers["webhook-id"] == event_id(job)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("Dropscribe/")


def test_an_endpoint_of_its_folder_learns_how_a_batch_ended(
    stores: Stores, accepting: Receiver
) -> None:
    inside = stores.webhook(url(accepting), "team-a/")
    with receiver(answering(200)) as other:
        for folder in ("team-b/", "team-a/deeper/"):
            stores.webhook(url(other), folder)
        stores.webhook(url(other), "", ("dropscribe.job.done",))
        batch = ended_batch(stores, "team-a/")
        assert deliver(stores.notifier(), push_request(batch_cloud_event(batch)))
        assert other.requests == []
    (request,) = accepting.requests
    (secret,) = stores.webhooks.signing_secrets(inside)
    body = Webhook(secret).verify(request.body, headers(request))
    assert batch.ended is not None
    counts = {"jobs": 1, "pending": 0, "done": 1, "failed": 0, "cancelled": 0, "erased": 0}
    assert body == {
        "type": "dropscribe.batch.done",
        "timestamp": batch.ended.isoformat().replace("+00:00", "Z"),
        "data": {
            "batch_id": batch.batch_id,
            "counts": counts,
            "metadata": {"case": "12"},
            "links": {"batch": f"/api/v1/batches/{batch.batch_id}"},
        },
    }
    assert request.headers["webhook-id"] == f"{batch.batch_id}-done"


def test_a_batch_for_one_endpoint_outside_its_folder_is_dropped(
    stores: Stores, accepting: Receiver
) -> None:
    outside = stores.webhook(url(accepting), "team-b/")
    event = batch_cloud_event(ended_batch(stores, "team-a/"))
    event["webhook"] = outside.webhook_id
    assert deliver(stores.notifier(), push_request(event))
    assert accepting.requests == []


def test_an_endpoint_can_be_tried(stores: Stores, accepting: Receiver) -> None:
    webhook = stores.webhook(url(accepting), "team-a/", ("dropscribe.job.failed",))
    now = stores.webhooks.now()
    assert deliver(stores.notifier(), pushed_test(webhook, now))
    (request,) = accepting.requests
    (secret,) = stores.webhooks.signing_secrets(webhook)
    body = Webhook(secret).verify(request.body, headers(request))
    assert body["type"] == "dropscribe.webhook.test"
    assert body["data"] == {"webhook_id": webhook.webhook_id}


def test_while_a_secret_is_rotated_both_verify(stores: Stores, accepting: Receiver) -> None:
    webhook = stores.webhook(url(accepting))
    (former,) = stores.webhooks.signing_secrets(webhook)
    stores.webhooks.rotate(webhook.webhook_id)
    assert deliver(stores.notifier(), pushed(stores.ended()))
    rotated = stores.webhooks.find(webhook.webhook_id)
    assert rotated is not None
    current, also_former = stores.webhooks.signing_secrets(rotated)
    assert also_former == former != current
    (request,) = accepting.requests
    for secret in (current, former):
        Webhook(secret).verify(request.body, headers(request))
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "a" * 32).verify(request.body, headers(request))


def test_the_former_secret_signs_no_more_after_a_day(stores: Stores, accepting: Receiver) -> None:
    webhook = stores.webhook(url(accepting))
    (former,) = stores.webhooks.signing_secrets(webhook)
    stores.webhooks.rotate(webhook.webhook_id)
    stores.clock.now += 24 * HOUR
    assert deliver(stores.notifier(), pushed(stores.ended()))
    (request,) = accepting.requests
    with pytest.raises(WebhookVerificationError, match="too new"):
        Webhook(former).verify(request.body, headers(request))
    assert len(request.headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize("place", ["body", "webhook-id", "webhook-timestamp"])
def test_what_was_tampered_with_does_not_verify(
    stores: Stores, accepting: Receiver, place: str
) -> None:
    webhook = stores.webhook(url(accepting))
    assert deliver(stores.notifier(), pushed(stores.ended()))
    (request,) = accepting.requests
    (secret,) = stores.webhooks.signing_secrets(webhook)
    sent, body = headers(request), request.body
    if place == "body":
        body = body.replace(b"done", b"failed")
    elif place == "webhook-id":
        sent[place] += "1"
    else:
        sent[place] = str(int(sent[place]) + 1)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(body, sent)


def test_each_try_is_signed_anew_so_that_an_old_one_can_be_refused(stores: Stores) -> None:
    """A receiver that follows Standard Webhooks refuses what is older than five minutes."""
    stores.clock.now -= HOUR
    with receiver(answering(500)) as failing:
        webhook = stores.webhook(url(failing))
        job = stores.ended()
        assert not deliver(stores.notifier(), pushed(job))
        stores.clock.now += HOUR
        assert not deliver(stores.notifier(), pushed(job))
    first, second = failing.requests
    (secret,) = stores.webhooks.signing_secrets(webhook)
    Webhook(secret).verify(second.body, headers(second))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(first.body, headers(first))
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


# Who gets what


def test_only_endpoints_of_the_recordings_folders_get_its_event(stores: Stores) -> None:
    folders = ("", "team-a/", "team-a/calls/", "team-b/", "team/")
    with receiver(answering(200)) as served:
        for folder in folders:
            stores.webhook(url(served, f"/{folder}"), folder)
        assert deliver(stores.notifier(), pushed(stores.ended("team-a/call.wav")))
    got = {request.request_line.split()[1] for request in served.requests}
    assert got == {"/", "/team-a/"}


def test_an_endpoint_gets_only_types_that_it_wants(stores: Stores, accepting: Receiver) -> None:
    stores.webhook(url(accepting, "/failed"), types=("dropscribe.job.failed",))
    stores.webhook(url(accepting, "/all"))
    assert deliver(stores.notifier(), pushed(stores.ended()))
    assert [request.request_line.split()[1] for request in accepting.requests] == ["/all"]


def test_an_event_for_one_endpoint_gets_to_no_other(stores: Stores, accepting: Receiver) -> None:
    stores.webhook(url(accepting, "/other"))
    chosen = stores.webhook(url(accepting, "/chosen"))
    assert deliver(stores.notifier(), pushed(stores.ended(), chosen))
    assert [request.request_line.split()[1] for request in accepting.requests] == ["/chosen"]


def test_an_event_for_one_endpoint_outside_its_folder_is_dropped(
    stores: Stores, accepting: Receiver
) -> None:
    webhook = stores.webhook(url(accepting), "team-b/")
    job = stores.ended("team-a/call.wav")
    assert deliver(stores.notifier(), pushed(job, webhook))
    assert stores.delivery(webhook, job).state == "dropped"
    assert accepting.requests == []


def test_an_endpoint_that_is_gone_gets_nothing(stores: Stores, accepting: Receiver) -> None:
    webhook = stores.webhook(url(accepting))
    stores.webhooks.delete(webhook.webhook_id)
    assert deliver(stores.notifier(), pushed(stores.ended()))
    assert deliver(stores.notifier(), pushed(stores.ended(generation=2), webhook))
    assert accepting.requests == []


def test_an_endpoint_made_after_an_event_does_not_get_it(
    stores: Stores, accepting: Receiver
) -> None:
    job = stores.ended()
    stores.clock.now += 1
    stores.webhook(url(accepting))
    assert deliver(stores.notifier(), pushed(job))
    assert accepting.requests == []
    assert deliver(stores.notifier(), pushed(stores.ended(generation=2)))
    assert len(accepting.requests) == 1


def test_nothing_is_sent_of_an_erased_recording(stores: Stores, accepting: Receiver) -> None:
    webhook = stores.webhook(url(accepting))
    job = stores.ended()
    stores.jobs.erase(job.source)
    assert deliver(stores.notifier(), pushed(job))
    assert stores.delivery(webhook, job).state == "dropped"
    stores.documents.delete(f"jobs/{job.job_id}")
    assert deliver(stores.notifier(), pushed(job, webhook))
    assert accepting.requests == []


def test_nothing_more_is_tried_of_a_recording_that_is_erased_meanwhile(stores: Stores) -> None:
    with receiver(answering(500)) as failing:
        webhook = stores.webhook(url(failing))
        job = stores.ended()
        assert not deliver(stores.notifier(), pushed(job))
        stores.jobs.erase(job.source)
        stores.clock.now += HOUR
        assert deliver(stores.notifier(), pushed(job))
    assert stores.delivery(webhook, job).state == "dropped"
    assert len(failing.requests) == 1


def test_a_paused_endpoint_gets_nothing_and_can_get_it_later(
    stores: Stores, accepting: Receiver
) -> None:
    webhook = stores.webhook(url(accepting))
    stores.webhooks.pause(webhook.webhook_id, "failing")
    job = stores.ended()
    assert deliver(stores.notifier(), pushed(job))
    assert accepting.requests == []
    assert stores.delivery(webhook, job).state == "dropped"
    stores.webhooks.resume(webhook.webhook_id, stores.key_id)
    stores.webhooks.replay(webhook.webhook_id, event_id(job))
    assert deliver(stores.notifier(), pushed(job, webhook))
    assert [request.headers["webhook-id"] for request in accepting.requests] == [event_id(job)]


@pytest.mark.parametrize("is_addressed", [True, False])
def test_an_endpoint_whose_key_was_revoked_gets_nothing(
    stores: Stores, accepting: Receiver, is_addressed: bool
) -> None:
    key, _ = stores.keys.create("stolen", ("admin",), "", None)
    webhook = stores.webhook(url(accepting), key_id=key.key_id)
    stores.keys.revoke(key.key_id)
    job = stores.ended()
    assert deliver(stores.notifier(), pushed(job, webhook if is_addressed else None))
    assert accepting.requests == []
    paused = stores.webhooks.find(webhook.webhook_id)
    assert paused is not None
    assert (paused.state, paused.paused_because) == ("paused", "key_invalid")


# Tries


def test_a_failed_delivery_is_tried_again_when_it_is_due(stores: Stores) -> None:
    statuses = iter([500, 200])

    def recover(conversation: Conversation) -> None:
        answering(next(statuses))(conversation)

    with receiver(recover) as served:
        webhook = stores.webhook(url(served))
        job = stores.ended()
        notifier = stores.notifier()
        assert not deliver(notifier, pushed(job))
        assert stores.delivery(webhook, job).state == "due"
        assert not deliver(notifier, pushed(job)), "it is due in five seconds"
        assert len(served.requests) == 1
        stores.clock.now += 2 * RETRY_SECONDS[0]
        assert deliver(notifier, pushed(job))
        assert deliver(notifier, pushed(job)), "a copy of the event"
    assert len(served.requests) == 2
    delivery = stores.delivery(webhook, job)
    assert delivery.state == "delivered"
    outcomes = [(attempt.status, attempt.error) for attempt in delivery.attempts]
    assert outcomes == [(500, "status"), (200, None)]


def test_a_delivery_is_given_up_after_its_last_try(stores: Stores) -> None:
    with receiver(answering(500)) as failing:
        webhook = stores.webhook(url(failing))
        job = stores.ended()
        notifier = stores.notifier()
        for delay in RETRY_SECONDS:
            assert not deliver(notifier, pushed(job))
            stores.clock.now += 2 * delay
            stores.webhooks.resume(webhook.webhook_id, stores.key_id)
        assert deliver(notifier, pushed(job))
    assert stores.delivery(webhook, job).state == "failed"
    assert len(failing.requests) == len(RETRY_SECONDS) + 1


def test_an_endpoint_that_answers_410_is_paused(stores: Stores) -> None:
    with receiver(answering(410)) as gone:
        webhook = stores.webhook(url(gone))
        assert deliver(stores.notifier(), pushed(stores.ended()))
        assert deliver(stores.notifier(), pushed(stores.ended(generation=2)))
    assert len(gone.requests) == 1
    paused = stores.webhooks.find(webhook.webhook_id)
    assert paused is not None
    assert (paused.state, paused.paused_because) == ("paused", "gone")


def test_an_endpoint_that_fails_for_three_days_is_paused_and_its_delivery_dropped(
    stores: Stores,
) -> None:
    with receiver(answering(500)) as failing:
        webhook = stores.webhook(url(failing))
        first = stores.ended()
        assert not deliver(stores.notifier(), pushed(first))
        stores.clock.now += 73 * HOUR
        second = stores.ended(generation=2)
        assert not deliver(stores.notifier(), pushed(second))
        assert deliver(stores.notifier(), pushed(second))
    paused = stores.webhooks.find(webhook.webhook_id)
    assert paused is not None
    assert (paused.state, paused.paused_because) == ("paused", "failing")
    assert stores.delivery(webhook, second).state == "dropped"


def test_an_endpoint_that_hangs_delays_no_other(stores: Stores) -> None:
    """The hanging one does not answer before all others have their event."""
    others = 5
    all_told = threading.Semaphore(0)

    def hang(conversation: Conversation) -> None:
        for _ in range(others):
            assert all_told.acquire(timeout=30)
        answering(200)(conversation)

    def accept(conversation: Conversation) -> None:
        answering(200)(conversation)
        all_told.release()

    with receiver(hang) as hanging, receiver(accept) as accepting:
        stores.webhook(url(hanging))
        for number in range(others):
            stores.webhook(url(accepting, f"/{number}"))
        assert deliver(stores.notifier(), pushed(stores.ended()))
    assert (len(hanging.requests), len(accepting.requests)) == (1, others)


def test_an_endpoint_that_hangs_delays_no_retry_of_another(stores: Stores) -> None:
    """The hanging one does not answer before the other has the event, at its second try."""
    has_accepted = threading.Event()

    def hang(conversation: Conversation) -> None:
        while stores.delivery(failing, job).tries == 0:
            assert not conversation.ending.wait(0.01)
        stores.clock.now += 2 * RETRY_SECONDS[0]
        assert has_accepted.wait(30)
        answering(200)(conversation)

    def accept_later(conversation: Conversation) -> None:
        status = 200 if conversation.number else 503
        answering(status)(conversation)
        if status == 200:
            has_accepted.set()

    with receiver(hang) as slow, receiver(accept_later) as accepting:
        failing = stores.webhook(url(accepting))
        stores.webhook(url(slow))
        job = stores.ended()
        assert deliver(stores.notifier(), pushed(job))
    assert (len(slow.requests), len(accepting.requests)) == (1, 2)


def test_of_one_endpoint_that_hangs_only_so_many_tries_go_on_at_once(stores: Stores) -> None:
    """An event that finds no slot is pushed again, and no try of it is counted."""
    slots = EndpointSlots()
    with receiver(answering(200)) as served:
        webhook = stores.webhook(url(served))
        notifier = Notifier(stores.webhooks, stores.jobs, stores.notifier().sender, slots=slots)
        taken = [slots.slot(webhook.webhook_id, is_failing=False) for _ in range(SLOTS)]
        for slot in taken:
            assert slot.__enter__()
        job = stores.ended()
        assert not deliver(notifier, pushed(job))
        assert stores.delivery(webhook, job).attempts == ()
        taken.pop().__exit__(None, None, None)
        assert deliver(notifier, pushed(job))
    assert len(served.requests) == 1


def test_an_endpoint_that_fails_has_one_slot() -> None:
    slots = EndpointSlots()
    with slots.slot("a", is_failing=True) as first, slots.slot("a", is_failing=True) as second:
        assert (first, second) == (True, False)
        with slots.slot("b", is_failing=True) as other:
            assert other
    with slots.slot("a", is_failing=True) as again:
        assert again


def test_what_is_not_tried_in_time_is_due(
    stores: Stores, accepting: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LATEST_START", 0.0)
    stores.webhook(url(accepting))
    assert not deliver(stores.notifier(), pushed(stores.ended()))
    assert accepting.requests == []


def test_if_the_store_fails_for_one_endpoint_the_others_still_get_the_event(
    stores: Stores, accepting: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = stores.webhook(url(accepting, "/broken"))
    stores.webhook(url(accepting, "/sound"))
    put = stores.documents.put

    def failing(path: str, document: Document, if_version: object | None) -> bool:
        if broken.webhook_id in path:
            raise JobStoreUnavailable("down")
        return put(path, document, if_version)

    monkeypatch.setattr(stores.documents, "put", failing)
    job = stores.ended()
    notifier = stores.notifier()
    with pytest.raises(JobStoreUnavailable):
        notifier(pushed(job))
    assert [request.request_line.split()[1] for request in accepting.requests] == ["/sound"]
    monkeypatch.undo()
    assert deliver(notifier, pushed(job))
    assert len(accepting.requests) == 2


def test_an_attempt_that_was_not_recorded_is_made_again_under_the_same_id(
    stores: Stores, accepting: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process is killed between both."""
    webhook = stores.webhook(url(accepting))
    job = stores.ended()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WebhookStore, "record_attempt", killed)
        with pytest.raises(KeyboardInterrupt):
            stores.notifier()(pushed(job))
    assert deliver(stores.notifier(), pushed(job))
    ids = [request.headers["webhook-id"] for request in accepting.requests]
    assert ids == [event_id(job)] * 2
    assert stores.delivery(webhook, job).state == "delivered"


def test_a_request_ends_before_its_sender_gives_it_up() -> None:
    terraform = (ROOT / "terraform" / "webhooks.tf").read_text()
    (ack_deadline,) = re.findall(r"push_ack_deadline = (\d+)", terraform)
    longest = LATEST_START + TRY_SECONDS
    assert longest < min(float(ack_deadline), bridge.DEADLINE) / 2, "half of it is for the stores"
