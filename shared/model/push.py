"""The request with which Pub/Sub pushes a message to a function.

See https://docs.cloud.google.com/pubsub/docs/push. The one-machine cloud sends the same request.
"""

from datetime import datetime

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class PushModel(BaseModel):
    """A part of the request. Pub/Sub may add fields, so unknown ones are ignored."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # errors are logged, and the input has names of recordings
    )


class PushedMessage(PushModel):
    """A message of a topic. Those of job events are CloudEvents in binary mode."""

    attributes: dict[str, str] = {}
    """Such as ce-id and content-type."""
    data: Base64Bytes = b""
    message_id: str
    publish_time: datetime


class PushRequest(PushModel):
    """The body of the request. Pub/Sub sends it again until a response has status 2xx."""

    message: PushedMessage
    subscription: str
    """Full name, projects/…/subscriptions/…."""
    delivery_attempt: int | None = Field(default=None, ge=1)
    """Number of this request, from 1. Pub/Sub sends it only where there are dead letters."""
