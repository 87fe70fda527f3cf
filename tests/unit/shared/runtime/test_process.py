"""Workers of a function prepare one after another, also if one of them is killed meanwhile."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from shared.runtime.process import one_process_at_a_time

WORKERS = """
import os
from shared.runtime.process import in_each_worker

events, report = os.pipe()
permits, permit = os.pipe()

def prepare():
    os.write(report, b"<")
    os.read(permits, 1)
    os.write(report, b">")

in_each_worker(prepare)
for _ in range(4):
    if os.fork() == 0:
        os._exit(0)
order = b""
while len(order) < 8:
    event = os.read(events, 1)
    order += event
    if event == b"<":
        os.write(permit, b".")
print(order.decode())
"""
"""Forks four workers. Each reports the beginning and the end of its preparation."""


def test_workers_prepare_one_after_another() -> None:
    done = subprocess.run(
        (sys.executable, "-c", WORKERS), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "<><><><>"


def test_a_process_that_is_killed_keeps_no_other_waiting() -> None:
    lock = os.memfd_create("test")
    events, report = os.pipe()
    child = os.fork()
    if child == 0:
        with one_process_at_a_time(lock):
            os.write(report, b"<")
            signal.pause()
    assert os.read(events, 1) == b"<"
    with pytest.raises(BlockingIOError):
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with one_process_at_a_time(lock):
        pass
    for descriptor in (lock, events, report):
        os.close(descriptor)
