"""Starts and stops the one-machine cloud."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

import httpx

from local.child_process import MOST_DEATHS
from local.errors import NotUp
from local.first_key import ensure_first_key
from local.health import Answer, make_client
from local.health_checks import HealthChecks
from local.layout import EXECUTIONS, INBOX, OUTBOX, PROCESSES, WORK, Layout, Ports
from local.log_reading import last_line
from local.port_choice import GatewayAddress, choose_ports
from local.supervisor import detach, stop, supervisor_of
from shared.adapters.sqlite import SqliteDocuments
from shared.settings import settings

START_TIMEOUT = 180.0
"""Seconds until every process must answer. Loading the models takes most of them."""
STOP_TIMEOUT = 20.0
POLL_SECONDS = 0.05
UPLOAD_HEADERS = ["Content-Type", "Content-Range", "Location", "Range", "x-goog-resumable"]
"""Headers that web pages send and see while they upload."""
LEAST_FREE_BYTES = 2**20
"""Free space on the disk without which nothing can be started."""

OnWait = Callable[[Sequence[str]], None]
"""Called again and again with the names of the processes that do not answer yet."""


def ignore(waiting: Sequence[str]) -> None:
    pass


def up(home: Layout, wanted: GatewayAddress | None = None, on_wait: OnWait = ignore) -> bool:
    """Starts the cloud and returns once every process answers. Returns False if it was up.

    Raises NotUp as soon as it is clear that a process will not answer. What was started is stopped
    then.
    """
    wanted = wanted or GatewayAddress()
    prepare_folder(home)
    with starting(home):
        is_new = supervisor_of(home) is None
        if is_new:
            choose_ports(home, wanted)
            detach(home)
        else:
            refuse_other_address(home.ports(), wanted)
    try:
        if home.ready.exists():
            check_running(home)
        else:
            make_ready(home, on_wait)
    except BaseException:
        if is_new:
            down(home)
        raise
    return is_new


def prepare_folder(home: Layout) -> None:
    """Makes the cloud's folder. Raises NotUp or OSError if it cannot be used."""
    folder = home.folder
    if folder.exists() and not folder.is_dir():
        raise NotUp(f"{folder} is a file; DROPSCRIBE_HOME must be a folder")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotUp(f"nothing can be written in {folder}, where the cloud stores its data")
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise NotUp(f"The disk is full: {folder}")


@contextmanager
def starting(home: Layout) -> Iterator[None]:
    """Keeps another `up` waiting in its own block, so that only one supervisor is started."""
    with home.start_lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def refuse_other_address(ports: Ports, wanted: GatewayAddress) -> None:
    """Raises NotUp if the gateway listens elsewhere than wanted."""
    host = ports.gateway_host
    port = ports.ports["gateway"]
    is_other_port = wanted.port not in (None, port)
    is_other_host = wanted.host not in (None, host)
    if is_other_port or is_other_host:
        here = f"{host}:{port}"
        raise NotUp(f"the cloud is up, with its API at {here}: run `dropscribe down` before")


def check_running(home: Layout) -> None:
    """Waits until the processes of a cloud that was up already answer. Raises NotUp.

    A busy model answers no request, not even a health check, but its port is open.
    """
    well = (Answer.OURS, Answer.BUSY)
    with make_client() as client:
        checks = HealthChecks(home, client)
        wait_for(home, PROCESSES, lambda name: checks.answer(name) in well)


def make_ready(home: Layout, on_wait: OnWait = ignore) -> None:
    """Waits for the processes of a cloud that was just started, makes what they need, and restarts
    unfinished jobs. Raises NotUp."""
    ports = home.ports()
    with make_client() as client:
        checks = HealthChecks(home, client)

        def is_well(name: str) -> bool:
            return checks.answer(name) is Answer.OURS

        wait_for(home, ["storage"], is_well, on_wait)
        make_buckets(client, ports)
        wait_for(home, [*PROCESSES, EXECUTIONS], is_well, on_wait)
        SqliteDocuments(home.jobs).drop_expired()
        ensure_first_key(home)
        reconcile(client, ports)
    home.ready.touch()


