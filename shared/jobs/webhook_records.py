"""An endpoint and its deliveries as their documents hold them, and how these change.

An event is tried at once, and after a failure up to nine times more, about three days in all. The
delay before each further try is that of RETRY_SECONDS, and up to a fifth longer.
"""

import hashlib
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, NamedTuple

from shared.jobs.job import StoredModel
from shared.model.webhooks import DeliveryState, PauseReason

RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Delays before the second and each further try."""
JITTER = 0.2
"""Part of a delay by which it may be longer: what failed together is not retried together."""
KEPT_ATTEMPTS = 20
FAILING_DAYS = 3
"""Days for which every attempt must have failed before an endpoint is paused."""


class WebhookRecord(StoredModel):
    """An endpoint, without its secret, which is derived and not stored."""

    webhook_id: str
    url: str
    folder: str
    """Folder of the inbox about whose recordings it is sent events, with "/" at its end. Empty: all
    of it."""
    types: tuple[str, ...]
    """Types of events that it is sent. Empty: all."""
    description: str
    key_id: str
    """The API key that it belongs to."""
    created: datetime
    updated: datetime
    expires: datetime
    position: str
    """Place in a list of endpoints."""
    folders: tuple[str, ...]
    """Digests of the folder and of those around it: it is listed for keys of any of them."""
    state: Literal["active", "paused"] = "active"
    paused_because: PauseReason | None = None
    failing_since: datetime | None = None
    """When the first of the attempts failed since the last one that succeeded."""
    secret_version: int = 1
    """Rises with each rotation."""
    former_secret_until: datetime | None = None
    """Until when the secret of the version before is valid, too."""

    def wants(self, type_: str) -> bool:
        """Returns whether it is sent events of a type."""
        if not self.types:
            return True
        return type_ in self.types


class DeliveryAttempt(StoredModel):
    """A try to send an event to an endpoint."""

    time: datetime
    status: int | None
    """That the endpoint answered; None if it did not answer."""
    error: str | None
    """Why it counts as failed; None if it succeeded. It has nothing of what the endpoint sent."""
    seconds: float

    @property
    def has_succeeded(self) -> bool:
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """Returns whether the endpoint asks to be sent nothing more."""
        return self.status == HTTPStatus.GONE


class EventToDeliver(NamedTuple):
    """What a delivery holds of an event."""

    event_id: str
    type: str
    job_id: str | None
    """None: it is about no job."""
    name: str
    """Of the recording; of a test the folder of the endpoint."""


class Delivery(StoredModel):
    """An event on its way to an endpoint. It holds no name of a recording."""

    webhook_id: str
    event_id: str
    type: str
    job_id: str | None
    state: DeliveryState
    tries: int = 0
    """Since it became due, by its event or by a replay."""
    attempts: tuple[DeliveryAttempt, ...] = ()
    """The last 20, the oldest first."""
    next_try: datetime | None
    """None unless it is due."""
    created: datetime
    updated: datetime
    expires: datetime
    position: str
    """Place in a list of deliveries."""
    folders: tuple[str, ...]
    """Digests of the folders that the recording is in, as its job has them."""

    def is_due(self, now: datetime) -> bool:
        """Returns whether it is to be tried now."""
        if self.next_try is None:
            return False
        return self.next_try <= now


# How a delivery changes


def attempted(
    delivery: Delivery | None, attempt: DeliveryAttempt, now: datetime
) -> Delivery | None:
    """Returns the delivery after an attempt, or None if there is none."""
    if delivery is None:
        return None
    tries = delivery.tries + 1
    attempts = (*delivery.attempts, attempt)
    state, next_try = outcome(delivery, attempt, now)
    changes = {
        "state": state,
        "tries": tries,
        "attempts": attempts[-KEPT_ATTEMPTS:],
        "next_try": next_try,
        "updated": now,
    }
    return delivery.model_copy(update=changes)


def outcome(
    delivery: Delivery, attempt: DeliveryAttempt, now: datetime
) -> tuple[DeliveryState, datetime | None]:
    """Returns the state after an attempt, and when the next one is due.

    Of two attempts at the same time one may have succeeded before the other failed.
    """
    if attempt.has_succeeded or delivery.state == "delivered":
        return "delivered", None
    if attempt.is_gone or delivery.tries >= len(RETRY_SECONDS):
        return "failed", None
    delay = retry_delay(delivery)
    return "due", now + delay


def retry_delay(delivery: Delivery) -> timedelta:
    """Returns the delay after a failed try. It is the same each time for the same try."""
    identity = f"{delivery.webhook_id} {delivery.event_id} {delivery.tries}"
    digest = hashlib.sha256(identity.encode())
    first_byte = digest.digest()[0]
    share = first_byte / 255
    seconds = RETRY_SECONDS[delivery.tries]
    longer = seconds * JITTER * share
    return timedelta(seconds=seconds + longer)


def dropped(delivery: Delivery | None, now: datetime) -> Delivery | None:
    """Returns the delivery that is not tried any more, or None if it is not due."""
    if delivery is None:
        return None
    if delivery.state != "due":
        return None
    changes = {"state": "dropped", "next_try": None, "updated": now}
    return delivery.model_copy(update=changes)


def made_due(delivery: Delivery | None, now: datetime, expires: datetime) -> Delivery | None:
    """Returns the delivery to be tried from the beginning, or None if there is none."""
    if delivery is None:
        return None
    changes = {"state": "due", "tries": 0, "next_try": now, "updated": now, "expires": expires}
    return delivery.model_copy(update=changes)


# How an endpoint changes


def after_attempt(
    webhook: WebhookRecord | None, attempt: DeliveryAttempt, now: datetime
) -> WebhookRecord | None:
    """Returns the endpoint after an attempt, or None if nothing of it changes."""
    if webhook is None:
        return None
    if attempt.has_succeeded:
        if webhook.failing_since is None:
            return None
        return webhook.model_copy(update={"failing_since": None, "updated": now})
    if attempt.is_gone:
        return paused(webhook, "gone", now)
    if webhook.failing_since is None:
        return webhook.model_copy(update={"failing_since": now, "updated": now})
    if now - webhook.failing_since >= timedelta(days=FAILING_DAYS):
        return paused(webhook, "failing", now)
    return None


def paused(
    webhook: WebhookRecord | None, because: PauseReason, now: datetime
) -> WebhookRecord | None:
    """Returns the endpoint that is sent nothing, or None if it is paused already."""
    if webhook is None:
        return None
    if webhook.state == "paused":
        return None
    changes = {"state": "paused", "paused_because": because, "updated": now}
    return webhook.model_copy(update=changes)


def orphaned(webhook: WebhookRecord | None, key_id: str, now: datetime) -> WebhookRecord | None:
    """Returns the endpoint that is paused because this key is not valid any more, or None if it
    belongs to another key."""
    if webhook is None or webhook.key_id != key_id:
        return None
    return paused(webhook, "key_invalid", now)


def resumed(webhook: WebhookRecord | None, key_id: str, now: datetime) -> WebhookRecord | None:
    """Returns the active endpoint that belongs to a key, or None if there is none."""
    if webhook is None:
        return None
    changes = {
        "state": "active",
        "paused_because": None,
        "failing_since": None,
        "key_id": key_id,
        "updated": now,
    }
    return webhook.model_copy(update=changes)


def rotated(
    webhook: WebhookRecord | None, now: datetime, former_until: datetime
) -> WebhookRecord | None:
    """Returns the endpoint with its next secret, or None if there is none."""
    if webhook is None:
        return None
    changes = {
        "secret_version": webhook.secret_version + 1,
        "former_secret_until": former_until,
        "updated": now,
    }
    return webhook.model_copy(update=changes)
