"""The rules in a bucket's resource that this server applies: CORS, lifecycle and versions.

They are checked before they are stored. One that cannot be applied would break every later request.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emulators.storage.errors import Invalid
from emulators.storage.resources import Resource

Days = Annotated[int, Field(ge=0, lt=2**31)]


class Part(BaseModel):
    model_config = ConfigDict(strict=True)


class CorsRule(Part):
    origin: list[str] = []
    method: list[str] = []
    responseHeader: list[str] = []
    maxAgeSeconds: int = 3600


class Action(Part):
    type: str


class Condition(Part):
    age: Days | None = None


class LifecycleRule(Part):
    action: Action
    condition: Condition


class Lifecycle(Part):
    rule: list[LifecycleRule] = []


class Versioning(Part):
    enabled: bool = False


class Rules(Part):
    cors: list[CorsRule] | None = None
    lifecycle: Lifecycle | None = None
    versioning: Versioning | None = None


def check_rules(bucket: Resource) -> None:
    """Raises Invalid, which names the first value that is wrong."""
    try:
        Rules.model_validate(bucket)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Invalid(f"Invalid value for {place}: {first['msg']}.") from error
