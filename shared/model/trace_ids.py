"""Ids of a run's trace. They follow from the job's id and the run's number, so that no request
needs to carry them, and every process knows them."""

import hashlib


def trace_id_of(job_id: str, run: int) -> str:
    """Returns the id of a run's trace, 32 hexadecimal digits."""
    return digest_of(f"trace {job_id} {run}")[:32]


def root_id_of(job_id: str, run: int) -> str:
    """Returns the id of the span that is the root of a run's trace, 16 hexadecimal digits."""
    return digest_of(f"root {job_id} {run}")[:16]


def digest_of(text: str) -> str:
    digest = hashlib.sha256(text.encode())
    return digest.hexdigest()
