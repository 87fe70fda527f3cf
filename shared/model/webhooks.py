"""Webhooks on the wire: their routes' bodies, and what is sent to an endpoint.

Times are in UTC, as RFC 3339 writes them. Fields of requests that are not known are refused.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from shared.model.contracts import FinalState, Seconds, WireModel
from shared.model.folders import normalised_folder

JobEndType = Literal["dropscribe.job.done", "dropscribe.job.failed", "dropscribe.job.cancelled"]
WebhookType = Literal[
    "dropscribe.job.done",
    "dropscribe.job.failed",
    "dropscribe.job.cancelled",
    "dropscribe.batch.done",
]
"""What an endpoint may be sent."""
TEST_TYPE: Literal["dropscribe.webhook.test"] = "dropscribe.webhook.test"
"""Type of the event with which an endpoint is tried."""
PauseReason = Literal["failing", "gone", "key_invalid"]
"""Why nothing is sent to an endpoint: every attempt of 3 days failed; it answered 410; the key that
it belongs to was revoked or has expired."""
DeliveryState = Literal["due", "delivered", "failed", "dropped"]
"""`due`: it will be tried, perhaps again. `failed`: the last try failed. `dropped`: it was not
sent, or not again, because the endpoint was paused or the recording erased."""


# What an endpoint is sent


class PayloadLinks(WireModel):
    """Paths of the API under which the job and its answer are found."""

    job: str
    transcript: str | None
    """Null if there is no transcript."""


class PayloadData(WireModel):
    """How a job ended. It has nothing of what was said."""

    job_id: str
    name: str
    """The recording's name in the inbox."""
    run: int
    state: FinalState
    problem_type: str | None
    """Type of the problem, of a job that failed or was cancelled."""
    warnings: tuple[str, ...]
    """Codes of the transcript's warnings, each one once."""
    metadata: dict[str, str]
    """The client's own, as it was sent with the recording."""
    links: PayloadLinks


class WebhookPayload(WireModel):
    """The body that is sent to an endpoint when a job has ended."""

    type: JobEndType
    timestamp: AwareDatetime
    """When the job ended."""
    data: PayloadData


class WebhookTestData(WireModel):
    """What is sent to try an endpoint."""

    webhook_id: str


class WebhookTest(WireModel):
    """The body that is sent to try an endpoint."""

    type: Literal["dropscribe.webhook.test"] = TEST_TYPE
    timestamp: AwareDatetime
    """When the try was requested."""
    data: WebhookTestData


# Endpoints


class WebhookRequest(WireModel):
    """A request to send the ends of jobs to an address."""

    url: str = Field(min_length=1, max_length=2000)
    """An https address without user and password."""
    folder: Annotated[str, AfterValidator(normalised_folder)] | None = None
    """Folder of the inbox about whose recordings events are sent, such as "team-a/calls/". Null:
    that of the key."""
    types: tuple[WebhookType, ...] = ()
    """Empty: all."""
    description: str = Field(default="", max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    """For people."""


class WebhookView(WireModel):
    """An endpoint, without its secret."""

    id: str
    url: str
    folder: str
    """Ends with "/". Empty: the whole inbox."""
    types: tuple[WebhookType, ...]
    """Empty: all."""
    description: str
    key_id: str
    """The key that it belongs to. If it is revoked or expires, the endpoint is paused."""
    created: AwareDatetime
    state: Literal["active", "paused"]
    paused_because: PauseReason | None
    failing_since: AwareDatetime | None
    """When the first of the attempts failed since the last one that succeeded."""
    former_secret_until: AwareDatetime | None
    """Until when what is sent is signed with the former secret, too, after a rotation."""


class NewWebhook(WebhookView):
    """An endpoint that was just made, or whose secret was just replaced."""

    secret: str
    """It verifies what is sent. It is shown only here."""


class WebhookList(WireModel):
    webhooks: tuple[WebhookView, ...]


# Deliveries


class AttemptView(WireModel):
    """A try to send an event to an endpoint."""

    time: AwareDatetime
    status: int | None
    """That the endpoint answered; null if it did not answer."""
    error: str | None
    """Why it counts as failed, such as "timeout"; null if it succeeded."""
    seconds: Seconds


class DeliveryView(WireModel):
    """An event on its way to an endpoint."""

    event_id: str
    """What the endpoint gets as `webhook-id`."""
    type: str
    job_id: str | None
    """Null for a test."""
    state: DeliveryState
    created: AwareDatetime
    next_try: AwareDatetime | None
    """Null if it will not be tried."""
    attempts: tuple[AttemptView, ...]
    """The last 20, the oldest first."""


class DeliveryPage(WireModel):
    """A page of an endpoint's deliveries, the newest first."""

    deliveries: tuple[DeliveryView, ...]
    next_cursor: str | None
    """Cursor of the next page; null at the end of the list."""
