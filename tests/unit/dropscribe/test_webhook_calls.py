"""Each method of both clients about webhooks asks for what it says, and returns the answer."""

from typing import Any

import httpx
import pytest

from functions.gateway.examples import EXAMPLES
from tests.unit.dropscribe.both_clients import Caller

VIEW, DELIVERY = EXAMPLES["WebhookView"], EXAMPLES["DeliveryView"]
CALLS: list[tuple[str, tuple[Any, ...], str, str, str]] = [
    ("webhook", ("wh_1",), "GET", "/api/v1/webhooks/wh_1", "WebhookView"),
    ("test_webhook", ("wh_1",), "POST", "/api/v1/webhooks/wh_1/test", "DeliveryView"),
    ("rotate_webhook", ("wh_1",), "POST", "/api/v1/webhooks/wh_1/rotate", "NewWebhook"),
    ("resume_webhook", ("wh_1",), "POST", "/api/v1/webhooks/wh_1/resume", "WebhookView"),
    ("delivery", ("wh_1", "e1"), "GET", "/api/v1/webhooks/wh_1/deliveries/e1", "DeliveryView"),
    (
        "replay",
        ("wh_1", "e1"),
        "POST",
        "/api/v1/webhooks/wh_1/deliveries/e1/replay",
        "DeliveryView",
    ),
]


@pytest.mark.parametrize(("method", "arguments", "verb", "path", "model"), CALLS)
def test_a_call_returns_what_is_answered(
    caller: Caller, method: str, arguments: tuple[str, ...], verb: str, path: str, model: str
) -> None:
    body = EXAMPLES[model]
    found = caller.call(lambda request: httpx.Response(200, json=body), method, *arguments)
    assert found.model_dump(mode="json") == body
    assert (caller.last.method, caller.last.url.path) == (verb, path)


def test_a_webhook_is_made_as_it_is_asked_for(caller: Caller) -> None:
    made = caller.call(
        lambda request: httpx.Response(201, json=EXAMPLES["NewWebhook"]),
        "create_webhook",
        "https://example.org/dropscribe",
        types=["dropscribe.job.done"],
    )
    assert made.secret == EXAMPLES["NewWebhook"]["secret"]
    asked = httpx.Response(200, content=caller.last.content).json()
    assert asked == {
        "url": "https://example.org/dropscribe",
        "folder": None,
        "types": ["dropscribe.job.done"],
        "description": "",
    }


def test_webhooks_are_listed_and_deleted(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(204)
        return httpx.Response(200, json=EXAMPLES["WebhookList"])

    (webhook,) = caller.call(answer, "webhooks")
    assert webhook.id == VIEW["id"]
    assert caller.call(answer, "delete_webhook", "wh_1") is None
    assert caller.last.url.path == "/api/v1/webhooks/wh_1"


def test_deliveries_go_through_all_pages(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        cursor = None if "cursor" in request.url.params else "more"
        return httpx.Response(200, json={"deliveries": [DELIVERY], "next_cursor": cursor})

    found = caller.call(answer, "deliveries", "wh_1")
    assert [delivery.event_id for delivery in found] == [DELIVERY["event_id"]] * 2
    assert dict(caller.last.url.params) == {"limit": "200", "cursor": "more"}
