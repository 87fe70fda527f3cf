"""Starts and stops the one-machine cloud."""

import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.request import urlopen

import httpx

from local.first_key import ensure_first_key
from local.layout import EXECUTIONS, INBOX, OUTBOX, PROCESSES, WORK, Layout, Ports
from local.supervisor import detach, stop, supervisor_of
from shared.adapters.sqlite import SqliteDocuments
from shared.settings import settings

START_TIMEOUT = 180.0
"""Seconds until every process must answer. Loading the models takes most of them."""
STOP_TIMEOUT = 20.0
POLL_SECONDS = 0.05
HEALTH_PATHS = {"gateway": "/health/live"}
"""Paths of health checks that look at the process alone, where `/health` does more."""
UPLOAD_HEADERS = ["Content-Type", "Content-Range", "Location", "Range", "x-goog-resumable"]
"""Headers that web pages send and see while they upload."""
LOG_LINE_LENGTH = 300
"""Characters of a log line that an error message shows."""


class NotUp(Exception):
    """The cloud did not start. The message names the process and its last log line."""


def up(home: Layout) -> bool:
    """Starts the cloud and returns once every process answers. Returns False if it was up."""
    if supervisor_of(home) is not None:
        ports = home.ports()
        # A busy model answers no request, not even a health check, but its port is open.
        wait_for_processes(home, lambda process: is_listening(ports, process))
        return False
    detach(home)
    make_ready(home)
    return True


def make_ready(home: Layout) -> None:
    """Waits for the processes of a cloud that was just started, and restarts unfinished jobs."""
    ports = home.ports()
    if not wait(lambda: is_healthy(ports, "storage"), START_TIMEOUT):
        raise NotUp(describe_silent(home, ["storage"]))
    buckets = settings().buckets
    retention_days = {
        INBOX: None,
        OUTBOX: buckets.keep_answer_days,
        WORK: buckets.keep_work_days,
    }
    for bucket, days in retention_days.items():
        make_bucket(ports, bucket, days)
    wait_for_processes(home, lambda process: is_healthy(ports, process))
    if not wait(lambda: is_listening(ports, EXECUTIONS), START_TIMEOUT):
        raise NotUp(describe_silent(home, ["workflows"]))
    SqliteDocuments(home.jobs).drop_expired()
    ensure_first_key(home)
    reconcile(ports)


def reconcile(ports: Ports) -> None:
    """Restarts the jobs that have no answer. The runner resumes its own executions by itself."""
    url = ports.url("reconcile")
    body = {"unanswered_after": 0}
    try:
        response = httpx.post(url, json=body, timeout=60)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp(f"reconcile: {error}") from error


def make_bucket(ports: Ports, name: str, retention_days: int | None) -> None:
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
        response = httpx.post(f"{buckets}?project=dropscribe-local", json=bucket, timeout=10)
        if response.status_code == HTTPStatus.CONFLICT:
            response = httpx.patch(f"{buckets}/{name}", json=bucket, timeout=10)
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


def wait_for_processes(home: Layout, is_ready: Callable[[str], bool]) -> None:
    """Waits until every process is ready. Raises NotUp after START_TIMEOUT."""

    def all_are_ready() -> bool:
        return all(map(is_ready, PROCESSES))

    if wait(all_are_ready, START_TIMEOUT):
        return
    silent = [process for process in PROCESSES if not is_ready(process)]
    raise NotUp(describe_silent(home, silent))


def down(home: Layout) -> bool:
    """Stops every process. Returns False if the cloud was not up."""

    def wait_for(condition: Callable[[], bool]) -> bool:
        return wait(condition, STOP_TIMEOUT)

    return stop(home, wait_for)


def is_healthy(ports: Ports, process: str) -> bool:
    try:
        path = HEALTH_PATHS.get(process, "/health")
        with urlopen(f"{ports.url(process)}{path}", timeout=2):
            return True
    except OSError:
        return False


def is_listening(ports: Ports, process: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", ports.ports[process]), timeout=2):
            return True
    except OSError:
        return False


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Polls until the condition is true. Returns False if it is not true after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def describe_silent(home: Layout, processes: list[str]) -> str:
    """Returns a message with the last log line of each process that does not answer."""
    reports = []
    for process in processes:
        line = last_log_line(home, process)
        reports.append(f"{process}: {line}")
    return "does not answer: " + "; ".join(reports)


def last_log_line(home: Layout, process: str) -> str:
    log = home.log(process)
    if not log.exists():
        return "no log"
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1][:LOG_LINE_LENGTH] if lines else "empty log"
