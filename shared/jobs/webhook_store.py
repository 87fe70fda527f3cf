"""Stores the endpoints of webhooks and their deliveries, with compare-and-set on documents.

An endpoint is the document `webhooks/<webhook_id>`, and each event for it is a document of its own,
`webhooks/<webhook_id>/deliveries/<event_id>`. How they change is in webhook_records.py.

The secret of an endpoint is made of the deployment's secret and its id, and is not stored: read
access to the database is not enough to sign.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Concatenate, ParamSpec

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import NEVER
from shared.jobs.job_list import cursor_of, position_of_cursor
from shared.jobs.key_store import KeyStore
from shared.jobs.listing import folder_digest, folder_digests, folders_of, position_of
from shared.jobs.webhook_records import (
    Delivery,
    DeliveryAttempt,
    EventToDeliver,
    WebhookRecord,
    after_attempt,
    attempted,
    dropped,
    made_due,
    orphaned,
    paused,
    resumed,
    rotated,
)
from shared.model.errors import TooManyWebhooks, WebhooksUnavailable
from shared.model.webhooks import PauseReason
from shared.ports.documents import Documents, Page

P = ParamSpec("P")

DELIVERY_POSITION = re.compile(r"[0-9]{13}-[0-9a-z-]{1,100}")
WHOLE_INBOX = folder_digest("")
MAX_DEPTH = 20
"""Nested folders whose endpoints are sent the events of one recording. Each costs a query."""
MAX_PER_FOLDER = 20
"""Endpoints of one folder, all of which are sent each end of a job."""
MAX_PER_KEY = 100
"""Endpoints that belong to one key."""
MAX_LISTED = 10_000
"""Endpoints that a list shows at most."""
FORMER_SECRET_HOURS = 24
"""Hours after a rotation in which what is sent is signed with the former secret, too."""

NO_SECRET_RETRY = 60
"""Seconds after which a client may look whether a deployment has webhooks now."""


@dataclass(frozen=True)
class WebhookStore:
    """Endpoints and deliveries in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    secret: str | None = field(repr=False)
    """The deployment's, of which the endpoints' secrets are made. None: it has no webhooks."""
    clock: Callable[[], float]
    keep_days: int = 30
    """Days until a delivery expires."""

    # Endpoints

    def create(
        self, url: str, folder: str, types: tuple[str, ...], description: str, key_id: str
    ) -> WebhookRecord:
        """Make an endpoint that belongs to a key. Raises TooManyWebhooks."""
        now = self.now()
        webhook_id = "wh_" + secrets.token_hex(10)
        webhook = WebhookRecord(
            webhook_id=webhook_id,
            url=url,
            folder=folder,
            types=tuple(sorted(set(types))),
            description=description,
            key_id=key_id,
            created=now,
            updated=now,
            expires=NEVER,
            position=position_of(webhook_id, now),
            folders=folder_digests(folder),
        )
        document = webhook.model_dump(mode="json")
        self.documents.put(webhook_path(webhook_id), document, if_version=None)
        try:
            self._check_limits(webhook)
        except TooManyWebhooks:
            self.delete(webhook_id)
            raise
        return webhook

    def find(self, webhook_id: str) -> WebhookRecord | None:
        path = webhook_path(webhook_id)
        found = self.documents.get(path)
        if found is None:
            return None
        document, _ = found
        return WebhookRecord.model_validate(document)

    def find_checked(self, webhook_id: str) -> WebhookRecord | None:
        """Returns an endpoint, or None if there is none. It is paused by this if its key is not
        valid any more."""
        webhook = self.find(webhook_id)
        if webhook is None:
            return None
        return self._with_valid_key(webhook)

    def in_folder(self, folder: str) -> list[WebhookRecord]:
        """Returns the endpoints of a folder and of the folders in it, the newest first."""
        digest = folder_digest(folder)
        page = Page(digest, "position", MAX_LISTED)
        found = []
        for document in self.documents.page("webhooks", page):
            webhook = WebhookRecord.model_validate(document)
            found.append(webhook)
        return found

    def registered_for(self, name: str, type_: str) -> list[WebhookRecord]:
        """Returns the endpoints that want events of this type about a recording of this name, the
        paused ones included. Those whose key is not valid any more are paused by this."""
        found = []
        for folder in islice(folders_of(name), MAX_DEPTH):
            for document in self.documents.query("webhooks", "folder", folder):
                webhook = WebhookRecord.model_validate(document)
                if webhook.wants(type_):
                    current = self._with_valid_key(webhook)
                    found.append(current)
        return found

    def pause_those_of(self, key_id: str) -> None:
        """Pause the endpoints that belong to a key which was revoked."""
        now = self.now()
        for document in self.documents.query("webhooks", "key_id", key_id):
            webhook = WebhookRecord.model_validate(document)
            self._change_webhook(webhook.webhook_id, orphaned, key_id, now)

    def pause(self, webhook_id: str, because: PauseReason) -> WebhookRecord | None:
        """Send an endpoint nothing until it is resumed. Returns it, or None if it was paused
        before."""
        now = self.now()
        return self._change_webhook(webhook_id, paused, because, now)

    def resume(self, webhook_id: str, key_id: str) -> WebhookRecord | None:
        """Send to an endpoint again, which belongs to this key from now on. Returns None if there
        is none."""
        now = self.now()
        return self._change_webhook(webhook_id, resumed, key_id, now)

    def rotate(self, webhook_id: str) -> WebhookRecord | None:
        """Give an endpoint a new secret. The former one is valid for 24 hours more, the one before
        it no longer. Returns None if there is no such endpoint."""
        now = self.now()
        former_until = now + timedelta(hours=FORMER_SECRET_HOURS)
        return self._change_webhook(webhook_id, rotated, now, former_until)

    def delete(self, webhook_id: str) -> None:
        """Delete an endpoint; no-op if there is none. Its deliveries stay until they expire."""
        path = webhook_path(webhook_id)
        self.documents.delete(path)

    def signing_secrets(self, webhook: WebhookRecord) -> list[str]:
        """Returns the secrets with which everything is signed, `whsec_...`, the current one first.

        Raises WebhooksUnavailable.
        """
        version = webhook.secret_version
        current = self._secret_of(webhook, version)
        until = webhook.former_secret_until
        if until is None or self.now() >= until:
            return [current]
        former = self._secret_of(webhook, version - 1)
        return [current, former]

    def require_secret(self) -> str:
        """Returns the deployment's secret. Raises WebhooksUnavailable if it has none."""
        if not self.secret:
            raise WebhooksUnavailable("The deployment has no secret for webhooks.", NO_SECRET_RETRY)
        return self.secret

    # Deliveries

    def begin_delivery(self, webhook_id: str, event: EventToDeliver) -> Delivery:
        """Returns the delivery of an event to an endpoint, which is made if there is none."""
        now = self.now()
        first = Delivery(
            webhook_id=webhook_id,
            event_id=event.event_id,
            type=event.type,
            job_id=event.job_id,
            state="due",
            next_try=now,
            created=now,
            updated=now,
            expires=self._expiry(now),
            position=position_of(event.event_id, now),
            folders=folder_digests(event.name),
        )
        path = delivery_path(webhook_id, event.event_id)
        document = first.model_dump(mode="json")
        if self.documents.put(path, document, if_version=None):
            return first
        return self.delivery(webhook_id, event.event_id) or first

    def delivery(self, webhook_id: str, event_id: str) -> Delivery | None:
        path = delivery_path(webhook_id, event_id)
        found = self.documents.get(path)
        if found is None:
            return None
        document, _ = found
        return Delivery.model_validate(document)

    def deliveries(
        self, webhook_id: str, cursor: str | None, limit: int
    ) -> tuple[list[Delivery], str | None]:
        """Returns at most `limit` deliveries, the newest first, and the cursor of the next page or
        None. Raises BadRequest if no list returned the cursor."""
        below = position_of_cursor(cursor, DELIVERY_POSITION) if cursor else ""
        # One more than is shown tells whether there is a next page.
        page = Page(WHOLE_INBOX, "position", limit + 1, below=below)
        collection = f"{webhook_path(webhook_id)}/deliveries"
        found = []
        for document in self.documents.page(collection, page):
            delivery = Delivery.model_validate(document)
            found.append(delivery)
        shown = found[:limit]
        if len(found) == len(shown):
            return shown, None
        last = shown[-1]
        return shown, cursor_of(last.position)

    def record_attempt(
        self, webhook_id: str, event_id: str, attempt: DeliveryAttempt
    ) -> Delivery | None:
        """Record a try to send an event, and what follows from it for its endpoint, which is paused
        if it answered 410 or every attempt of three days failed.

        Returns the delivery, or None if there is none.
        """
        now = self.now()
        self._change_webhook(webhook_id, after_attempt, attempt, now)
        return self._change_delivery(webhook_id, event_id, attempted, attempt, now)

    def drop_delivery(self, webhook_id: str, event_id: str) -> None:
        """Record that a delivery that is due will not be tried any more."""
        now = self.now()
        self._change_delivery(webhook_id, event_id, dropped, now)

    def replay(self, webhook_id: str, event_id: str) -> Delivery | None:
        """Make a delivery due now, whatever became of it. Returns None if there is none."""
        now = self.now()
        expires = self._expiry(now)
        return self._change_delivery(webhook_id, event_id, made_due, now, expires)

    def now(self) -> datetime:
        seconds = self.clock()
        return datetime.fromtimestamp(seconds, UTC)

    def _expiry(self, now: datetime) -> datetime:
        kept = timedelta(days=self.keep_days)
        return now + kept

    def _check_limits(self, webhook: WebhookRecord) -> None:
        """Raises TooManyWebhooks if there are too many with this one. It is counted after it was
        written, so two requests at the same time cannot both be the last one."""
        of_folder = list(self.documents.query("webhooks", "folder", webhook.folder))
        if len(of_folder) > MAX_PER_FOLDER:
            raise TooManyWebhooks(f"A folder has at most {MAX_PER_FOLDER} webhooks.")
        of_key = list(self.documents.query("webhooks", "key_id", webhook.key_id))
        if len(of_key) > MAX_PER_KEY:
            raise TooManyWebhooks(f"A key has at most {MAX_PER_KEY} webhooks.")

    def _with_valid_key(self, webhook: WebhookRecord) -> WebhookRecord:
        """Returns the endpoint, which is paused if its key is not valid any more."""
        if webhook.state == "paused":
            return webhook
        now = self.now()
        keys = KeyStore(self.documents, self.clock)
        key = keys.find_by_id(webhook.key_id)
        if key is not None and key.is_valid(now):
            return webhook
        self._change_webhook(webhook.webhook_id, orphaned, webhook.key_id, now)
        return orphaned(webhook, webhook.key_id, now) or webhook

    def _secret_of(self, webhook: WebhookRecord, version: int) -> str:
        secret = self.require_secret()
        key = secret.encode()
        identity = f"{webhook.webhook_id} {version}"
        message = identity.encode()
        digest = hmac.digest(key, message, hashlib.sha256)
        encoded = base64.b64encode(digest)
        text = encoded.decode()
        return f"whsec_{text}"

    def _change_webhook(
        self,
        webhook_id: str,
        change: Callable[Concatenate[WebhookRecord | None, P], WebhookRecord | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> WebhookRecord | None:
        """Returns the endpoint as `change` leaves it, or None if it changes nothing."""

        def bound(webhook: WebhookRecord | None) -> WebhookRecord | None:
            return change(webhook, *args, **kwargs)

        path = webhook_path(webhook_id)
        return compare_and_set(self.documents, path, WebhookRecord, bound)

    def _change_delivery(
        self,
        webhook_id: str,
        event_id: str,
        change: Callable[Concatenate[Delivery | None, P], Delivery | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Delivery | None:
        """Returns the delivery as `change` leaves it, or None if it changes nothing."""

        def bound(delivery: Delivery | None) -> Delivery | None:
            return change(delivery, *args, **kwargs)

        path = delivery_path(webhook_id, event_id)
        return compare_and_set(self.documents, path, Delivery, bound)


def webhook_path(webhook_id: str) -> str:
    return f"webhooks/{webhook_id}"


def delivery_path(webhook_id: str, event_id: str) -> str:
    webhook = webhook_path(webhook_id)
    return f"{webhook}/deliveries/{event_id}"
