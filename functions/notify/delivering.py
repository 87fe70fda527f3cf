"""Delivers an event to the endpoints that want it, side by side, and records each attempt.

An attempt is recorded after it was made. If the process dies in between, the endpoint gets the
event again, with the same id. Pub/Sub, or the bridge on one machine, pushes the event again as long
as a delivery is due.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from functions.notify.deadline import Deadline
from functions.notify.posting import Answer, Sender
from functions.notify.pushed_event import PushedEvent, read_event
from functions.notify.signed_payload import payload, signed_headers
from functions.notify.slots import EndpointSlots
from shared.jobs.store import JobStore
from shared.jobs.webhook_records import Delivery, DeliveryAttempt, WebhookRecord
from shared.jobs.webhook_store import WebhookStore
from shared.model.errors import BadRequest, DeliveriesDue
from shared.model.push import PushRequest
from shared.runtime.spans import note_job

log = logging.getLogger(__name__)

THREADS = 64
"""Deliveries that a process works on at once, of all events together."""
LATEST_START = 25.0
"""Seconds after the begin of a request in which a try may begin. What is not tried by then is due
when the event is pushed again."""
LOOK_SECONDS = 0.5
"""Seconds between two looks at what became due while an endpoint has not answered."""
SLOT_WAIT = timedelta(seconds=5)
"""Time after which an endpoint that had no slot is looked at again."""

Try = Future[datetime | None]
"""Gives when the delivery is due after a try, or None if it is not."""


@dataclass(frozen=True)
class Notifier:
    """Delivers events."""

    webhooks: WebhookStore
    jobs: JobStore
    sender: Sender
    slots: EndpointSlots = field(default_factory=EndpointSlots)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "delivery")
    )

    def __call__(self, request: PushRequest) -> None:
        """Deliver the event of a request as far as it is due.

        A message that is no event is logged, and not asked for again: it would be the same. Raises
        DeliveriesDue if the event is to be pushed again.
        """
        try:
            event = read_event(request.message)
        except BadRequest as error:
            log.error("not an event of a job: %s", error)
            return
        if event.job is not None:
            note_job(event.job.job_id, event.job.run)
        due = self.deliver(event)
        if due:
            raise DeliveriesDue(f"{due} of its deliveries will be tried again")

    def deliver(self, event: PushedEvent) -> int:
        """Returns how many deliveries of an event are still due after this try.

        The event is pushed again only after this has returned. So a delivery that becomes due
        while another endpoint has not answered is tried meanwhile.

        Raises what prevented one of them, after the others have ended.
        """
        deadline = Deadline.within(LATEST_START)
        tries: dict[str, Try] = {}
        for webhook in self.endpoints(event):
            tries[webhook.webhook_id] = self.begin_try(webhook, event, deadline)
        while wait(tries.values(), LOOK_SECONDS).not_done:
            if not deadline.is_over and self.are_due(tries):
                self.try_again(tries, event, deadline)
        results = [delivery.result() for delivery in tries.values()]
        return sum(due is not None for due in results)

    def begin_try(self, webhook: WebhookRecord, event: PushedEvent, deadline: Deadline) -> Try:
        return self.threads.submit(self.deliver_to, webhook, event, deadline)

    def are_due(self, tries: Mapping[str, Try]) -> bool:
        now = self.webhooks.now()
        return any(is_due_again(delivery, now) for delivery in tries.values())

    def try_again(self, tries: dict[str, Try], event: PushedEvent, deadline: Deadline) -> None:
        """Begin tries of what is due again, to the endpoints as they are now."""
        now = self.webhooks.now()
        for webhook in self.endpoints(event):
            delivery = tries.get(webhook.webhook_id)
            if delivery is not None and is_due_again(delivery, now):
                tries[webhook.webhook_id] = self.begin_try(webhook, event, deadline)

    def endpoints(self, event: PushedEvent) -> list[WebhookRecord]:
        """Returns the endpoints that an event is for, the paused ones included.

        One that was made after the event is for later ones only.
        """
        if event.subject is None or event.webhook_id is not None:
            webhook = self.webhooks.find_checked(event.webhook_id or "")
            return [webhook] if webhook else []
        registered = self.webhooks.registered_for(event.subject, event.type)
        return [webhook for webhook in registered if webhook.created <= event.time]

    def deliver_to(
        self, webhook: WebhookRecord, event: PushedEvent, deadline: Deadline
    ) -> datetime | None:
        """Returns when the delivery of an event to an endpoint is due after this try, or None."""
        webhook_id = webhook.webhook_id
        delivery = self.webhooks.begin_delivery(webhook_id, event.delivered_to(webhook.folder))
        if delivery.state != "due":
            return None
        if not self.may_have(webhook, event):
            self.webhooks.drop_delivery(webhook_id, event.event_id)
            return None
        if deadline.is_over or not delivery.is_due(self.webhooks.now()):
            return delivery.next_try
        is_failing = webhook.failing_since is not None
        with self.slots.slot(webhook_id, is_failing=is_failing) as has_slot:
            if not has_slot:
                return self.webhooks.now() + SLOT_WAIT
            return self.try_once(webhook, event)

    def may_have(self, webhook: WebhookRecord, event: PushedEvent) -> bool:
        """Returns whether an endpoint may be sent an event now: it is not paused, its folder has
        the recording, and the recording is not erased."""
        if webhook.state != "active":
            return False
        if event.batch is not None:
            return event.batch.folder.startswith(webhook.folder)
        if event.job is None:
            return True
        job = self.jobs.find(event.job.job_id)
        if job is None or job.state == "erased":
            return False
        return job.is_in(webhook.folder)

    def try_once(self, webhook: WebhookRecord, event: PushedEvent) -> datetime | None:
        """Send an event to an endpoint, and record what came of it. Returns when it will be tried
        again, or None."""
        body = payload(event, webhook.webhook_id)
        started = self.webhooks.now()
        secrets = self.webhooks.signing_secrets(webhook)
        headers = signed_headers(event.event_id, body, secrets, started)
        answer = self.sender.post(webhook.url, headers, body)
        attempt = DeliveryAttempt(
            time=started, status=answer.status, error=answer.error, seconds=answer.seconds
        )
        delivery = self.webhooks.record_attempt(webhook.webhook_id, event.event_id, attempt)
        log_attempt(webhook, event, answer, delivery)
        return delivery.next_try if delivery is not None else None


def is_due_again(delivery: Try, now: datetime) -> bool:
    """Returns whether a try has ended after which the next one is due. One that raised is not."""
    if not delivery.done() or delivery.exception() is not None:
        return False
    due = delivery.result()
    return due is not None and due <= now


def log_attempt(
    webhook: WebhookRecord, event: PushedEvent, answer: Answer, delivery: Delivery | None
) -> None:
    """Log a try. Of the URL only the host may be known: the rest may be secret."""
    fields = {
        "job_id": event.job_id,
        "event_id": event.event_id,
        "webhook_id": webhook.webhook_id,
        "host": urlsplit(webhook.url).hostname,
        "status": answer.status,
        "error": answer.error,
        "seconds": answer.seconds,
        "tries": delivery.tries if delivery else None,
    }
    if answer.error is None:
        log.info("webhook delivered", extra=fields)
    else:
        log.warning("webhook not delivered", extra=fields)
