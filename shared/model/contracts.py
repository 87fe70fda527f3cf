"""The words spoken between processes: every body on the wire is one of these models."""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer

Seconds = Annotated[
    float, Field(allow_inf_nan=False), PlainSerializer(lambda s: round(s, 3), return_type=float)
]
"""A time in a recording, from its start. On the wire: at most three decimals, never NaN."""


class WireModel(BaseModel):
    """A model that crosses a process boundary: frozen, and refusing unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ser_json_inf_nan="constants",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an error may be logged, and the input may be what somebody said
    )


class Source(WireModel):
    """One generation of one inbox object. Everything else about a job follows from it."""

    bucket: str = Field(min_length=1)
    name: str = Field(min_length=1)
    generation: int = Field(gt=0)

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"

    @property
    def job_id(self) -> str:
        """The same for every delivery of the same event; another for another generation."""
        return hashlib.sha256(f"{self.uri}#{self.generation}".encode()).hexdigest()[:20]


class Artifact(WireModel):
    """An immutable object in storage, pinned by its content."""

    uri: str = Field(pattern=r"^gs://[^/]+/.+$")
    generation: int
    sha256: str


class Engine(WireModel):
    """What computed an output. `digest` is the model's; together they say whether a result can be
    had again."""

    name: str
    version: str
    model: str | None = None
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    device: str = "cpu"


class Params(WireModel):
    """What a stage is asked, beyond its inputs."""

    part: int = Field(default=0, ge=0)
    """Which chunk or span of the recording, from 0."""


class StageRequest(WireModel):
    """A question to a stage."""

    source: Source
    inputs: dict[str, Artifact] = {}
    params: dict[str, JsonValue] = {}


class StageResponse(WireModel):
    """A stage's answer. A list of artifacts is in the order of the recording."""

    job_id: str
    stage: str
    stage_version: str
    outputs: dict[str, Artifact | tuple[Artifact, ...]] = {}
    reused: bool = False
    engine: Engine | None = None
    seconds: float = 0.0


class ResolvedOption(WireModel):
    """An option in force, and where it came from."""

    value: JsonValue
    origin: str


class Prepared(StageResponse):
    """prepare's answer: what it made, and what to ask of the other stages. A null plan skips its
    stage."""

    duplicate: bool = False
    """Another execution has this recording; there is nothing to do."""
    plan: dict[str, dict[str, JsonValue] | None] = {}


FinalState = Literal["done", "failed", "cancelled"]
"""How a job may end for good, with its answer in the outbox."""
Settled = Literal[FinalState, "retryable"]
"""How a run may end. `unanswered`: the failure may pass, and nothing was written."""


class Finalized(WireModel):
    """finalize's answer."""

    job_id: str
    state: Literal[Settled, "superseded"]
    """`superseded`: nothing was written, since a later run answers, or the recording was erased."""
    outputs: dict[str, str] = {}
    """Format -> URI."""


class JobEvent(WireModel):
    """What is told when a job has ended: the data of a CloudEvent. It says where the answer is, and
    nothing from it."""

    job_id: str
    source: Source
    run: int
    state: FinalState
    outputs: dict[str, str]
    """Format -> URI in the outbox; `problem` is the URI of problem.json."""
    problem_type: str | None
    """Such as urn:dropscribe:problem:not-audio; null when the job is done."""


class Problem(WireModel):
    """An RFC 9457 problem, with the job and the stage it happened in."""

    type: str
    title: str
    status: int
    detail: str
    job_id: str | None = None
    stage: str | None = None
