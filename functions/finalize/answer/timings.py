"""When a job was done, and how long it took, in all and stage by stage."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.jobs.stage_record import StageRecord
from shared.model.artifacts import Chunk, Interval, Manifest
from shared.model.stages import STAGES
from shared.model.transcript import StageTiming, Timings
from shared.ports.blobs import Blob


def job_timings(
    recording: Blob | None, manifest: Manifest, records: Sequence[StageRecord]
) -> Timings:
    """Returns how long each stage took, and how long the job has taken since the upload.

    Without the recording, whose creation is the upload, the latter is unknown.
    """
    answered = datetime.now(UTC)
    stages = tuple(stage_timing(record, manifest) for record in records)
    if recording is None:
        return Timings(uploaded=None, answered=answered, queued=None, stages=stages, wall=None)

    uploaded = recording.created.astimezone(UTC)
    queued = None
    if records:
        first = min(records, key=lambda record: record.started)
        queued = first.started - uploaded
    wall = answered - uploaded
    return Timings(
        uploaded=uploaded,
        answered=answered,
        queued=queued.total_seconds() if queued is not None else None,
        stages=stages,
        wall=wall.total_seconds(),
    )


def stage_timing(record: StageRecord, manifest: Manifest) -> StageTiming:
    duration = part_duration(record, manifest)
    real_time_factor = None
    if record.seconds and duration:
        real_time_factor = round(record.seconds / duration, 4)
    return StageTiming(
        stage=record.stage,
        chunk=record.part,
        seconds=record.seconds or 0.0,
        attempt=record.attempts,
        reused=record.reused,
        rtf=real_time_factor,
    )


def part_duration(record: StageRecord, manifest: Manifest) -> float | None:
    """Returns the seconds of sound that the stage worked on.

    None for a part that the manifest lacks: an earlier run cut the recording into more parts.
    """
    part_kind = STAGES[record.stage].part_kind
    if part_kind == "job":
        return manifest.media.duration
    parts = chunks_or_spans(manifest, part_kind)
    if record.part >= len(parts):
        return None
    part = parts[record.part]
    return part.end - part.start


def chunks_or_spans(manifest: Manifest, part_kind: str) -> Sequence[Chunk | Interval]:
    """Returns the recording's parts of that kind."""
    if part_kind == "span":
        return manifest.spans
    return manifest.chunks
