"""How far a job is, and when it may be done.

The work of a stage is estimated as its parts times the seconds that one of them takes: as seen in
this run, or else by the stage's pace. Paces are of one machine, so they are scaled by how fast the
other stages of this run were there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.model.api import Progress, StageProgress
from shared.model.options import Options, is_skipped
from shared.model.stages import STAGES, parts_of

ASSUMED_PACES = {"detect": 0.005, "transcribe": 0.08}
"""Seconds of work for a second of sound, of stages whose pace depends on the speech model: those of
the default one, and of a recording of ten minutes."""
MOST_BEFORE_THE_END = 0.99
"""Share of a job that is not done, however little is left."""


@dataclass(frozen=True)
class StageWork:
    """The work of one stage in the current run."""

    stage: str
    done: int
    """Parts that are done."""
    of: int | None
    """Number of parts; None until the recording is cut."""
    seconds: float
    """Of work on the parts that are done."""
    computed: int
    """Parts that this run computed; the others are results of an earlier run."""
    computed_seconds: float
    """Of work on the parts that this run computed."""

    @property
    def pace(self) -> float:
        """The expected seconds of work for a second of sound."""
        known = STAGES[self.stage].pace
        return known.rtf if known is not None else ASSUMED_PACES[self.stage]

    @property
    def total_seconds(self) -> float | None:
        """The seconds of all parts if they take as long as those that were computed."""
        if not self.computed or not self.of:
            return None
        return self.computed_seconds / self.computed * self.of

    def portion(self, parts: int) -> float:
        """Returns which portion of the stage so many parts are."""
        if self.of is None:
            return 0.0
        return parts / self.of if self.of else 1.0


def progress_of(
    job: Job, options: Options | None, records: Sequence[StageRecord], now: datetime
) -> Progress:
    """Returns how far the job's current run is. `options` are None until they are known."""
    works = works_of(job, options, records)
    seconds = expected_seconds(works)
    stages = [
        StageProgress(stage=work.stage, done=work.done, of=work.of, seconds=work.seconds)
        for work in works
    ]
    return Progress(
        stages=tuple(stages),
        share=share_of(job, works, seconds),
        eta_seconds=remaining_time(job, works, seconds, now),
    )


# What was seen


def works_of(
    job: Job, options: Options | None, records: Sequence[StageRecord]
) -> tuple[StageWork, ...]:
    """Returns the work of each stage that the options do not make needless."""
    current = records_of_run(job, records)
    works = []
    for name, spec in STAGES.items():
        if options is not None and is_skipped(name, options):
            continue
        expected = expected_parts(job, name)
        if spec.is_recorded:
            of_stage = [record for record in current if record.stage == name]
            works.append(recorded_work(name, expected, of_stage))
        else:
            works.append(unrecorded_work(job, name, expected))
    return tuple(works)


def records_of_run(job: Job, records: Sequence[StageRecord]) -> list[StageRecord]:
    """Returns the records of parts that the current run has done. Those of an earlier run which
    were not used again were about other options."""
    if job.state == "queued" or job.claimed is None:
        return []
    begun = job.claimed
    return [record for record in records if record.state == "done" and record.updated >= begun]


def expected_parts(job: Job, stage: str) -> int | None:
    """Returns how many parts the stage has, or None until the recording is cut."""
    if STAGES[stage].part_kind == "job":
        return 1
    if job.chunks is None or job.spans is None:
        return None
    return parts_of(stage, job.chunks, job.spans)


def recorded_work(stage: str, expected: int | None, records: Sequence[StageRecord]) -> StageWork:
    """Returns the work of a stage by the records of its parts. `expected` is the number of parts,
    or None if it is unknown."""
    by_part = {record.part: record for record in records}
    unique = by_part.values()
    computed = [record for record in unique if not record.reused]
    done = len(by_part)
    return StageWork(
        stage=stage,
        done=done if expected is None else min(done, expected),
        of=expected,
        seconds=total(unique),
        computed=len(computed),
        computed_seconds=total(computed),
    )


def total(records: Collection[StageRecord]) -> float:
    return sum(record.seconds or 0.0 for record in records)


def unrecorded_work(job: Job, stage: str, expected: int | None) -> StageWork:
    """Returns the work of the stage that writes the answer, of which there is no record."""
    done = 1 if job.state == "done" else 0
    return StageWork(stage, done, expected, seconds=0.0, computed=0, computed_seconds=0.0)


# What is expected


def expected_seconds(works: Sequence[StageWork]) -> Mapping[str, float]:
    """Returns the seconds of work of each stage. They are in proportion only, not absolute, until a
    part was computed."""
    measured = {}
    for work in works:
        if work.total_seconds is not None:
            measured[work.stage] = work.total_seconds
    paces = {work.stage: work.pace for work in works}
    pace_of_measured = sum(paces[stage] for stage in measured)
    scale = sum(measured.values()) / pace_of_measured if measured else 1.0
    return {stage: measured.get(stage, pace * scale) for stage, pace in paces.items()}


def share_of(job: Job, works: Sequence[StageWork], seconds: Mapping[str, float]) -> float:
    """Returns which portion of the work is done. It is 1 when the job is done, and never before."""
    if job.state == "done":
        return 1.0
    whole = sum(seconds.values())
    if not whole:
        return 0.0
    done = sum(seconds[work.stage] * work.portion(work.done) for work in works)
    share = min(done / whole, MOST_BEFORE_THE_END)
    return round(share, 3)


def remaining_time(
    job: Job, works: Sequence[StageWork], seconds: Mapping[str, float], now: datetime
) -> float | None:
    """Returns the seconds until the answer if the work goes on as fast as so far in this run, or
    None as long as it has computed nothing."""
    if job.state != "running" or job.claimed is None:
        return None
    computed = sum(seconds[work.stage] * work.portion(work.computed) for work in works)
    if not computed:
        return None
    remaining = sum(seconds[work.stage] * (1 - work.portion(work.done)) for work in works)
    elapsed = (now - job.claimed).total_seconds()
    return max(0.0, elapsed * remaining / computed)
