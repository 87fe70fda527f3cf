"""The start of a job: claim it, load its options, cut the recording, plan the other stages."""

from typing import Any

from pydantic import Field, JsonValue

from functions.prepare.compression import named_encoding
from functions.prepare.stage import VERSION, PrepareParams, engine, prepare_audio
from shared.jobs.job import KnownRecording
from shared.jobs.layout import job_uri, problem_uri
from shared.jobs.recording_options import RecordingOptions, load_options
from shared.jobs.store import JobStore
from shared.model.contracts import (
    Prepared,
    Source,
    StageRequest,
    StageResponse,
    WireModel,
)
from shared.model.errors import ArtifactMissing, EmptyRecording, NotAudio, RecordingTooLarge
from shared.model.option_names import UPLOAD_MARK
from shared.model.options import Options, params_for, plan_stages, resolve
from shared.ports.blobs import Blob, BlobStore, delete_prefix
from shared.runtime.execution import execute
from shared.runtime.http import validated
from shared.runtime.stage import Stage
from shared.settings import settings

PREPARE = Stage(
    name="prepare",
    version=VERSION,
    params=PrepareParams,
    run=prepare_audio,
    engine=engine,
)


class RunParams(WireModel):
    """The workflow's run: 1 for the upload's own event, higher for a redrive or a reconcile."""

    run: int = Field(ge=1)
    execution: str = Field(min_length=1)
    options: dict[str, JsonValue] = {}
    """Options of an execution that a person starts. Those of a redrive are in the job."""


def prepare(
    request: StageRequest,
    blobs: BlobStore,
    jobs: JobStore,
    stage: Stage[PrepareParams] = PREPARE,
) -> Prepared:
    """Start a job's run, and prepare its recording.

    Returns a response with `duplicate` set if another execution holds the job's claim. Raises
    AudioDeleted for a new run of a recording that was deleted after its answer.
    """
    source = request.source
    job_id = source.job_id
    run = validated(RunParams, request.params)
    job = jobs.claim(source, run.run, run.execution)
    if job is None:
        if jobs.is_erased(job_id):
            # This call may be a retry of one that wrote results and died.
            delete_prefix(job_uri(source), blobs)
        refuse_new_run(source, run.run, jobs)
        return Prepared(
            job_id=job_id,
            stage=stage.name,
            stage_version=stage.version,
            duplicate=True,
        )
    delete_problem(source, blobs)
    recording = find_recording(source, blobs)
    redrive_options = run.options or job.options
    loaded = load_options(source, recording, redrive_options, blobs)
    options, resolved = resolve(loaded.by_origin)

    params = prepare_params(options)
    stage_request = StageRequest(source=source, params=params)
    try:
        response = execute(stage, stage_request, blobs, jobs)
    except NotAudio as error:
        raise named_encoding(error, recording.content_encoding) from error

    stages = plan_stages(options, resolved)
    finalize_params = stages["finalize"] or {}
    stages["finalize"] = {**finalize_params, **echoed(loaded)}
    chunks = output_count(response, "chunks")
    is_diarized = stages["diarize"] is not None
    spans = output_count(response, "spans") if is_diarized else 0
    mark = recording.metadata.get(UPLOAD_MARK)
    known = KnownRecording(recording.size, loaded.tags, resolved, mark)
    jobs.record_parts(job_id, run.run, chunks, spans, known)
    return prepared(response, stages)


def refuse_new_run(source: Source, run: int, jobs: JobStore) -> None:
    """Raises AudioDeleted if the run is new and the audio was deleted after an earlier one."""
    job = jobs.find(source.job_id)
    if job is not None and job.run < run and job.state != "erased":
        jobs.raise_if_gone(source.job_id)


def delete_problem(source: Source, blobs: BlobStore) -> None:
    """Delete the problem that ended an earlier run, since it does not end this one."""
    uri = problem_uri(source)
    problem = blobs.find(uri)
    if problem is not None:
        blobs.delete(uri, problem.generation)


def find_recording(source: Source, blobs: BlobStore) -> Blob:
    """Returns the recording.

    Raises ArtifactMissing if it is not the event's generation any more, EmptyRecording, or
    RecordingTooLarge.
    """
    recording = blobs.find(source.uri)
    if recording is None or recording.generation != source.generation:
        raise ArtifactMissing("the recording was deleted or replaced before it was read")
    size = recording.size
    if size == 0:
        raise EmptyRecording("the object holds 0 bytes")
    max_gigabytes = settings().recordings.max_gigabytes
    max_bytes = max_gigabytes * 1e9
    if size > max_bytes:
        message = f"{size} bytes; the limit is {max_gigabytes:g} GB"
        raise RecordingTooLarge(message)
    return recording


def echoed(loaded: RecordingOptions) -> dict[str, JsonValue]:
    """Returns what finalize writes into the answer as it was found beside the options."""
    warnings: list[JsonValue] = [warning.model_dump() for warning in loaded.warnings]
    tags: dict[str, JsonValue] = dict(loaded.tags)
    return {"warnings": warnings, "tags": tags}


def prepare_params(options: Options) -> dict[str, JsonValue]:
    limits = settings().recordings
    return {
        **params_for("prepare", options),
        "chunk_seconds": limits.chunk_seconds,
        "span_seconds": limits.span_seconds,
        "max_seconds": limits.max_hours * 3600,
        "max_bytes": limits.max_gigabytes * 1e9,
    }


def output_count(response: StageResponse, name: str) -> int:
    """Returns how many artifacts an output of this name has; 0 if it is missing."""
    artifacts = response.outputs.get(name, ())
    if isinstance(artifacts, tuple):
        return len(artifacts)
    return 1


def prepared(response: StageResponse, stages: dict[str, dict[str, JsonValue] | None]) -> Prepared:
    """Returns the stage's response with the plan.

    `spans` is always there, because the workflow reads it even where nothing is diarized.
    """
    outputs: dict[str, Any] = {"spans": ()}
    outputs.update(response.outputs)
    fields: dict[str, Any] = dict(response)
    fields["outputs"] = outputs
    fields["plan"] = stages
    return Prepared(**fields)
