"""What a run has cost, by the deployment's resources and the price table."""

import logging
from collections import Counter
from collections.abc import Sequence

from shared.jobs.job import StageRecord
from shared.jobs.store import JobStore
from shared.model.artifacts import Chunk, Interval, Manifest
from shared.model.contracts import Source
from shared.model.cost import FUNCTION, billed, cost, operations, prices
from shared.model.transcript import Cost
from shared.settings import settings

log = logging.getLogger(__name__)


def charged(
    source: Source, tasks: Sequence[StageRecord], manifest: Manifest, jobs: JobStore
) -> Cost | None:
    """Null where no resources are set, and where they or the prices do not fit the deployment.

    An answer of an earlier run costs the call that fetched it, and no seconds. finalize costs its
    call: its own seconds are not over yet.
    """
    job = jobs.find(source.job_id) if settings().costs.resources and fits(tasks) else None
    if job is None:
        return None
    since = job.claimed or job.created
    calls, busy = Counter(finalize=1), dict[str, float]()
    for task in tasks:
        if task.updated >= since:
            calls[task.stage] += 1
        if task.started >= since:
            busy[task.stage] = busy.get(task.stage, 0.0) + billed(task.seconds or 0.0)
    parts: list[Chunk | Interval] = [*manifest.chunks, *manifest.spans]
    used = operations(
        calls,
        seconds=sum(busy.values()),
        stored=sum(part.end - part.start for part in parts),
        kept_days=settings().buckets.keep_work_days,
        heartbeat=settings().jobs.heartbeat,
    )
    return cost(busy, used, settings().costs.resources, prices())


def fits(tasks: Sequence[StageRecord]) -> bool:
    """Whether there are prices of the region, and resources of each function. No job fails for want
    of them."""
    missing = {FUNCTION[task.stage] for task in tasks} - set(settings().costs.resources)
    if missing or settings().costs.region != prices().region:
        log.warning(
            "cost not told",
            extra={"region": settings().costs.region, "without_resources": sorted(missing)},
        )
        return False
    return True
