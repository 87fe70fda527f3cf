"""How clients see a batch."""

from shared.jobs.batch import Batch
from shared.model.api_paths import job_path
from shared.model.batches import BatchJob, BatchView


def batch_view(batch: Batch) -> BatchView:
    """Returns a batch as it is now, with how each of its jobs ended."""
    jobs = []
    for job_id in batch.folders:
        state = batch.ended_jobs.get(job_id)
        jobs.append(BatchJob(id=job_id, state=state, link=job_path(job_id)))
    return BatchView(
        id=batch.batch_id,
        state="open" if batch.ended is None else "done",
        created=batch.created,
        ended=batch.ended,
        counts=batch.counts(),
        metadata=batch.metadata,
        jobs=tuple(jobs),
    )
