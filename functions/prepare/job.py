"""The start of a job: claim it, settle its options, cut it, and plan what to ask of the other
stages."""

from pydantic import Field, JsonValue

from functions.prepare.stage import Cutting, cut, engine
from shared.jobs.inbox import options_paths
from shared.jobs.layout import problem_uri
from shared.jobs.store import JobStore
from shared.model.contracts import (
    Prepared,
    ResolvedOption,
    Source,
    StageRequest,
    StageResponse,
    WireModel,
)
from shared.model.errors import ArtifactMissing, EmptyRecording, RecordingTooLarge
from shared.model.options import Options, ours, read_folder, refuse_if_large, resolve
from shared.ports.blobs import Blob, BlobStore
from shared.runtime.execution import execute
from shared.runtime.http import validated
from shared.runtime.stage import Stage
from shared.settings import settings

CUT = Stage(name="prepare", version="2", params=Cutting, run=cut, engine=engine)


class Start(WireModel):
    """What the workflow says of its run: the event is run 1, a redrive or a reconcile the next."""

    run: int = Field(ge=1)
    execution: str = Field(min_length=1)
    options: dict[str, JsonValue] = {}


def prepare(
    asked: StageRequest, blobs: BlobStore, jobs: JobStore, stage: Stage[Cutting] = CUT
) -> Prepared:
    """Only the holder of the claim goes on; everyone else is a duplicate."""
    start = validated(Start, asked.params)
    if not jobs.claim(asked.source, start.run, start.execution):
        return Prepared(
            job_id=asked.source.job_id,
            stage=stage.name,
            stage_version=stage.version,
            duplicate=True,
        )
    forget_problem(asked.source, blobs)
    recording = admit(asked.source, blobs)
    options, chosen = resolve(layers(asked.source, recording, start, blobs))
    response = execute(
        stage, StageRequest(source=asked.source, params=cutting(options)), blobs, jobs
    )
    planned = plan(options, chosen)
    spans = count(response, "spans") if planned["diarize"] is not None else 0
    jobs.record_parts(asked.source.job_id, start.run, chunks=count(response, "chunks"), spans=spans)
    outputs = {
        "spans": (),
        **response.outputs,
    }  # the workflow reads it even where nobody is to be told apart
    return Prepared(**{**dict(response), "outputs": outputs}, plan=planned)


def count(response: StageResponse, name: str) -> int:
    made = response.outputs.get(name, ())
    return len(made) if isinstance(made, tuple) else 1


def forget_problem(source: Source, blobs: BlobStore) -> None:
    """What ended an earlier run does not end this one."""
    if left := blobs.find(problem_uri(source)):
        blobs.delete(left.uri, left.generation)


def admit(source: Source, blobs: BlobStore) -> Blob:
    """The recording, if it is still the generation the event was about and of a size that is
    allowed."""
    recording = blobs.find(source.uri)
    if recording is None or recording.generation != source.generation:
        raise ArtifactMissing("the recording was deleted or replaced before it was read")
    if recording.size == 0:
        raise EmptyRecording("the object holds 0 bytes")
    if recording.size > settings().recordings.max_gigabytes * 1e9:
        raise RecordingTooLarge(
            f"{recording.size} bytes; the limit is {settings().recordings.max_gigabytes:g} GB"
        )
    return recording


def layers(
    source: Source, recording: Blob, start: Start, blobs: BlobStore
) -> dict[str, dict[str, JsonValue]]:
    """Options by origin, the weakest first. Read anew for each run, so a redrive sees what
    changed."""
    return {
        "deployment": settings().recordings.defaults,
        **beside(source, blobs),
        "object metadata": ours(recording.metadata),
        "redrive": start.options,
    }


def beside(source: Source, blobs: BlobStore) -> dict[str, dict[str, JsonValue]]:
    """The nearest options.json, if it is one that can be read: its size is looked at first."""
    for path in options_paths(source.name):
        if found := blobs.find(f"gs://{source.bucket}/{path}"):
            refuse_if_large(found.size, path)
            return {path: read_folder(blobs.read(found.uri), path)}
    return {}


def cutting(options: Options) -> dict[str, JsonValue]:
    limits = settings().recordings
    return {
        "channels": options.channels,
        "chunk_seconds": limits.chunk_seconds,
        "span_seconds": limits.span_seconds,
        "max_seconds": limits.max_hours * 3600,
    }


def plan(
    options: Options, chosen: dict[str, ResolvedOption]
) -> dict[str, dict[str, JsonValue] | None]:
    """Each stage's params. A stage is told only what changes its answer, or it would be asked again
    for nothing."""
    heard = options.model_dump(include={"language", "model", "task", "initial_prompt", "hotwords"})
    voices = options.model_dump(include={"speakers", "min_speakers", "max_speakers"})
    given = options.language not in (None, "multi")
    return {
        "detect": None if given else {"task": "detect", "model": options.model},
        "transcribe": heard,
        "align": {"task": options.task},
        "diarize": voices if options.diarize and options.channels == "mix" else None,
        "finalize": {"options": {name: choice.model_dump() for name, choice in chosen.items()}},
    }
