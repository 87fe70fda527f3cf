"""What jobs that have ended took and cost, from their stage records and the price table."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from functions.gateway.job_view import api_state, is_over
from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.cost import billed, cost, operations, prices
from shared.model.spending import JobSpending, SpendingPage, StageSpending
from shared.model.stages import STAGES
from shared.model.transcript import Cost
from shared.settings import settings

STORED_COPIES = 2
"""Seconds of sound in the work bucket for one of the recording: the chunks and the spans."""


def spending_page(
    jobs: JobStore, folder: str, since: datetime, before: datetime | None, limit: int
) -> SpendingPage:
    """Returns a page of the jobs of a folder that ended after `since` and before `before`. Raises
    JobStoreUnavailable."""
    ended = jobs.list_ended_since(since, limit, folder, before)
    spent = []
    for job in ended:
        if is_over(job):
            records = jobs.records.of_job(job.job_id)
            spent.append(job_spending(job, records))
    is_last = len(ended) < limit
    return SpendingPage(
        jobs=tuple(spent),
        price_table=prices().name if has_prices() else None,
        next_before=None if is_last else ended[-1].ended,
    )


def has_prices() -> bool:
    """Returns whether the sizes of the instances and the prices of the region are known."""
    costs = settings().costs
    is_complete = {stage.function for stage in STAGES.values()} <= set(costs.resources)
    return is_complete and costs.region == prices().region


def job_spending(job: Job, records: Sequence[StageRecord]) -> JobSpending:
    """Returns what a job took and cost, by the records of all its stages."""
    audio = job.figures.audio_seconds if job.figures is not None else None
    stages = spending_by_stage(records)
    spent = cost_of(records, stages, audio or 0.0) if has_prices() else None
    return JobSpending(
        id=job.job_id,
        name=job.source.name,
        state=api_state(job.state),
        run=job.run,
        ended=job.ended or job.updated,
        audio_seconds=audio,
        stages=stages,
        items={} if spent is None else spent.items,
        cost_usd=None if spent is None else spent.total,
    )


def spending_by_stage(records: Iterable[StageRecord]) -> dict[str, StageSpending]:
    """Returns what each stage did, in the order in which a recording passes them."""
    by_stage: dict[str, list[StageRecord]] = defaultdict(list)
    for record in records:
        by_stage[record.stage].append(record)
    return {name: stage_spending(by_stage[name]) for name in STAGES if name in by_stage}


def stage_spending(records: Sequence[StageRecord]) -> StageSpending:
    """Returns what these records of one stage say together."""
    computed = [record for record in records if record.seconds is not None]
    seconds = sum(record.seconds or 0.0 for record in computed)
    failed = sum(failed_attempts(record) for record in records)
    return StageSpending(
        done=len(computed),
        seconds=round(seconds, 3),
        reused=sum(record.reused for record in records),
        failed=failed,
    )


def failed_attempts(record: StageRecord) -> int:
    """Returns how many attempts the record counts beside the one that succeeded."""
    succeeded = 1 if record.seconds is not None else 0
    return max(0, record.attempts - succeeded)


def cost_of(
    records: Iterable[StageRecord], stages: Mapping[str, StageSpending], audio: float
) -> Cost:
    """Returns the cost of the recorded calls and seconds, and of one call of finalize."""
    calls = Counter(finalize=1)
    for name, stage in stages.items():
        calls[name] += stage.done + stage.reused + stage.failed
    seconds: dict[str, float] = defaultdict(float)
    for record in records:
        seconds[record.stage] += billed(record.seconds or 0.0)
    used = operations(
        calls,
        seconds=sum(seconds.values()),
        stored=STORED_COPIES * audio,
        kept_days=settings().buckets.keep_work_days,
        heartbeat=settings().jobs.heartbeat,
    )
    return cost(seconds, used, settings().costs.resources, prices())
