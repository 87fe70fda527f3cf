"""Finds endpoints for a caller, and checks what a caller asks for. An endpoint that the caller may
not see is answered like one that does not exist."""

import re

from functions.gateway.access import Caller
from shared.jobs.listing import folders_of
from shared.jobs.webhook_records import Delivery, WebhookRecord
from shared.jobs.webhook_store import MAX_DEPTH, WebhookStore
from shared.model.errors import Forbidden, NotFound, WebhookRefused, WrongState
from shared.model.networks import AllowedHosts
from shared.model.webhook_urls import checked_url
from shared.settings import settings

WEBHOOK_ID = re.compile(r"wh_[0-9a-f]{20}")
EVENT_ID = re.compile(r"[0-9a-z-]{1,100}")
NO_WEBHOOK = "There is no such webhook."
NO_DELIVERY = "There is no such delivery."


def visible_webhook(webhook_id: str, caller: Caller, webhooks: WebhookStore) -> WebhookRecord:
    """Returns an endpoint whose folder is in the caller's. Raises NotFound."""
    if WEBHOOK_ID.fullmatch(webhook_id) is None:
        raise NotFound(NO_WEBHOOK)
    webhook = webhooks.find(webhook_id)
    if webhook is None or not caller.may_see(webhook.folder):
        raise NotFound(NO_WEBHOOK)
    return webhook


def active_webhook(webhook_id: str, caller: Caller, webhooks: WebhookStore) -> WebhookRecord:
    """Returns an endpoint that is sent events. Raises NotFound or WrongState."""
    webhook = visible_webhook(webhook_id, caller, webhooks)
    if webhook.state == "paused":
        raise WrongState("The webhook is paused: resume it first.")
    return webhook


def found_delivery(webhook: WebhookRecord, event_id: str, webhooks: WebhookStore) -> Delivery:
    """Returns a delivery to an endpoint. Raises NotFound."""
    if EVENT_ID.fullmatch(event_id) is None:
        raise NotFound(NO_DELIVERY)
    delivery = webhooks.delivery(webhook.webhook_id, event_id)
    if delivery is None:
        raise NotFound(NO_DELIVERY)
    return delivery


def permitted_folder(folder: str | None, caller: Caller) -> str:
    """Returns the folder of a new endpoint, by default the caller's. Raises Forbidden or
    WebhookRefused."""
    if folder is None:
        return caller.folder
    if not caller.may_see(folder):
        raise Forbidden(f"The key may make webhooks only inside the folder '{caller.folder}'.")
    if len(list(folders_of(folder))) > MAX_DEPTH:
        raise WebhookRefused(f"folder: has more than {MAX_DEPTH - 1} folders inside each other")
    return folder


def check_url(url: str) -> None:
    """Raises WebhookRefused if nothing may be sent to a URL, as far as it can be seen from the URL:
    its addresses are looked up at each try."""
    hosts = settings().webhooks.webhook_hosts
    allowed = AllowedHosts.parse(hosts)
    try:
        checked_url(url, allowed)
    except ValueError as error:
        raise WebhookRefused(f"url: {error}") from error
