"""The end of a job's run: its transcript or its problem goes into the outbox."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from functions.finalize.answer.files import output_uris, write_files
from functions.finalize.answer.job_cost import job_cost
from functions.finalize.answer.missing_parts import (
    PartFailure,
)
from functions.finalize.answer.outbox import (
    delete_answer,
    put_answer,
    put_problem,
    standing_transcript,
)
from functions.finalize.answer.problem_origin import with_origin
from functions.finalize.answer.timings import job_timings
from functions.finalize.drawing import draw_edits, restore_formats
from functions.finalize.edit_takeover import take_over_edits
from functions.finalize.edits_file import take_edits_file
from functions.finalize.stage import build_transcript
from functions.finalize.stage_results import load_peaks, load_stage_results
from shared import __version__
from shared.jobs.audio import delete_due_audio
from shared.jobs.due_edits import record_drawn
from shared.jobs.events import publish_job_event
from shared.jobs.job import JobFigures
from shared.jobs.layout import outbox_folder, problem_uri
from shared.jobs.store import JobStore
from shared.model.artifacts import (
    StageWarning,
)
from shared.model.contracts import (
    Finalized,
    FinalState,
    Problem,
    ResolvedOption,
    Settled,
    Source,
    StageRequest,
    WireModel,
)
from shared.model.errors import Cancelled, EventsUnavailable
from shared.model.finality import is_final
from shared.model.formats import FORMATS, PEAKS_FILE, PROBLEM_FILE
from shared.model.object_metadata import read_tags
from shared.model.options import Options, option_values
from shared.model.transcript import JobInfo, Transcript
from shared.model.transcript_language import text_language
from shared.ports.blobs import Blob, BlobStore
from shared.ports.events import EventPublisher
from shared.runtime.http import validated
from shared.runtime.job_traces import trace_end

log = logging.getLogger(__name__)


class WorkflowError(WireModel):
    """How the workflow failed. A failure in a parallel branch arrives without code and problem."""

    code: int = 0
    problem: JsonValue = None


class FinalizeParams(WireModel):
    """What the workflow passes at the end of a run."""

    run: int = Field(ge=1)
    execution: str = Field(min_length=1)
    options: dict[str, ResolvedOption] = {}
    failures: dict[str, PartFailure] = {}
    """Parts without which the answer is written, such as `diarize-0`, and why."""
    warnings: tuple[StageWarning, ...] = ()
    """About names in the metadata and in options.json that are no options."""
    tags: dict[str, str] = {}
    """The uploader's tags."""
    error: WorkflowError | None = None
    delete_audio: bool = False
    """Only delete the job's audio, if that is still due."""
    draw_edits: bool = False
    """Only draw the formats of the transcript anew, with the edits that people saved."""
    edits_file: bool = False
    """The source is a file of edits in the inbox, and no recording."""


def finalize(
    request: StageRequest,
    blobs: BlobStore,
    jobs: JobStore,
    publisher: EventPublisher | None = None,
) -> Finalized:
    """Ends a run of a job. Always runs, and is safe to repeat: the outbox keeps the newest answer.

    Only the run that holds the job writes; any other returns the state "superseded". The end is
    logged, and published where there is a publisher.
    """
    params = validated(FinalizeParams, request.params)
    source = request.source
    if params.delete_audio:
        return finish_deletion(source, params.run, blobs, jobs)
    if params.draw_edits:
        return draw_edits(source, blobs, jobs)
    if params.edits_file:
        return take_edits_file(source, blobs, jobs)
    job = jobs.claim(source, params.run, params.execution)
    if job is None:
        is_erased = jobs.is_erased(source.job_id)
        if is_erased:
            # This call may be a retry of one that wrote an answer and died.
            delete_answer(source, params.run, blobs)
        return superseded(source)

    if params.error is None:
        finalized = write_transcript(request, params, blobs, jobs)
    else:
        finalized = write_problem(source, params.run, params.error, blobs, jobs)
    publish_event(source.job_id, jobs, publisher)
    return finalized


def finish_deletion(source: Source, run: int, blobs: BlobStore, jobs: JobStore) -> Finalized:
    """Deletes the audio of a job that has ended, if a call that died has not done so."""
    was_due = delete_due_audio(source, run, blobs, jobs)
    if not was_due:
        return superseded(source)
    return Finalized(job_id=source.job_id, state="done")


