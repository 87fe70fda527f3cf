"""The stages of the chain and the functions that serve them. This is the only list of them.

A stage is a step of the workflow. A function is a Cloud Run service, an image and a local process;
`transcribe` serves two stages, and `reconcile` serves none. `python -m shared.generate` writes what
Terraform, the Makefile and the images need to shared/generated/stages.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, JsonValue

from shared.model.artifacts import Aligned, Detection, Diarization, Manifest, Recognition
from shared.model.contracts import WireModel
from shared.model.transcript import Transcript

Unit = Literal[
    "cpu_second",
    "gib_second",
    "instance_cpu_second",
    "instance_gib_second",
    "l4_second",
    "request",
    "internal_step",
    "external_step",
    "write_operation",
    "read_operation",
    "gib_month",
    "document_read",
    "document_write",
    "document_delete",
    "event",
    "message_byte",
]
"""The units in which Google Cloud bills what the project uses."""
PartKind = Literal["job", "chunk", "span"]
"""What one call of a stage works on: the whole job, one chunk or one span."""


class Resources(WireModel):
    """CPU, memory and GPU of one instance of a function."""

    cpu: float = Field(gt=0)
    """vCPU."""
    memory_gib: float = Field(gt=0)
    gpu: Literal["l4"] | None = None


class Pace(WireModel):
    """How fast a stage works."""

    rtf: float = Field(gt=0)
    """Seconds of work for one second of sound."""
    origin: Literal["measured", "assumed", "given"]
    source: str
    """Where the figure comes from."""


@dataclass(frozen=True)
class FunctionSpec:
    """A function and what its instances run on, on Google Cloud and on one machine."""

    name: str
    resources: Resources
    """Of an instance on Google Cloud, unless Terraform's variable `stages` changes it. At least 1.5
    times the memory that was measured (benchmarks/README.md); files in /tmp count as memory."""
    max_instances: int
    """On Google Cloud. This is the cap on spending: the workflow retries what does not fit."""
    concurrency: int = 1
    """Requests that an instance on Google Cloud works on at once. 1 for a model or a decoder."""
    extra: str | None = None
    """Extra of pyproject.toml with its packages. None: it needs none of its own."""
    has_model: bool = False
    """It loads a speech model, which a GPU speeds up, and its image holds PyTorch."""
    local_workers: int = 1
    """Processes on one machine. A crash in a decoder ends all requests of its process, so prepare
    has several."""
    cores_per_worker: int | None = None
    """Cores of the machine for each process, in place of `local_workers`. Two models with one
    thread each do more than one with two threads."""
    spare_workers: int = 0
    """Further processes on one machine, if it has memory for their models. A job leaves them to
    others, so that these need not wait for the end of its parts."""
    lends_spare: bool = False
    """Whether the only job may use them, too, while a core is idle. Not where a part takes long:
    a job that comes then waits for the end of one."""
    local_threads: int = 1
    """Requests that a process on one machine works on at once."""

    def workers_per_job(self, cores: int) -> int:
        """Returns how many processes of the function one job may use on a machine with `cores`."""
        if self.cores_per_worker is None:
            return self.local_workers
        return max(1, cores // self.cores_per_worker)


@dataclass(frozen=True)
class StageSpec:
    """A stage: who serves it, what it works on, what it returns and what a call of it costs."""

    name: str
    function: str
    """Name of the function that serves it."""
    part_kind: PartKind
    inputs: tuple[str, ...]
    """Names of the artifacts that its requests must have; "-0" stands for one artifact per part,
    numbered from 0. transcribe needs `language` unless the language is given."""
    output: type[WireModel]
    """Its JSON result, which has a schema in docs/contracts/."""
    operations: Mapping[Unit, int]
    """Billed operations per call, its share of the workflow included. They are counted on a
    recording in a folder with a detected language and the default formats; a test counts them
    again. A step is a call, an assigned variable, a branch taken, a return, or a block of such
    steps. Reads of 2 MiB ranges of the recording are left out. A message has 1 kB, in and out."""
    claims_job: bool = False
    """Its requests carry `run` and `execution`, and only the current run's continue."""
    fixed_params: Mapping[str, JsonValue] = field(default_factory=dict)
    """Parameters that are the same in every request."""
    pace: Pace | None = None
    """None: it depends on the speech model, see local/paces.toml."""
    is_recorded: bool = True
    """The job store holds a record of each of its calls."""
    can_be_missing: bool = False
    """The answer is written, with a warning, without the parts at which it failed for good."""


