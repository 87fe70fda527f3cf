"""What is done to a cloud that works. Each says whether a lease or a request was live when it
struck: else it does not count."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import httpx
import psutil

from local.layout import FUNCTIONS, INBOX, STAGES
from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Source
from shared.ports.documents import Document
from tests.chaos.cloud import ChaosCloud
from tests.chaos.supervisor import NOTIFY, STORAGE
from tests.support.cloud import WORKFLOW
from tests.support.small_disk import filled

OUTAGE = 4.0
"""Most seconds that a disk is full, the job store out of reach, a process frozen."""
PUSH_WAIT = 1.5
"""Seconds to wait for a push, of which there are few."""
LEAPS = (timedelta(seconds=20), timedelta(hours=2), timedelta(days=40))
"""By which clocks are moved, back or ahead: beyond a lease, beyond reconcile's patience, beyond
what documents last."""

MOVED = [name for name in FUNCTIONS if name != "notify"]
"""Functions whose clocks are moved. With its own 40 days ahead notify would pause every endpoint
that fails once, and have the next try weeks away."""

Fault = Callable[[ChaosCloud, random.Random], bool]


def kill_function(cloud: ChaosCloud, dice: random.Random) -> bool:
    """SIGKILL to the workers, or to their master, of a stage that answers a request."""
    busy = sorted(set(STAGES) & in_flight(cloud))
    if not busy:
        return False
    processes = cloud.processes(dice.choice(busy))
    for process in dice.choice([processes[:1], processes[1:]]):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return len(processes) > 1


def kill_reconcile(cloud: ChaosCloud, dice: random.Random) -> bool:
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(httpx.post, cloud.home.ports().url("reconcile"), json={}, timeout=30)
        time.sleep(dice.uniform(0, 0.1))
        kill(cloud, "reconcile")
        return isinstance(call.exception(), httpx.TransportError)


def kill_gateway(cloud: ChaosCloud, dice: random.Random) -> bool:
    busy = cloud.api_requests > 0
    return kill(cloud, "gateway") and busy


def has_push(cloud: ChaosCloud) -> bool:
    """Returns whether notify has an event, now or soon."""
    deadline = time.monotonic() + PUSH_WAIT
    while time.monotonic() < deadline:
        if NOTIFY in in_flight(cloud):
            return True
        time.sleep(0.05)
    return False


def kill_notify(cloud: ChaosCloud, dice: random.Random) -> bool:
    """SIGKILL to notify's worker, or to its master, while it has an event."""
    if not has_push(cloud):
        return False
    processes = cloud.processes("notify")
    for process in dice.choice([processes[:1], processes[1:]]):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return len(processes) > 1


def kill_bridge(cloud: ChaosCloud, dice: random.Random) -> bool:
    return has_push(cloud) and kill(cloud, "bridge")


def kill_receiver(cloud: ChaosCloud, dice: random.Random) -> bool:
    """SIGKILL to the receivers of webhooks, which are started again."""
    is_busy = has_push(cloud)
    cloud.kill_receivers()
    return is_busy


def kill_runner(cloud: ChaosCloud, dice: random.Random) -> bool:
    return bool(set(STAGES) & in_flight(cloud)) and kill(cloud, "workflows")


def kill_bucket(cloud: ChaosCloud, dice: random.Random) -> bool:
    return STORAGE in in_flight(cloud) and kill(cloud, "storage")


def kill(cloud: ChaosCloud, part: str) -> bool:
    processes = cloud.processes(part)
    for process in processes[:1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return bool(processes)


def freeze(cloud: ChaosCloud, dice: random.Random) -> bool:
    """A part with a request hangs for a while."""
    parts = {STORAGE: "storage", **{stage: stage for stage in STAGES}}
    busy = sorted(parts[line] for line in in_flight(cloud) if line in parts)
    if not busy:
        return False
    with frozen(cloud.processes(dice.choice(busy))):
        time.sleep(dice.uniform(0.5, OUTAGE))
    return True


@contextmanager
def frozen(processes: list[psutil.Process]) -> Iterator[None]:
    try:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def fill_disk(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Not a byte is left for the buckets, for the job store with the executions and logs, or for
    the stages' files."""
    if not cloud.disks:
        return False
    disk = dice.choice(cloud.disks)
    empty_log(cloud)
    struck = live(cloud)
    with filled(disk):
        time.sleep(dice.uniform(1, OUTAGE))
    return struck


def empty_log(cloud: ChaosCloud) -> None:
    """Of what SQLite has written ahead, which it would write over: the next write takes new
    room."""
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(cloud.home.jobs, timeout=2)) as database,
    ):
        database.execute("pragma wal_checkpoint(truncate)")


