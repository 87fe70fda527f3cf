"""What a deployment does, and did in a window of time, from the job store."""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from functions.gateway.job_view import api_state
from shared.jobs.job import Job, JobFigures, JobState
from shared.jobs.store import JobStore
from shared.model.api import ApiState
from shared.model.contracts import FinalState
from shared.model.metrics import EndedJobs, Metrics, StageMetrics
from shared.model.stages import STAGES

MAX_ENDED_JOBS = 2000
"""Jobs of a window that are read at most, the last ones."""
FRESH_SECONDS = 60.0
"""Seconds for which a reading of the job store is answered again."""
MAX_KNOWN = 256
"""Readings that are kept."""


class MetricsReader:
    """Reads the metrics of folders and windows of time, each at most once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, timedelta], Metrics] = OrderedDict()

    def read(self, folder: str, window: timedelta, jobs: JobStore) -> Metrics:
        """Returns the metrics of a folder's jobs and of the window that ends now, or that ended
        less than a minute ago."""
        with self._lock:
            now = datetime.fromtimestamp(jobs.clock(), UTC)
            known = self._known.get((folder, window))
            if known is not None and (now - known.time).total_seconds() < FRESH_SECONDS:
                return known
            metrics = read_metrics(folder, window, jobs, now)
            self._known.pop((folder, window), None)
            self._known[folder, window] = metrics
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
            return metrics


def read_metrics(folder: str, window: timedelta, jobs: JobStore, now: datetime) -> Metrics:
    since = now - window
    counts = jobs.count_by_state(folder)
    oldest = jobs.oldest("queued", folder)
    ended = jobs.list_ended_since(since, MAX_ENDED_JOBS, folder)
    waited = now - oldest[0].updated if oldest else timedelta()
    return Metrics(
        time=now,
        folder=folder,
        jobs=count_by_api_state(counts),
        oldest_queued_seconds=max(waited.total_seconds(), 0.0),
        ended=ended_jobs(ended, since),
    )


def count_by_api_state(counts: Mapping[JobState, int]) -> dict[ApiState, int]:
    """Returns how many jobs are in each state as clients see it."""
    shown: dict[ApiState, int] = dict.fromkeys(get_args(ApiState), 0)
    for state, count in counts.items():
        shown[api_state(state)] += count
    return shown


def ended_jobs(jobs: Sequence[Job], since: datetime) -> EndedJobs:
    """Returns the figures of jobs that have ended, the last ones since a time."""
    states: dict[FinalState, int] = dict.fromkeys(get_args(FinalState), 0)
    failures: Counter[str] = Counter()
    for job in jobs:
        if job.state in states:
            states[job.state] += 1
        if job.state == "failed" and job.problem is not None:
            failures[job.problem.type] += 1
    figures = figures_of(jobs)
    audio = sum(each.audio_seconds for each in figures)
    return EndedJobs(
        since=since,
        is_complete=len(jobs) < MAX_ENDED_JOBS,
        states=states,
        failures=dict(failures),
        audio_seconds=audio,
        stages=stage_metrics(figures, audio),
        cost_usd=total_cost(figures),
    )


def figures_of(jobs: Iterable[Job]) -> list[JobFigures]:
    """Returns what the transcripts took. A job that failed may have those of an earlier run."""
    found = []
    for job in jobs:
        if job.state == "done" and job.figures is not None:
            found.append(job.figures)
    return found


def stage_metrics(figures: Iterable[JobFigures], audio: float) -> tuple[StageMetrics, ...]:
    """Returns the work of each stage that did any. `audio` are the seconds of all recordings."""
    seconds: dict[str, float] = defaultdict(float)
    for each in figures:
        for stage, worked in each.stage_seconds.items():
            seconds[stage] += worked
    found = []
    for stage in STAGES:
        if stage in seconds:
            factor = round(seconds[stage] / audio, 4) if audio else None
            found.append(StageMetrics(stage=stage, seconds=seconds[stage], rtf=factor))
    return tuple(found)


def total_cost(figures: Iterable[JobFigures]) -> float | None:
    """Returns the cost in USD of all jobs whose cost is known, or None if that is none."""
    costs = [each.cost_usd for each in figures if each.cost_usd is not None]
    return round(sum(costs), 6) if costs else None