FUNCTIONS = {
    function.name: function
    for function in (
        FunctionSpec(
            name="prepare",
            resources=Resources(cpu=1, memory_gib=2),
            max_instances=2,
            extra="prepare",
            local_workers=2,
        ),
        FunctionSpec(
            name="transcribe",
            resources=Resources(cpu=1, memory_gib=3),
            max_instances=5,
            extra="transcribe",
            has_model=True,
            cores_per_worker=2,
            spare_workers=1,
            lends_spare=True,
        ),
        FunctionSpec(
            name="align",
            resources=Resources(cpu=1, memory_gib=2),
            max_instances=2,
            extra="align",
            has_model=True,
            cores_per_worker=3,
        ),
        FunctionSpec(
            name="diarize",
            resources=Resources(cpu=1, memory_gib=2),
            max_instances=3,
            extra="diarize",
            has_model=True,
            cores_per_worker=4,
            spare_workers=1,
        ),
        FunctionSpec(
            name="finalize",
            resources=Resources(cpu=1, memory_gib=2),
            max_instances=2,
            concurrency=2,
            extra="finalize",
            local_threads=4,
        ),
        FunctionSpec(name="reconcile", resources=Resources(cpu=1, memory_gib=1), max_instances=1),
        FunctionSpec(
            name="gateway",
            resources=Resources(cpu=1, memory_gib=1),
            max_instances=3,
            concurrency=80,
            extra="gateway",
        ),
        FunctionSpec(
            name="notify",
            resources=Resources(cpu=1, memory_gib=1),
            max_instances=2,
            concurrency=20,
            extra="notify",
            local_threads=24,
        ),
    )
}
"""Functions by name. One vCPU each: two instances with one thread do more than one with two.

All instances together fit into the quota of a new project, 20 vCPU and 40 GiB, in about the
proportion of the work. With more of some functions the others would get no instance until the
backlog of these is gone (benchmarks/quota.py)."""

STAGES = {
    stage.name: stage
    for stage in (
        StageSpec(
            name="prepare",
            function="prepare",
            part_kind="job",
            claims_job=True,
            inputs=(),
            output=Manifest,
            operations={
                "request": 1,
                "internal_step": 33,
                "write_operation": 4,
                "read_operation": 7,
                "document_read": 8,
                "document_write": 4,
                "document_delete": 2,
                "event": 1,
                "message_byte": 2000,
            },
            pace=Pace(
                rtf=0.0033,
                origin="measured",
                source="benchmarks/results/chain.json, 10 minutes, 2026-11-28, "
                "a busy machine of 2 cores",
            ),
        ),
        StageSpec(
            name="detect",
            function="transcribe",
            part_kind="job",
            inputs=("audio", "manifest"),
            output=Detection,
            operations={
                "request": 1,
                "internal_step": 8,
                "write_operation": 2,
                "read_operation": 5,
                "document_read": 5,
                "document_write": 2,
                "document_delete": 1,
            },
            fixed_params={"task": "detect"},
        ),
        StageSpec(
            name="transcribe",
            function="transcribe",
            part_kind="chunk",
            inputs=("audio", "manifest", "language"),
            output=Recognition,
            operations={
                "request": 1,
                "internal_step": 6,
                "write_operation": 3,
                "read_operation": 5,
                "document_read": 5,
                "document_write": 2,
                "document_delete": 1,
            },
        ),
        StageSpec(
            name="align",
            function="align",
            part_kind="chunk",
            inputs=("audio", "recognition"),
            output=Aligned,
            operations={
                "request": 1,
                "internal_step": 8,
                "write_operation": 2,
                "read_operation": 5,
                "document_read": 5,
                "document_write": 2,
                "document_delete": 1,
            },
            pace=Pace(
                rtf=0.0099,
                origin="measured",
                source="benchmarks/results/chain.json, 10 minutes, 2026-11-28, one thread; "
                "the packaged aligner",
            ),
            can_be_missing=True,
        ),
        StageSpec(
            name="diarize",
            function="diarize",
            part_kind="span",
            inputs=("audio", "manifest"),
            output=Diarization,
            operations={
                "request": 1,
                "internal_step": 8,
                "write_operation": 3,
                "read_operation": 5,
                "document_read": 5,
                "document_write": 2,
                "document_delete": 1,
            },
            pace=Pace(
                rtf=0.0495,
                origin="measured",
                source="benchmarks/results/chain.json, 10 minutes, 2026-11-28, one thread; "
                "the packaged diarizer",
            ),
            can_be_missing=True,
        ),
        StageSpec(
            name="finalize",
            function="finalize",
            part_kind="job",
            claims_job=True,
            inputs=("manifest", "words-0"),
            output=Transcript,
            operations={
                "request": 1,
                "internal_step": 6,
                "write_operation": 7,
                "read_operation": 19,
                "document_read": 11,
                "document_write": 5,
                "document_delete": 1,
                "message_byte": 2000,
            },
            pace=Pace(
                rtf=0.001,
                origin="assumed",
                source="never measured by itself; a whole short job without models takes 0.16 s "
                "(benchmarks/results/orchestration.json)",
            ),
            is_recorded=False,
        ),
    )
}
"""Stages by name, in the order in which a recording passes them."""
STAGE_FUNCTIONS = tuple(dict.fromkeys(stage.function for stage in STAGES.values()))
"""Names of the functions that the workflow calls."""


def parts_of(stage: str, chunks: int, spans: int) -> int:
    """Returns how many calls of the stage a recording with so many chunks and spans takes."""
    part_kind = STAGES[stage].part_kind
    if part_kind == "chunk":
        return chunks
    if part_kind == "span":
        return spans
    return 1
