"""Routes of webhooks: make, list, try, resume and delete them, and see and repeat what was sent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from functions.gateway.access import WebhookAdmin
from functions.gateway.deployment import InDeployment
from functions.gateway.openapi import problems
from functions.gateway.webhook_access import (
    EVENT_ID,
    WEBHOOK_ID,
    active_webhook,
    check_url,
    found_delivery,
    permitted_folder,
    visible_webhook,
)
from functions.gateway.webhook_events import send_again, send_test
from shared.jobs.webhook_records import Delivery, WebhookRecord
from shared.jobs.webhook_store import WebhookStore
from shared.model.errors import (
    BadRequest,
    EventGone,
    EventsUnavailable,
    NotFound,
    RecordingErased,
    TooManyWebhooks,
    WebhookRefused,
    WebhooksUnavailable,
    WrongState,
)
from shared.model.webhooks import (
    AttemptView,
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    WebhookList,
    WebhookRequest,
    WebhookView,
)

WEBHOOKS_PATH = "/api/v1/webhooks"
MAX_LIMIT = 200
"""Deliveries of a page at most."""


def require_webhooks(stores: InDeployment) -> None:
    """Raises WebhooksUnavailable if the deployment has no secret for webhooks."""
    stores.webhooks.require_secret()


router = APIRouter(
    tags=["webhooks"],
    prefix=WEBHOOKS_PATH,
    dependencies=[Depends(require_webhooks)],
    responses=problems(WebhooksUnavailable),
)

WebhookId = Annotated[
    str,
    Path(
        description="Id of the webhook.",
        json_schema_extra={"pattern": f"^{WEBHOOK_ID.pattern}$"},
    ),
]
EventId = Annotated[
    str,
    Path(
        description="What the endpoint got as `webhook-id`.",
        json_schema_extra={"pattern": f"^{EVENT_ID.pattern}$"},
    ),
]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post(
    "",
    status_code=201,
    response_description="The webhook and its secret.",
    responses=problems(WebhookRefused, TooManyWebhooks),
)
def create_webhook(
    request: WebhookRequest, response: Response, caller: WebhookAdmin, stores: InDeployment
) -> NewWebhook:
    """Have the ends of jobs sent to an address. The secret that verifies them is shown only in this
    answer.

    The webhook is sent how jobs of its folder end, which is the key's folder or one inside it. It
    belongs to the key: when that is revoked or expires, the webhook is paused.
    """
    folder = permitted_folder(request.folder, caller)
    check_url(request.url)
    webhooks = stores.webhooks
    webhook = webhooks.create(
        url=request.url,
        folder=folder,
        types=request.types,
        description=request.description,
        key_id=caller.key_id,
    )
    response.headers["Location"] = f"{WEBHOOKS_PATH}/{webhook.webhook_id}"
    return new_webhook(webhook, webhooks)


@router.get("", response_description="The webhooks, without their secrets.")
def list_webhooks(caller: WebhookAdmin, stores: InDeployment) -> WebhookList:
    """List the webhooks of the key's folder and of the folders in it, the newest first."""
    found = stores.webhooks.in_folder(caller.folder)
    views = tuple(map(webhook_view, found))
    return WebhookList(webhooks=views)


@router.get(
    "/{webhook_id}",
    response_description="The webhook, without its secret.",
    responses=problems(NotFound),
)
def read_webhook(webhook_id: WebhookId, caller: WebhookAdmin, stores: InDeployment) -> WebhookView:
    """Show a webhook, and why it is paused if it is."""
    webhook = visible_webhook(webhook_id, caller, stores.webhooks)
    return webhook_view(webhook)


@router.delete(
    "/{webhook_id}",
    status_code=204,
    response_class=Response,
    response_description="The webhook is deleted.",
    responses=problems(NotFound),
)
def delete_webhook(webhook_id: WebhookId, caller: WebhookAdmin, stores: InDeployment) -> None:
    """Delete a webhook. Nothing more is sent to it, but for what is on its way."""
    webhooks = stores.webhooks
    visible_webhook(webhook_id, caller, webhooks)
    webhooks.delete(webhook_id)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    response_description="The delivery of the test, which will be tried at once.",
    responses=problems(NotFound, WrongState, EventsUnavailable),
)
def test_webhook(
    webhook_id: WebhookId, response: Response, caller: WebhookAdmin, stores: InDeployment
) -> DeliveryView:
    """Send a webhook an event of the type `dropscribe.webhook.test`.

    What came of it is in the delivery, at the address in `Location`. If it fails it is tried again,
    as everything is.
    """
    webhook = active_webhook(webhook_id, caller, stores.webhooks)
    delivery = send_test(webhook, stores)
    address = delivery_address(delivery)
    response.headers["Location"] = address
    return delivery_view(delivery)


