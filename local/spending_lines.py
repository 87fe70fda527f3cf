"""What the jobs of a deployment took and cost, per day or per job, as lines for a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from textwrap import wrap

from local.progress import duration
from local.table import output_width, table
from shared.model.spending import JobSpending
from shared.model.stages import STAGES

DAY_HEADINGS = ("day", "jobs", "failed", "audio", "work", "failed calls", "USD", "USD/h of audio")
JOB_HEADINGS = ("ended", "recording", "audio", "work", "failed calls", "USD")
UNKNOWN = "unknown"
TEXT_WIDTH = 100
NOT_INCLUDED = (
    "Recorded nowhere, so not in it: calls that were refused, attempts that failed for a reason "
    "that may pass, the seconds of failed calls, starts and idle seconds of instances (most of "
    "what a GPU costs), finalize's own seconds, drawings of corrected transcripts, the gateway, "
    "reconcile, logs, images, and what the buckets keep. The bill says what all of it costs."
)
NO_PRICES = (
    "No cost is computed: the deployment does not know the sizes of its instances "
    "(DROPSCRIBE_RESOURCES), or there are no prices of its region."
)


@dataclass
class DayTotal:
    """What the jobs that ended on one day, in UTC, took together."""

    jobs: int = 0
    failed_jobs: int = 0
    audio_seconds: float = 0.0
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of work, by stage."""
    failed_calls: int = 0
    usd: float | None = None
    """Of the jobs whose cost is known; None if that is none."""

    def add(self, job: JobSpending) -> None:
        self.jobs += 1
        self.failed_jobs += job.state == "failed"
        self.audio_seconds += job.audio_seconds or 0.0
        for name, stage in job.stages.items():
            self.seconds[name] += stage.seconds
            self.failed_calls += stage.failed
        if job.cost_usd is not None:
            self.usd = (self.usd or 0.0) + job.cost_usd


def day_lines(jobs: Iterable[JobSpending]) -> list[str]:
    """Returns a table with a row for each day, the first one first, and one for all."""
    days: dict[date, DayTotal] = defaultdict(DayTotal)
    total = DayTotal()
    for job in jobs:
        day = job.ended.astimezone(UTC).date()
        days[day].add(job)
        total.add(job)
    if not total.jobs:
        return ["no job ended in this time"]
    rows = [day_row(str(day), days[day]) for day in sorted(days)]
    shown = [DAY_HEADINGS, *rows, day_row("total", total)]
    lines = table(shown, name_column=0, width=output_width())
    return [*lines, "", f"Work by stage: {by_stage(total.seconds)}", *remarks(total.usd)]


def job_lines(jobs: Sequence[JobSpending]) -> list[str]:
    """Returns a table with a row for each job, the last one first."""
    if not jobs:
        return ["no job ended in this time"]
    lines = table([JOB_HEADINGS, *map(job_row, jobs)], name_column=1, width=output_width())
    known = [job.cost_usd for job in jobs if job.cost_usd is not None]
    return [*lines, "", *remarks(sum(known) if known else None)]


def remarks(usd: float | None) -> list[str]:
    """Returns what is to be known about the numbers."""
    text = NOT_INCLUDED if usd is not None else NO_PRICES
    return wrap(text, TEXT_WIDTH)


def day_row(day: str, total: DayTotal) -> tuple[str, ...]:
    hours = total.audio_seconds / 3600
    has_rate = total.usd is not None and hours > 0
    return (
        day,
        str(total.jobs),
        str(total.failed_jobs),
        duration(total.audio_seconds),
        duration(sum(total.seconds.values())),
        str(total.failed_calls),
        dollars(total.usd),
        dollars((total.usd or 0.0) / hours if has_rate else None),
    )


def job_row(job: JobSpending) -> tuple[str, ...]:
    ended = job.ended.astimezone(UTC)
    worked = sum(stage.seconds for stage in job.stages.values())
    failed = sum(stage.failed for stage in job.stages.values())
    audio = job.state if job.audio_seconds is None else duration(job.audio_seconds)
    return (
        f"{ended:%Y-%m-%d %H:%M}",
        job.name,
        audio,
        duration(worked),
        str(failed),
        dollars(job.cost_usd),
    )


def by_stage(seconds: Mapping[str, float]) -> str:
    """Returns the seconds of each stage that worked, as text."""
    parts = []
    for stage in STAGES:
        if stage in seconds:
            worked = seconds[stage]
            parts.append(f"{stage} {worked:,.1f} s")
    return ", ".join(parts)


def dollars(usd: float | None) -> str:
    return UNKNOWN if usd is None else f"{usd:.4f}"
