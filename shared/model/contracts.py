"""Requests, responses and events: every body on the wire is one of these models."""

import hashlib
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer

Seconds = Annotated[
    float, Field(allow_inf_nan=False), PlainSerializer(lambda s: round(s, 3), return_type=float)
]
"""Seconds, finite, written with at most three decimals."""


class WireModel(BaseModel):
    """A model that crosses a process boundary. It is frozen and refuses unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ser_json_inf_nan="constants",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # errors are logged, and the input may hold speech
    )


def kebab_case(cls: type) -> str:
    """Returns the name of a class in lower case, with hyphens between its words."""
    with_hyphens = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__)
    return with_hyphens.lower()


class Source(WireModel):
    """One generation of one inbox object, which identifies a job."""

    bucket: str = Field(min_length=1)
    name: str = Field(min_length=1)
    generation: int = Field(gt=0)

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"

    @property
    def job_id(self) -> str:
        """Returns the same id for every delivery of the same event, and another for another
        generation."""
        identity = f"{self.uri}#{self.generation}"
        digest = hashlib.sha256(identity.encode())
        digits = digest.hexdigest()
        return digits[:20]


class Artifact(WireModel):
    """An immutable object in storage, identified by its content."""

    uri: str = Field(pattern=r"^gs://[^/]+/.+$")
    generation: int
    sha256: str


class Engine(WireModel):
    """The software and the model that computed a result. `digest` is that of the model."""

    name: str
    version: str
    model: str | None = None
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    device: str = "cpu"


class Params(WireModel):
    """Parameters of a stage, beside its inputs."""

    part: int = Field(default=0, ge=0)
    """Index of the chunk or span, from 0."""


class StageRequest(WireModel):
    """A request to a stage."""

    source: Source
    inputs: dict[str, Artifact] = {}
    params: dict[str, JsonValue] = {}


class StageResponse(WireModel):
    """A stage's response. A list of artifacts is in the order of the manifest."""

    job_id: str
    stage: str
    stage_version: str
    outputs: dict[str, Artifact | tuple[Artifact, ...]] = {}
    reused: bool = False
    """Whether it is the cached result of an earlier request."""
    engine: Engine | None = None
    seconds: float = 0.0


class ResolvedOption(WireModel):
    """An option in force, and its origin."""

    value: JsonValue
    origin: str


class Prepared(StageResponse):
    """prepare's response: its outputs, and the parameters of the other stages."""

    duplicate: bool = False
    """Another execution works on this recording, so this one ends."""
    plan: dict[str, dict[str, JsonValue] | None] = {}
    """Parameters by stage. Null: the stage is skipped."""


FinalState = Literal["done", "failed", "cancelled"]
"""How a job ends, with its answer in the outbox."""
Settled = Literal[FinalState, "retryable"]
"""How a run ends. `retryable`: the failure is transient, and nothing was written."""


class Finalized(WireModel):
    """finalize's response."""

    job_id: str
    state: Literal[Settled, "superseded"]
    """`superseded`: nothing was written, as a later run answers or the recording was erased."""
    outputs: dict[str, str] = {}
    """Format -> URI."""


class JobEvent(WireModel):
    """The data of the CloudEvent that is published when a job ends. It names the answer's URIs and
    holds nothing of its content."""

    job_id: str
    source: Source
    run: int
    state: FinalState
    outputs: dict[str, str]
    """Format -> URI in the outbox; `problem` is the URI of problem.json."""
    problem_type: str | None
    """Such as urn:dropscribe:problem:not-audio; null when the job is done."""
    warnings: tuple[str, ...] = ()
    """Codes of the transcript's warnings, such as speakers_unknown."""
    tags: dict[str, str] = {}
    """The uploader's own metadata, whose names begin with x-. At most 2048 bytes."""


class Problem(WireModel):
    """A problem as RFC 9457 defines it, with the job and the stage in which it occurred."""

    type: str
    title: str
    status: int
    detail: str
    job_id: str | None = None
    stage: str | None = None
    tags: dict[str, str] | None = None
    """The uploader's own metadata, whose names begin with x-. Only in the outbox."""

    @property
    def summary(self) -> str:
        """Returns title and detail in one line."""
        title = self.title.rstrip(".")
        says_no_more = self.detail in ("", self.title)
        if says_no_more:
            return title
        return f"{title}: {self.detail}"