@router.post(
    "/{webhook_id}/rotate",
    response_description="The webhook and its new secret.",
    responses=problems(NotFound),
)
def rotate_secret(webhook_id: WebhookId, caller: WebhookAdmin, stores: InDeployment) -> NewWebhook:
    """Give a webhook a new secret, which is shown only in this answer.

    For 24 hours everything that is sent is also signed with the former one, so that the receiver
    has time to change to the new one.
    """
    webhooks = stores.webhooks
    visible_webhook(webhook_id, caller, webhooks)
    rotated = webhooks.rotate(webhook_id)
    webhook = existing(rotated)
    return new_webhook(webhook, webhooks)


@router.post(
    "/{webhook_id}/resume",
    response_description="The webhook, which is active.",
    responses=problems(NotFound),
)
def resume_webhook(
    webhook_id: WebhookId, caller: WebhookAdmin, stores: InDeployment
) -> WebhookView:
    """Send to a paused webhook again. It belongs to the key of this request from now on.

    An active one can be taken over so before its key is revoked. What was not sent during the pause
    is among the deliveries, and can be replayed.
    """
    webhooks = stores.webhooks
    visible_webhook(webhook_id, caller, webhooks)
    resumed = webhooks.resume(webhook_id, caller.key_id)
    webhook = existing(resumed)
    return webhook_view(webhook)


@router.get(
    "/{webhook_id}/deliveries",
    response_description="A page of deliveries.",
    responses=problems(NotFound, BadRequest),
)
def list_deliveries(
    webhook_id: WebhookId,
    caller: WebhookAdmin,
    stores: InDeployment,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """List what was sent to a webhook and what came of it, the newest first. A delivery is listed
    for as long as documents of jobs are kept."""
    webhooks = stores.webhooks
    visible_webhook(webhook_id, caller, webhooks)
    found, next_cursor = webhooks.deliveries(webhook_id, cursor, limit)
    views = tuple(map(delivery_view, found))
    return DeliveryPage(deliveries=views, next_cursor=next_cursor)


@router.get(
    "/{webhook_id}/deliveries/{event_id}",
    response_description="The delivery as it is now.",
    responses=problems(NotFound),
)
def read_delivery(
    webhook_id: WebhookId, event_id: EventId, caller: WebhookAdmin, stores: InDeployment
) -> DeliveryView:
    """Show what came of sending an event to a webhook."""
    webhooks = stores.webhooks
    webhook = visible_webhook(webhook_id, caller, webhooks)
    delivery = found_delivery(webhook, event_id, webhooks)
    return delivery_view(delivery)


@router.post(
    "/{webhook_id}/deliveries/{event_id}/replay",
    status_code=202,
    response_description="The delivery, which will be tried at once.",
    responses=problems(NotFound, WrongState, RecordingErased, EventGone, EventsUnavailable),
)
def replay_delivery(
    webhook_id: WebhookId,
    event_id: EventId,
    response: Response,
    caller: WebhookAdmin,
    stores: InDeployment,
) -> DeliveryView:
    """Send an event again, whatever became of it before, with the same `webhook-id` and a new
    signature."""
    webhooks = stores.webhooks
    webhook = active_webhook(webhook_id, caller, webhooks)
    delivery = found_delivery(webhook, event_id, webhooks)
    replayed = send_again(delivery, stores)
    address = delivery_address(replayed)
    response.headers["Location"] = address
    return delivery_view(replayed)


def existing(changed: WebhookRecord | None) -> WebhookRecord:
    """Returns the changed endpoint. Raises NotFound if it was deleted meanwhile."""
    if changed is None:
        raise NotFound("The webhook was deleted.")
    return changed


def delivery_address(delivery: Delivery) -> str:
    webhook = f"{WEBHOOKS_PATH}/{delivery.webhook_id}"
    return f"{webhook}/deliveries/{delivery.event_id}"


def new_webhook(webhook: WebhookRecord, webhooks: WebhookStore) -> NewWebhook:
    """Returns an endpoint with its current secret."""
    current, *_ = webhooks.signing_secrets(webhook)
    view = webhook_view(webhook)
    fields = view.model_dump()
    return NewWebhook(**fields, secret=current)


def webhook_view(webhook: WebhookRecord) -> WebhookView:
    names = set(WebhookView.model_fields)
    fields = webhook.model_dump(include=names)
    fields["id"] = webhook.webhook_id
    return WebhookView.model_validate(fields)


def delivery_view(delivery: Delivery) -> DeliveryView:
    attempts = [AttemptView(**attempt.model_dump()) for attempt in delivery.attempts]
    return DeliveryView(
        event_id=delivery.event_id,
        type=delivery.type,
        job_id=delivery.job_id,
        state=delivery.state,
        created=delivery.created,
        next_try=delivery.next_try,
        attempts=tuple(attempts),
    )
