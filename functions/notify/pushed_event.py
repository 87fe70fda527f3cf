"""Reads the event of a message that was pushed: how a job or a batch ended, or that an endpoint is
tried."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.jobs.webhook_records import EventToDeliver
from shared.model.batches import BATCH_DONE, BatchCompletion
from shared.model.contracts import JobEvent
from shared.model.errors import BadRequest
from shared.model.push import PushedMessage
from shared.model.webhooks import TEST_TYPE, JobEndType
from shared.runtime.http import describe_errors

JOB_TYPES: tuple[str, ...] = get_args(JobEndType)


class EventAttributes(BaseModel):
    """The attributes of a CloudEvent that count here, as a message has them. The ids become parts
    of documents' paths."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(alias="ce-id", pattern=r"^[0-9A-Za-z-]{1,100}$")
    type: str = Field(alias="ce-type")
    time: AwareDatetime = Field(alias="ce-time")
    webhook: str | None = Field(default=None, alias="ce-webhook", pattern=r"^[0-9a-z_]{1,40}$")
    """The only endpoint that gets the event. None: all that want it."""


@dataclass(frozen=True)
class PushedEvent:
    """An event that is to be delivered to endpoints."""

    event_id: str
    type: str
    time: datetime
    """When it happened."""
    webhook_id: str | None
    """The only endpoint that gets it. None: all that want it."""
    job: JobEvent | None
    """How a job ended. None: it is another event."""
    batch: BatchCompletion | None
    """How a batch ended. None: it is another event."""

    @property
    def job_id(self) -> str | None:
        return self.job.job_id if self.job else None

    @property
    def subject(self) -> str | None:
        """Returns the recording's name, or the folder of the batch. Endpoints of the folders that
        it is in get the event. None: an endpoint is tried."""
        if self.job is not None:
            return self.job.source.name
        return self.batch.folder if self.batch else None

    def delivered_to(self, folder: str) -> EventToDeliver:
        """Returns what the delivery to an endpoint of a folder holds."""
        name = folder if self.subject is None else self.subject
        return EventToDeliver(self.event_id, self.type, self.job_id, name)


def read_event(message: PushedMessage) -> PushedEvent:
    """Returns the event of a message. Raises BadRequest, which names what is wrong with it."""
    try:
        attributes = EventAttributes.model_validate(message.attributes)
        job = job_of(attributes, message.data)
        batch = batch_of(attributes, message.data)
    except ValidationError as error:
        raise BadRequest(describe_errors(error)) from error
    return PushedEvent(
        event_id=attributes.id,
        type=attributes.type,
        time=attributes.time,
        webhook_id=attributes.webhook,
        job=job,
        batch=batch,
    )


def job_of(attributes: EventAttributes, data: bytes) -> JobEvent | None:
    """Returns how a job ended, or None for another event. Raises BadRequest or ValidationError.

    Fields that a later version adds are ignored.
    """
    if attributes.type == TEST_TYPE:
        if attributes.webhook is None:
            raise BadRequest("ce-webhook: a try has no endpoint")
        return None
    if attributes.type == BATCH_DONE:
        return None
    if attributes.type not in JOB_TYPES:
        raise BadRequest("ce-type: unknown")
    job = JobEvent.model_validate_json(data, extra="ignore")
    if not attributes.type.endswith(f".{job.state}"):
        raise BadRequest("ce-type: another than that of the state")
    return job


def batch_of(attributes: EventAttributes, data: bytes) -> BatchCompletion | None:
    """Returns how a batch ended, or None for another event. Raises ValidationError."""
    if attributes.type != BATCH_DONE:
        return None
    return BatchCompletion.model_validate_json(data, extra="ignore")
