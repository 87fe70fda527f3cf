"""Paths of the HTTP API, which the gateway, its client and webhooks name."""

JOBS_PATH = "/api/v1/jobs"
BATCHES_PATH = "/api/v1/batches"


def job_path(job_id: str) -> str:
    return f"{JOBS_PATH}/{job_id}"


def batch_path(batch_id: str) -> str:
    return f"{BATCHES_PATH}/{batch_id}"
