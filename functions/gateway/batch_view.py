"""How clients see a batch."""

from functions.gateway.job_view import job_path
from shared.jobs.batch import Batch
from shared.model.batches import BatchJob, BatchView

BATCHES_PATH = "/api/v1/batches"


def batch_view(batch: Batch) -> BatchView:
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


def batch_path(batch_id: str) -> str:
    return f"{BATCHES_PATH}/{batch_id}"