def superseded(source: Source) -> Finalized:
    return Finalized(job_id=source.job_id, state="superseded")


def write_transcript(
    request: StageRequest, params: FinalizeParams, blobs: BlobStore, jobs: JobStore
) -> Finalized:
    """Writes the transcript in all wanted formats and finishes the job as done.

    With keep-audio=false it then deletes the audio, unless a redrive could complete the answer.
    """
    source = request.source
    options = option_values(params.options)
    formats = [name for name in FORMATS if name in options.formats]
    outputs = output_uris(source, formats)
    transcript = load_and_build(request, params, options, outputs, blobs, jobs)
    edits = take_over_edits(source, transcript, blobs, jobs)
    files = write_files(transcript, formats, options, edits)
    peaks = load_peaks(request.inputs, blobs)
    if peaks is not None:
        files[PEAKS_FILE] = peaks
    language = text_language(transcript)
    revision = edits.revision if edits else 0
    is_newest = put_answer(source, params.run, files, blobs, language, revision)
    if not is_newest:
        return superseded(source)
    delete_if_erased(source, params.run, blobs, jobs)
    codes = {warning.code for warning in transcript.warnings}
    deletes_audio = not options.keep_audio and not params.failures
    finalized = finish_job(
        source,
        params.run,
        "done",
        jobs,
        outputs=outputs,
        tags=params.tags,
        warnings=tuple(sorted(codes)),
        deletes_audio=deletes_audio,
        figures=job_figures(transcript),
    )
    if deletes_audio:
        delete_due_audio(source, params.run, blobs, jobs)
    if edits is not None:
        record_drawn(source.job_id, edits.revision, jobs)
    return finalized


def load_and_build(
    request: StageRequest,
    params: FinalizeParams,
    options: Options,
    outputs: Mapping[str, str],
    blobs: BlobStore,
    jobs: JobStore,
) -> Transcript:
    """Returns the transcript, built from the request's inputs. `outputs` are URIs by format."""
    source = request.source
    recording = find_recording(source, blobs)
    results = load_stage_results(request.inputs, params.failures, options, blobs)
    records = [record for record in jobs.records.of_job(source.job_id) if record.state == "done"]
    job = JobInfo(
        id=source.job_id,
        source_uri=source.uri,
        generation=source.generation,
        run=params.run,
        crc32c=recording.crc32c if recording else None,
        sha256=results.manifest.sha256,
    )
    return build_transcript(
        results,
        options,
        job=job,
        resolved_options=params.options,
        option_warnings=params.warnings,
        tags=params.tags,
        timings=job_timings(recording, results.manifest, records),
        cost=job_cost(source, records, results.manifest, jobs),
        release=__version__,
        outputs=outputs,
    )


def find_recording(source: Source, blobs: BlobStore) -> Blob | None:
    """Returns the recording's object, or None if it was deleted or replaced."""
    found = blobs.find(source.uri)
    if found is None or found.generation != source.generation:
        return None
    return found


def write_problem(
    source: Source, run: int, error: WorkflowError, blobs: BlobStore, jobs: JobStore
) -> Finalized:
    """Writes the problem of a final failure and finishes the job as failed or cancelled.

    The transcript of an earlier run stays in its place: the recording is the same, so it is still
    right. Any other failure writes nothing and leaves the job "retryable": reconcile starts it
    again.
    """
    found_problem = find_problem(source, error, blobs)
    if found_problem is None:
        return finish_job(source, run, "retryable", jobs)
    recording = find_recording(source, blobs)
    if recording is None:
        tags = tags_of_job(source, jobs)
        problem = found_problem
    else:
        tags = read_tags(recording.metadata)
        problem = with_origin(found_problem, source, recording, blobs, jobs)
    problem = problem.model_copy(update={"tags": tags})
    if standing_transcript(source, run, blobs):
        restore_formats(source, run, blobs)
        outputs = standing_transcript(source, run, blobs)
    else:
        content = problem.model_dump_json(indent=1)
        is_newest = put_problem(source, run, content.encode(), blobs)
        if not is_newest:
            # The run may have been started again after it had answered and before its audio was
            # gone.
            delete_due_audio(source, run, blobs, jobs)
            return superseded(source)
        folder = outbox_folder(source)
        outputs = {"problem": f"{folder}/{PROBLEM_FILE}"}
    delete_if_erased(source, run, blobs, jobs)
    state: FinalState = "failed"
    if problem.type == Cancelled.name():
        state = "cancelled"
    return finish_job(
        source,
        run,
        state,
        jobs,
        outputs=outputs,
        problem=problem,
        tags=tags,
    )


