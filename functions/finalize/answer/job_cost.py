"""What a run of a job has cost, by the deployment's resources and the price table."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence

from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.artifacts import Chunk, Interval, Manifest
from shared.model.contracts import Source
from shared.model.cost import billed, cost, operations, prices
from shared.model.intervals import total_seconds
from shared.model.stages import STAGES
from shared.model.transcript import Cost
from shared.settings import settings

log = logging.getLogger(__name__)


def job_cost(
    source: Source, records: Sequence[StageRecord], manifest: Manifest, jobs: JobStore
) -> Cost | None:
    """Returns what the current run has cost, or None if that cannot be known.

    A result cached by an earlier run costs the call that fetched it, and no seconds. finalize costs
    its call only: its own seconds are not over yet.
    """
    if not settings().costs.resources or not has_prices(records):
        return None
    job = jobs.find(source.job_id)
    if job is None:
        return None

    run_started = job.claimed or job.created
    calls = Counter(finalize=1)
    seconds_of_stage: dict[str, float] = defaultdict(float)
    for record in records:
        if record.updated >= run_started:
            calls[record.stage] += 1
        if record.started >= run_started:
            seconds_of_stage[record.stage] += billed(record.seconds or 0.0)

    stored_parts: list[Chunk | Interval] = [*manifest.chunks, *manifest.spans]
    used_operations = operations(
        calls,
        seconds=sum(seconds_of_stage.values()),
        stored=total_seconds(stored_parts),
        kept_days=settings().buckets.keep_work_days,
        heartbeat=settings().jobs.heartbeat,
    )
    return cost(seconds_of_stage, used_operations, settings().costs.resources, prices())


def has_prices(records: Sequence[StageRecord]) -> bool:
    """Returns whether the region's prices and each function's resources are known.

    Logs what is missing: no job fails for it.
    """
    used_functions = {STAGES[record.stage].function for record in records}
    missing = used_functions - set(settings().costs.resources)
    region = settings().costs.region
    if not missing and region == prices().region:
        return True
    details = {
        "region": region,
        "without_resources": sorted(missing),
    }
    log.warning("cost unknown", extra=details)
    return False
