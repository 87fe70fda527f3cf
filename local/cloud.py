"""Bringing the one-machine cloud up and down."""

import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.request import urlopen

import httpx

from local.layout import EXECUTIONS, INBOX, OUTBOX, PROCESSES, WORK, Layout, Ports
from local.supervisor import detach, stop, supervisor_of
from shared.adapters.sqlite import SqliteDocuments
from shared.settings import settings

READY = 180.0
"""Seconds until every part must answer: loading the models takes most of them."""
DOWN = 20.0


class NotUp(Exception):
    """The cloud did not come up; the message says which part and what it last said."""


def up(home: Layout) -> bool:
    """Start it and return when every part answers. False when it was up already."""
    if supervisor_of(home) is not None:
        ports = home.ports()
        until_all(
            home, lambda part: listens(ports, part)
        )  # a busy model answers no question, not even after its health
        return False
    detach(home)
    get_ready(home)
    return True


def get_ready(home: Layout) -> None:
    """Wait for every part of a cloud that has just been started, and take up what was left."""
    ports = home.ports()
    if not wait(lambda: answers(ports, "bucket"), READY):
        raise NotUp(complaint(home, ["bucket"]))
    keep = {INBOX: None, OUTBOX: settings().keep_answer_days, WORK: settings().keep_work_days}
    for bucket, days in keep.items():
        make_bucket(ports, bucket, days)
    until_all(home, lambda part: answers(ports, part))
    if not wait(lambda: listens(ports, EXECUTIONS), READY):
        raise NotUp(complaint(home, ["runner"]))
    SqliteDocuments(home.jobs).drop_expired()
    reconcile(ports)


def reconcile(ports: Ports) -> None:
    """Start again at once what is without an answer. The runner itself takes up what it was at work
    on."""
    try:
        httpx.post(
            ports.url("reconcile"), json={"unanswered_after": 0}, timeout=60
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp(f"reconcile: {error}") from error


def make_bucket(ports: Ports, name: str, days: int | None) -> None:
    """With the rule that deletes what is older than that. A bucket that is there from last time
    gets the rule anew."""
    rules = [] if days is None else [{"action": {"type": "Delete"}, "condition": {"age": days}}]
    bucket = {"name": name, "lifecycle": {"rule": rules}}
    try:
        made = httpx.post(
            f"{ports.url('bucket')}/storage/v1/b?project=dropscribe-local", json=bucket, timeout=10
        )
        if made.status_code == HTTPStatus.CONFLICT:
            made = httpx.patch(
                f"{ports.url('bucket')}/storage/v1/b/{name}", json=bucket, timeout=10
            )
    except httpx.TransportError as error:
        raise NotUp(f"bucket {name} could not be made: {error}") from error
    if made.is_error:
        raise NotUp(f"bucket {name} could not be made: {reason(made)}")


def reason(answer: httpx.Response) -> str:
    """The bucket server's own words, such as that the disk is full."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


def until_all(home: Layout, holds: Callable[[str], bool]) -> None:
    if not wait(lambda: all(map(holds, PROCESSES)), READY):
        raise NotUp(complaint(home, [part for part in PROCESSES if not holds(part)]))


def down(home: Layout) -> bool:
    """End every part. False when none was running."""
    return stop(home, lambda condition: wait(condition, DOWN))


def answers(ports: Ports, part: str) -> bool:
    try:
        with urlopen(f"{ports.url(part)}/health", timeout=2):
            return True
    except OSError:
        return False


def listens(ports: Ports, part: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", ports.ports[part]), timeout=2):
            return True
    except OSError:
        return False


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Look until it holds; False when it never did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def complaint(home: Layout, silent: list[str]) -> str:
    """What the silent parts last said."""
    last = [f"{part}: {last_line(home, part)}" for part in silent]
    return "does not answer: " + "; ".join(last)


def last_line(home: Layout, part: str) -> str:
    log = home.log(part)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1][:300] if lines else "said nothing"
