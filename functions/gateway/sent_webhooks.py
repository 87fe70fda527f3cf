"""Describes in the OpenAPI document what is sent to the addresses of webhooks.

The functions are never called: the document takes their parameters and descriptions.
"""

from functools import partial
from typing import Annotated, Any, get_args

from fastapi import FastAPI, Header

from functions.gateway.examples import SENT
from shared.model.batches import BATCH_DONE, BatchPayload
from shared.model.webhooks import TEST_TYPE, JobEndType, WebhookPayload, WebhookTest

ACCEPTED = {
    "2XX": {"description": "The receiver has it. Its body is not read."},
    "410": {"description": "The receiver wants nothing more: the webhook is paused."},
    "default": {"description": "The receiver does not have it: it is sent again later."},
}
"""What a receiver may answer."""

WebhookId = Annotated[
    str,
    Header(
        alias="webhook-id",
        description="Id of the event, the same each time that it is sent.",
        examples=["9a4f0e4a1f0c2b7d3e55-1-done"],
    ),
]
WebhookTimestamp = Annotated[
    str,
    Header(
        alias="webhook-timestamp",
        description="When it was signed, in seconds since 1970.",
        examples=["1795858212"],
    ),
]
WebhookSignature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="Signatures as Standard Webhooks 1.0.0 defines them, with spaces in between.",
        examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
    ),
]


def add_sent_webhooks(app: FastAPI) -> None:
    add_webhook = partial(app.webhooks.add_api_route, methods=["POST"])
    for type_ in get_args(JobEndType):
        state = type_.rpartition(".")[2]
        add_webhook(type_, job_ended, operation_id=f"job_{state}", name=f"job_{state}")
    add_webhook(BATCH_DONE, batch_ended, operation_id="batch_done")
    add_webhook(TEST_TYPE, webhook_tested, operation_id="webhook_tested")


def job_ended(
    payload: WebhookPayload,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> None:
    """A job of the webhook's folder has ended. The body has nothing of what was said: a transcript
    is read with a key, under `data.links`."""


def batch_ended(
    payload: BatchPayload,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> None:
    """The last job of a batch of the webhook's folder has ended."""


def webhook_tested(
    payload: WebhookTest,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> None:
    """The webhook is tried: `POST /api/v1/webhooks/{webhook_id}/test`."""


def describe_sent_webhooks(webhooks: dict[str, Any]) -> None:
    """Give each webhook of the document its example, and what a receiver may answer."""
    for type_, item in webhooks.items():
        operation = item["post"]
        operation["tags"] = ["webhooks"]
        operation["responses"] = ACCEPTED
        content = operation["requestBody"]["content"]["application/json"]
        content["example"] = SENT[type_]
