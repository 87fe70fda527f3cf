"""The end of a job: the answer or the problem goes into the outbox, and the job is settled."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, Field, JsonValue, ValidationError

from functions.finalize.answer.job_cost import charged
from functions.finalize.answer.outbox import (
    NAMES,
    PROBLEM,
    TRANSCRIPT,
    folder,
    put_answer,
    put_problem,
    withdraw,
)
from functions.finalize.answer.text_language import written_in
from functions.finalize.formats.writers import FORMATS
from functions.finalize.stage import answer
from shared import __version__
from shared.jobs.events import publish_job_event
from shared.jobs.job import StageRecord
from shared.jobs.layout import problem_uri
from shared.jobs.store import JobStore
from shared.model.artifacts import Aligned, Chunk, Detection, Diarization, Interval, Manifest
from shared.model.contracts import (
    Artifact,
    Finalized,
    FinalState,
    Problem,
    ResolvedOption,
    Settled,
    Source,
    StageRequest,
    WireModel,
)
from shared.model.errors import ArtifactChanged, Cancelled, EventsUnavailable, is_final
from shared.model.transcript import JobInfo, StageTiming, Timings, Transcript
from shared.ports.blobs import Blob, BlobStore
from shared.ports.events import EventPublisher
from shared.runtime.http import validated

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)


class Failure(WireModel):
    """What the workflow saw. A failure in a parallel branch arrives without code and body."""

    code: int = 0
    problem: JsonValue = None


class Ending(WireModel):
    """What the workflow says at the end of its run."""

    run: int = Field(ge=1)
    execution: str = Field(min_length=1)
    options: dict[str, ResolvedOption] = {}
    error: Failure | None = None


def finalize(
    asked: StageRequest, blobs: BlobStore, jobs: JobStore, completions: EventPublisher | None = None
) -> Finalized:
    """Always runs: the guards of the outbox make it safe to repeat. Only the holder of the claim
    answers."""
    ending = validated(Ending, asked.params)
    if not jobs.claim(asked.source, ending.run, ending.execution):
        if jobs.is_erased(asked.source.job_id):
            withdraw(asked.source, ending.run, blobs)  # this very call may have died after it wrote
        return Finalized(job_id=asked.source.job_id, state="superseded")
    if ending.error is not None:
        finalized = report(asked.source, ending, ending.error, blobs, jobs)
    else:
        finalized = conclude(asked, ending, blobs, jobs)
    if completions is not None:
        tell(asked.source.job_id, jobs, completions)
    return finalized


def conclude(asked: StageRequest, ending: Ending, blobs: BlobStore, jobs: JobStore) -> Finalized:
    """Write the transcript, and the formats that were asked for."""
    source, kinds = asked.source, formats(ending.options)
    outputs = {kind: f"{folder(source)}/{NAMES[kind]}" for kind in ("json", *kinds)}
    transcript = compose(asked, ending, outputs, blobs, jobs)
    files = {NAMES[kind]: FORMATS[kind](transcript).encode() for kind in kinds}
    files[TRANSCRIPT] = transcript.model_dump_json(indent=1).encode()
    if not put_answer(source, ending.run, files, blobs, written_in(transcript)):
        return Finalized(job_id=source.job_id, state="superseded")
    take_back_if_erased(source, ending.run, blobs, jobs)
    return settled(source, ending, "done", outputs, None, jobs)


def formats(options: Mapping[str, ResolvedOption]) -> list[str]:
    """Those that were asked for; all where nothing was said of them."""
    chosen = options["formats"].value if "formats" in options else None
    return (
        [kind for kind in FORMATS if kind in chosen] if isinstance(chosen, list) else list(FORMATS)
    )


def compose(
    asked: StageRequest,
    ending: Ending,
    outputs: Mapping[str, str],
    blobs: BlobStore,
    jobs: JobStore,
) -> Transcript:
    inputs, source = asked.inputs, asked.source
    recording = find_recording(source, blobs)
    checksum = recording.crc32c if recording else None
    manifest = load(Manifest, inputs["manifest"], blobs)
    tasks = [task for task in jobs.stage_records(source.job_id) if task.state == "done"]
    return answer(
        JobInfo(
            id=source.job_id,
            source_uri=source.uri,
            generation=source.generation,
            run=ending.run,
            crc32c=checksum,
        ),
        manifest,
        load(Detection, inputs["language"], blobs) if "language" in inputs else None,
        [load(Aligned, artifact, blobs) for artifact in numbered("words", inputs)],
        [load(Diarization, artifact, blobs) for artifact in numbered("turns", inputs)],
        options=ending.options,
        timings=timings(recording, manifest, tasks),
        cost=charged(source, tasks, manifest, jobs),
        release=__version__,
        outputs=outputs,
    )


def load(model: type[M], artifact: Artifact, blobs: BlobStore) -> M:
    data = blobs.read(artifact.uri)
    if hashlib.sha256(data).hexdigest() != artifact.sha256:
        raise ArtifactChanged(artifact.uri)
    return model.model_validate_json(data)


def numbered(name: str, inputs: Mapping[str, Artifact]) -> list[Artifact]:
    """The inputs `<name>-0`, `<name>-1`, … in order."""
    prefix = f"{name}-"
    numbers = sorted(int(key.removeprefix(prefix)) for key in inputs if key.startswith(prefix))
    return [inputs[f"{prefix}{number}"] for number in numbers]


def find_recording(source: Source, blobs: BlobStore) -> Blob | None:
    """Returns what the bucket says of the recording, or None if it was deleted or replaced."""
    found = blobs.find(source.uri)
    return found if found and found.generation == source.generation else None


def timings(recording: Blob | None, manifest: Manifest, tasks: Sequence[StageRecord]) -> Timings:
    """What each stage took so far. The upload's time is storage's; without the recording it is not
    known."""
    uploaded = recording.created if recording else None
    started = min((task.started for task in tasks), default=None)
    return Timings(
        queued=(started - uploaded).total_seconds() if uploaded and started else None,
        stages=tuple(timing(task, manifest) for task in tasks),
        wall=(datetime.now(UTC) - uploaded).total_seconds() if uploaded else None,
    )


def timing(task: StageRecord, manifest: Manifest) -> StageTiming:
    duration = sound(task, manifest)
    rtf = round(task.seconds / duration, 4) if task.seconds and duration else None
    return StageTiming(
        stage=task.stage,
        chunk=task.part,
        seconds=task.seconds or 0.0,
        attempt=task.attempts,
        reused=task.reused,
        rtf=rtf,
    )


def sound(task: StageRecord, manifest: Manifest) -> float | None:
    """Seconds that its part lasts. Not known of a part of an earlier run, which cut the recording
    into more."""
    if task.stage not in ("transcribe", "align", "diarize"):
        return manifest.media.duration
    parts: Sequence[Chunk | Interval] = (
        manifest.spans if task.stage == "diarize" else manifest.chunks
    )
    return parts[task.part].end - parts[task.part].start if task.part < len(parts) else None


def report(
    source: Source, ending: Ending, error: Failure, blobs: BlobStore, jobs: JobStore
) -> Finalized:
    """Write the problem of a final failure; leave what may pass unanswered, for reconcile to start
    again."""
    problem = cause(source, error, blobs)
    if problem is None:
        return settled(source, ending, "retryable", {}, None, jobs)
    if not put_problem(source, ending.run, problem.model_dump_json(indent=1).encode(), blobs):
        return Finalized(job_id=source.job_id, state="superseded")
    take_back_if_erased(source, ending.run, blobs, jobs)
    state: FinalState = "cancelled" if problem.type == Cancelled.name() else "failed"
    return settled(source, ending, state, {"problem": f"{folder(source)}/{PROBLEM}"}, problem, jobs)


def take_back_if_erased(source: Source, run: int, blobs: BlobStore, jobs: JobStore) -> None:
    """The tombstone was looked for before writing, by the claim; one that came since finds what was
    written gone."""
    if jobs.is_erased(source.job_id):
        withdraw(source, run, blobs)
        jobs.raise_if_erased(source.job_id)


def cause(source: Source, error: Failure, blobs: BlobStore) -> Problem | None:
    """The problem that ended the job: the one the workflow carries, or the one a stage of a
    parallel branch left."""
    try:
        problem = Problem.model_validate(error.problem)
    except ValidationError:
        left = blobs.find(problem_uri(source))
        return Problem.model_validate_json(blobs.read(left.uri, left.generation)) if left else None
    return problem if is_final(problem) else None


def settled(
    source: Source,
    ending: Ending,
    state: Settled,
    outputs: dict[str, str],
    problem: Problem | None,
    jobs: JobStore,
) -> Finalized:
    jobs.finish(source.job_id, ending.run, state, problem=problem, results=outputs)
    log.info(
        "settled",
        extra={"state": state, "run": ending.run, "problem": problem.type if problem else None},
    )
    return Finalized(job_id=source.job_id, state=state, outputs=outputs)


def tell(job_id: str, jobs: JobStore, completions: EventPublisher) -> None:
    """The answer stands, so nothing fails when nobody can be told: what is due stays due, and
    reconcile tells it."""
    try:
        publish_job_event(job_id, jobs, completions)
    except EventsUnavailable as error:
        log.warning("job event not published: %s", error)