def wait_for(
    home: Layout, names: Sequence[str], is_ready: Callable[[str], bool], on_wait: OnWait = ignore
) -> None:
    """Waits until these processes are ready. Raises NotUp if one never will be, and after
    START_TIMEOUT."""
    deadline = time.monotonic() + START_TIMEOUT
    waiting = list(names)
    while waiting := [name for name in waiting if not is_ready(name)]:
        refuse_ended(home, waiting)
        if time.monotonic() > deadline:
            raise NotUp(describe_silent(home, waiting))
        on_wait(waiting)
        time.sleep(POLL_SECONDS)


def refuse_ended(home: Layout, waiting: Sequence[str]) -> None:
    """Raises NotUp if the supervisor has ended, or one of these processes ended again and again."""
    if supervisor_of(home) is None:
        line = last_line(home.log("supervisor"))
        raise NotUp(f"the cloud was stopped while it started; its supervisor's last line: {line}")
    deaths = read_deaths(home)
    for name in waiting:
        times = deaths.get(name, 0)
        if times >= MOST_DEATHS:
            line = last_line(home.log(name))
            raise NotUp(f"{name} was started {times} times and ended each time: {line}")


def read_deaths(home: Layout) -> dict[str, int]:
    """Returns how many times in a row processes ended."""
    if not home.deaths.exists():
        return {}
    deaths: dict[str, int] = json.loads(home.deaths.read_text())
    return deaths


def describe_silent(home: Layout, names: Sequence[str]) -> str:
    """Returns a message with the last log line of each process that does not answer."""
    reports = []
    for name in names:
        log = home.log("workflows" if name == EXECUTIONS else name)
        reports.append(f"{name}: {last_line(log)}")
    return "does not answer: " + "; ".join(reports)


def make_buckets(client: httpx.Client, ports: Ports) -> None:
    buckets = settings().buckets
    retention_days = {
        INBOX: None,
        OUTBOX: buckets.keep_answer_days,
        WORK: buckets.keep_work_days,
    }
    for bucket, days in retention_days.items():
        make_bucket(client, ports, bucket, days)


def make_bucket(client: httpx.Client, ports: Ports, name: str, retention_days: int | None) -> None:
    """Makes or updates a bucket whose objects are deleted after so many days, or never.

    Raises NotUp.
    """
    rules = []
    if retention_days is not None:
        rule = {"action": {"type": "Delete"}, "condition": {"age": retention_days}}
        rules.append(rule)
    bucket = {"name": name, "lifecycle": {"rule": rules}, "cors": cors_rules(name)}
    buckets = f"{ports.url('storage')}/storage/v1/b"
    try:
        response = client.post(f"{buckets}?project=dropscribe-local", json=bucket, timeout=10)
        if response.status_code == HTTPStatus.CONFLICT:
            response = client.patch(f"{buckets}/{name}", json=bucket, timeout=10)
    except httpx.TransportError as error:
        raise NotUp(f"bucket {name} could not be made: {error}") from error
    if response.is_error:
        raise NotUp(f"bucket {name} could not be made: {error_message(response)}")


def cors_rules(bucket: str) -> list[dict[str, list[str]]]:
    """Returns which web pages may use a bucket, as terraform/buckets.tf allows it on Google."""
    origins = list(settings().gateway.cors_origins)
    if not origins or bucket == WORK:
        return []
    methods = ["GET", "POST", "PUT"] if bucket == INBOX else ["GET"]
    return [{"origin": origins, "method": methods, "responseHeader": UPLOAD_HEADERS}]


def error_message(response: httpx.Response) -> str:
    """Returns the message in an error response of the storage emulator."""
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def reconcile(client: httpx.Client, ports: Ports) -> None:
    """Restarts the jobs that have no answer. The runner resumes its own executions by itself."""
    url = ports.url("reconcile")
    body = {"unanswered_after": 0}
    try:
        response = client.post(url, json=body, timeout=60)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp(f"reconcile: {error}") from error


def down(home: Layout) -> bool:
    """Stops every process. Returns False if the cloud was not up. Raises NotDown."""

    def wait_until(condition: Callable[[], bool]) -> bool:
        return wait(condition, STOP_TIMEOUT)

    return stop(home, wait_until)


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Polls until the condition is true. Returns False if it is not true after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