def lock_job_store(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Nobody can write to it for a while."""
    with closing(sqlite3.connect(cloud.home.jobs, timeout=10, isolation_level=None)) as database:
        database.execute("begin exclusive")
        struck = bool(set(STAGES) & in_flight(cloud))
        time.sleep(dice.uniform(0.5, OUTAGE))
        database.execute("rollback")
    return struck


def stop_job_store(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Firestore hangs: connections stay, and nothing is answered."""
    assert cloud.firestore is not None
    struck = bool(set(STAGES) & in_flight(cloud))
    with frozen([psutil.Process(cloud.firestore.emulator.process.pid)]):
        time.sleep(dice.uniform(1, 3 * OUTAGE))
    return struck


def cut_job_store(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Connections to Firestore break, and no new one is made for a while."""
    assert cloud.firestore is not None
    struck = bool(set(STAGES) & in_flight(cloud)) and cloud.firestore.wire.cut() > 0
    time.sleep(dice.uniform(1, OUTAGE))
    cloud.firestore.wire.mend()
    return struck


def lose_job_store(cloud: ChaosCloud, dice: random.Random) -> bool:
    """SIGKILL to the emulator, which has everything in memory: leases, attempts and claims are
    gone."""
    assert cloud.firestore is not None
    struck = bool(set(STAGES) & in_flight(cloud))
    cloud.firestore.emulator.kill()
    with cloud.journal.open("a") as journal:
        journal.write("lost job-store -\n")
    time.sleep(dice.uniform(0, OUTAGE))
    cloud.firestore.emulator.start()
    cloud.register_webhooks()
    return struck


def move_clock(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Some functions' clocks leap, back or ahead; the others' are right again."""
    moved = {name: leap(dice) for name in dice.sample(MOVED, dice.randint(1, 3))}
    struck = bool(running_tasks(cloud))
    cloud.move_clocks(moved)
    return struck


def leap(dice: random.Random) -> float:
    return dice.choice((-1, 1)) * dice.choice(LEAPS).total_seconds()


def end_a_lease(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Another may take over what is still worked on."""
    tasks = [
        (path, document)
        for path, document in task_documents(cloud)
        if document["state"] == "running"
    ]
    if not tasks:
        return False
    path, _ = dice.choice(tasks)
    found = cloud.jobs.documents.get(path)
    if found is None or found[0]["state"] != "running":
        return False
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    return cloud.jobs.documents.put(path, {**found[0], "lease_until": past}, if_version=found[1])


def repeat_event(cloud: ChaosCloud, dice: random.Random) -> bool:
    """Ten times the event of a recording that is worked on."""
    jobs = cloud.jobs.list_by_state("running")
    if not jobs:
        return False
    source = dice.choice(jobs).source
    for _ in range(10):
        httpx.post(
            f"{cloud.home.ports().url('workflows')}/events", json=event(source), timeout=5
        ).raise_for_status()
    return True


def lose_execution(cloud: ChaosCloud, dice: random.Random) -> bool:
    """As if its event had come to nothing."""
    jobs = cloud.jobs.list_by_state("running")
    if not jobs:
        return False
    execution = dice.choice(jobs).execution
    workflow = f"{cloud.home.ports().url('workflows')}/v1/{WORKFLOW}"
    cancel = f"{workflow}/executions/{execution}:cancel"
    return httpx.post(cancel, timeout=15).is_success


COMMON: dict[str, tuple[Fault, int]] = {
    "kill_function": (kill_function, 6),
    "kill_reconcile": (kill_reconcile, 1),
    "kill_gateway": (kill_gateway, 3),
    "kill_notify": (kill_notify, 2),
    "kill_bridge": (kill_bridge, 1),
    "kill_receiver": (kill_receiver, 1),
    "kill_runner": (kill_runner, 2),
    "kill_bucket": (kill_bucket, 2),
    "freeze": (freeze, 2),
    "fill_disk": (fill_disk, 3),
    "move_clock": (move_clock, 3),
    "end_a_lease": (end_a_lease, 3),
    "repeat_event": (repeat_event, 2),
    "lose_execution": (lose_execution, 2),
}
"""With how often each is chosen."""
FAULTS = {
    "sqlite": {**COMMON, "lock_job_store": (lock_job_store, 1)},
    "firestore": {
        **COMMON,
        "stop_job_store": (stop_job_store, 3),
        "cut_job_store": (cut_job_store, 3),
        "lose_job_store": (lose_job_store, 1),
    },
}


def event(source: Source) -> dict[str, object]:
    return {
        "eventType": "OBJECT_FINALIZE", "eventId": "1", "time": "2026-01-01T00:00:00Z",
        "object": {"bucket": INBOX, "name": source.name, "generation": str(source.generation)},
    }  # fmt: skip


def in_flight(cloud: ChaosCloud) -> set[str]:
    """The lines with a request on them."""
    return {line for line, count in cloud.in_flight().items() if count}


def live(cloud: ChaosCloud) -> bool:
    return bool(in_flight(cloud)) or bool(running_tasks(cloud))


def task_documents(cloud: ChaosCloud) -> list[tuple[str, Document]]:
    found = []
    for job in cloud.jobs.list_by_state("running"):
        for document in cloud.jobs.documents.list_recent(f"jobs/{job.job_id}/tasks", 500):
            found.append((f"jobs/{job.job_id}/tasks/{document['key']}", document))
    return found


def running_tasks(cloud: ChaosCloud) -> list[StageRecord]:
    """Those that hold a lease."""
    return [
        t
        for job in cloud.jobs.list_by_state("running")
        for t in cloud.jobs.records.of_job(job.job_id)
        if t.state == "running"
    ]


def active_executions(cloud: ChaosCloud) -> int:
    status = (
        httpx.get(f"{cloud.home.ports().url('workflows')}/status", timeout=30)
        .raise_for_status()
        .json()
    )
    return int(status["executions"].get("ACTIVE", 0))
