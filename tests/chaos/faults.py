"""What is done to a cloud that works. Each says whether it struck something alive: only that counts."""

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import httpx
import psutil

from local.home import FUNCTIONS, INBOX
from shared.contracts import Source
from shared.jobs import Document, TaskRecord
from tests.cloud import WORKFLOW, Cloud

OUTAGE = 4.0
"""Seconds that the job store is locked."""

Fault = Callable[[Cloud, random.Random], bool]


def kill_function(cloud: Cloud, dice: random.Random) -> bool:
    """SIGKILL to a worker or to the whole function, of a stage that holds a lease."""
    busy = sorted({task.stage for task in running_tasks(cloud)} & set(FUNCTIONS))
    return bool(busy) and kill(cloud, dice.choice(busy), dice)


def kill_runner(cloud: Cloud, dice: random.Random) -> bool:
    return active_executions(cloud) > 0 and kill(cloud, "runner", dice)


def kill_bucket(cloud: Cloud, dice: random.Random) -> bool:
    """A stage at work or an execution under way has requests to make of it."""
    return active_executions(cloud) > 0 and kill(cloud, "bucket", dice)


def kill(cloud: Cloud, part: str, dice: random.Random) -> bool:
    processes = cloud.processes(part)
    if not processes:
        return False
    with suppress(psutil.NoSuchProcess):
        dice.choice(processes).kill()
        return True
    return False


def lock_job_store(cloud: Cloud, dice: random.Random) -> bool:
    """Nobody can write to it for a while."""
    struck = active_executions(cloud) > 0
    with closing(sqlite3.connect(cloud.home.jobs, timeout=10, isolation_level=None)) as database:
        database.execute("begin exclusive")
        time.sleep(dice.uniform(0.5, OUTAGE))
        database.execute("rollback")
    return struck


def end_a_lease(cloud: Cloud, dice: random.Random) -> bool:
    """As when a clock jumps: another may take over what is still worked on."""
    tasks = [(path, document) for path, document in task_documents(cloud) if document["state"] == "running"]
    if not tasks:
        return False
    path, _ = dice.choice(tasks)
    found = cloud.jobs.documents.get(path)
    if found is None or found[0]["state"] != "running":
        return False
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    return cloud.jobs.documents.put(path, {**found[0], "lease_until": past}, over=found[1])


def repeat_event(cloud: Cloud, dice: random.Random) -> bool:
    """Ten times the event of a recording that is worked on."""
    jobs = cloud.jobs.in_state("running")
    if not jobs:
        return False
    source = dice.choice(jobs).source
    with suppress(httpx.TransportError):
        for _ in range(10):
            httpx.post(f"{cloud.home.ports().url('runner')}/events", json=event(source), timeout=5)
    return True


def lose_execution(cloud: Cloud, dice: random.Random) -> bool:
    """As if its event had never come, or come to nothing."""
    jobs = cloud.jobs.in_state("running")
    if not jobs:
        return False
    url = f"{cloud.home.ports().url('runner')}/v1/{WORKFLOW}/executions/{dice.choice(jobs).execution}:cancel"
    with suppress(httpx.TransportError):
        return httpx.post(url, timeout=15).is_success
    return False


FAULTS: dict[str, tuple[Fault, int]] = {
    "kill_function": (kill_function, 6),
    "kill_runner": (kill_runner, 2),
    "kill_bucket": (kill_bucket, 2),
    "lock_job_store": (lock_job_store, 1),
    "end_a_lease": (end_a_lease, 4),
    "repeat_event": (repeat_event, 2),
    "lose_execution": (lose_execution, 2),
}
"""With how often each is chosen."""


def event(source: Source) -> dict[str, object]:
    return {
        "eventType": "OBJECT_FINALIZE", "eventId": "1", "time": "2026-01-01T00:00:00Z",
        "object": {"bucket": INBOX, "name": source.name, "generation": str(source.generation)},
    }  # fmt: skip


def active_executions(cloud: Cloud) -> int:
    with suppress(httpx.HTTPError):
        status = httpx.get(f"{cloud.home.ports().url('runner')}/status", timeout=5).json()
        return int(status["executions"].get("ACTIVE", 0))
    return 0


def task_documents(cloud: Cloud) -> list[tuple[str, Document]]:
    found = []
    for job in cloud.jobs.in_state("running"):
        for document in cloud.jobs.documents.newest(f"jobs/{job.job_id}/tasks", 500):
            found.append((f"jobs/{job.job_id}/tasks/{document['task']}", document))
    return found


def running_tasks(cloud: Cloud) -> list[TaskRecord]:
    return [t for job in cloud.jobs.in_state("running") for t in cloud.jobs.tasks(job.job_id) if t.state == "running"]