def tags_of_job(source: Source, jobs: JobStore) -> dict[str, str]:
    """Returns the tags that an earlier run read, or that the upload had. The recording is gone."""
    job = jobs.find(source.job_id)
    return {} if job is None else job.tags


def find_problem(source: Source, error: WorkflowError, blobs: BlobStore) -> Problem | None:
    """Returns the final problem that ended the run, or None if the run may succeed later.

    It is the one that the workflow passes on, or the one that a stage of a parallel branch stored.
    """
    try:
        problem = Problem.model_validate(error.problem)
    except ValidationError:
        stored = blobs.find(problem_uri(source))
        if stored is None:
            return None
        content = blobs.read(stored.uri, stored.generation)
        return Problem.model_validate_json(content)
    return problem if is_final(problem) else None


def delete_if_erased(source: Source, run: int, blobs: BlobStore, jobs: JobStore) -> None:
    """Deletes the answer just written, and raises RecordingErased, if the recording was erased.

    The claim looks for an erasure before the write; this finds one that came after it.
    """
    is_erased = jobs.is_erased(source.job_id)
    if is_erased:
        delete_answer(source, run, blobs)
        jobs.raise_if_erased(source.job_id)


def finish_job(
    source: Source,
    run: int,
    state: Settled,
    jobs: JobStore,
    *,
    outputs: dict[str, str] | None = None,
    problem: Problem | None = None,
    warnings: tuple[str, ...] = (),
    deletes_audio: bool = False,
    tags: dict[str, str] | None = None,
    figures: JobFigures | None = None,
) -> Finalized:
    """Records how the run ended. Logs the line that alerts and metrics read."""
    outputs = outputs or {}
    jobs.finish(
        source.job_id,
        run,
        state,
        problem=problem,
        results=outputs,
        warnings=warnings,
        deletes_audio=deletes_audio,
        tags=tags,
        figures=figures,
    )
    details: dict[str, Any] = {
        "state": state,
        "run": run,
        "problem": problem.type if problem else None,
        "warnings": warnings,
    }
    if figures is not None:
        details |= logged_figures(figures)
    log.info("settled", extra=details)
    trace_end(source.job_id, jobs)
    return Finalized(job_id=source.job_id, state=state, outputs=outputs)


def job_figures(transcript: Transcript) -> JobFigures:
    """Returns what the transcript took, without the stages whose results were cached."""
    stage_seconds: dict[str, float] = {}
    for timing in transcript.timings.stages:
        if not timing.reused:
            spent = stage_seconds.get(timing.stage, 0.0)
            stage_seconds[timing.stage] = spent + timing.seconds
    return JobFigures(
        audio_seconds=transcript.media.duration,
        stage_seconds=stage_seconds,
        cost_usd=transcript.cost.total if transcript.cost else None,
    )


def logged_figures(figures: JobFigures) -> dict[str, Any]:
    """Returns what is logged of the figures: `rtf` is the seconds of work for a second of audio, by
    stage."""
    seconds = figures.audio_seconds
    factors = {}
    if seconds > 0:
        factors = {stage: spent / seconds for stage, spent in figures.stage_seconds.items()}
    return {"audio_seconds": seconds, "cost_usd": figures.cost_usd, "rtf": factors}


def publish_event(job_id: str, jobs: JobStore, publisher: EventPublisher | None) -> None:
    """Records the job's end in the event log, and publishes it. If it cannot be published, only a
    line is logged, since the answer is already written.

    The event stays due, and reconcile publishes it later.
    """
    try:
        publish_job_event(job_id, jobs, publisher)
    except EventsUnavailable as error:
        log.warning("job event not published: %s", error)
