"""The calls of the API about webhooks, each with how its response is read."""

from collections.abc import Sequence

from dropscribe.calls import API, PAGE_SIZE, get, read
from dropscribe.exchange import exchange
from dropscribe.server import Call, Server
from dropscribe.steps import Steps
from shared.model.webhooks import (
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    WebhookList,
    WebhookRequest,
    WebhookType,
    WebhookView,
)

WEBHOOKS = f"{API}/webhooks"


def create_webhook(
    server: Server, url: str, folder: str | None, types: Sequence[WebhookType], description: str
) -> Steps[NewWebhook]:
    request = WebhookRequest(url=url, folder=folder, types=tuple(types), description=description)
    body = request.model_dump(mode="json")
    response = yield from exchange(server, Call("POST", WEBHOOKS, json=body))
    return read(NewWebhook, response.content)


def webhooks(server: Server) -> Steps[tuple[WebhookView, ...]]:
    found = yield from get(server, WEBHOOKS, WebhookList)
    return found.webhooks


def webhook(server: Server, webhook_id: str) -> Steps[WebhookView]:
    return (yield from get(server, webhook_path(webhook_id), WebhookView))


def delete_webhook(server: Server, webhook_id: str) -> Steps[None]:
    yield from exchange(server, Call("DELETE", webhook_path(webhook_id)))


def test_webhook(server: Server, webhook_id: str) -> Steps[DeliveryView]:
    path = f"{webhook_path(webhook_id)}/test"
    response = yield from exchange(server, Call("POST", path))
    return read(DeliveryView, response.content)


def rotate_webhook(server: Server, webhook_id: str) -> Steps[NewWebhook]:
    path = f"{webhook_path(webhook_id)}/rotate"
    response = yield from exchange(server, Call("POST", path))
    return read(NewWebhook, response.content)


def resume_webhook(server: Server, webhook_id: str) -> Steps[WebhookView]:
    path = f"{webhook_path(webhook_id)}/resume"
    response = yield from exchange(server, Call("POST", path))
    return read(WebhookView, response.content)


def delivery_page(server: Server, webhook_id: str, cursor: str | None) -> Steps[DeliveryPage]:
    """Returns a page of what was sent to a webhook."""
    params = {"limit": str(PAGE_SIZE)}
    if cursor:
        params["cursor"] = cursor
    path = f"{webhook_path(webhook_id)}/deliveries"
    response = yield from exchange(server, Call("GET", path, params, is_repeatable=True))
    return read(DeliveryPage, response.content)


def delivery(server: Server, webhook_id: str, event_id: str) -> Steps[DeliveryView]:
    path = delivery_path(webhook_id, event_id)
    return (yield from get(server, path, DeliveryView))


def replay(server: Server, webhook_id: str, event_id: str) -> Steps[DeliveryView]:
    path = f"{delivery_path(webhook_id, event_id)}/replay"
    response = yield from exchange(server, Call("POST", path))
    return read(DeliveryView, response.content)


def webhook_path(webhook_id: str) -> str:
    return f"{WEBHOOKS}/{webhook_id}"


def delivery_path(webhook_id: str, event_id: str) -> str:
    return f"{webhook_path(webhook_id)}/deliveries/{event_id}"
