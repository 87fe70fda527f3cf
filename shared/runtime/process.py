"""The life of a process: its parent, its forks and its end."""

import ctypes
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from shared.model.errors import Stopping
from shared.runtime.spans import start_seconds
from shared.runtime.workdir import clear_abandoned

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""onnxruntime reads it when it is imported, which is after this; otherwise it sends telemetry."""
PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def die_with_parent(signal_number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends. Linux only.

    Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def in_each_worker(prepare: Callable[[], object]) -> None:
    """Run `prepare` in each worker that gunicorn forks, before it takes requests.

    A model made before the fork hangs the worker's exit for half a minute; one made at the first
    request makes that request wait. A worker also ends with its master, even when that is killed,
    and deletes what the worker before it left on disk. Workers prepare one after another, so that
    the first one takes requests as early as if it were the only one.
    """
    lock = os.memfd_create("worker start")

    def after_fork() -> None:
        die_with_parent()
        clear_abandoned()
        with one_process_at_a_time(lock):
            began = time.monotonic()
            prepare()
            start_seconds[:] = [time.monotonic() - began]

    os.register_at_fork(after_in_child=after_fork)


@contextmanager
def one_process_at_a_time(lock: int) -> Iterator[None]:
    """Keeps other processes that have the same file out of the block, also if one is killed in it.

    `lock` is a file descriptor that was opened before the fork.
    """
    fcntl.lockf(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(lock, fcntl.LOCK_UN)


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Has SIGTERM raise Stopping in the block, so that its lease is released at once.

    gunicorn alone would wait half a minute for the request, and Cloud Run kills after ten seconds.
    A signal reaches the main thread only, which is where a worker with one thread handles requests,
    and not before a call into a library returns. In other threads this does nothing.
    """
    previous = signal.getsignal(signal.SIGTERM)
    is_main_thread = threading.current_thread() is threading.main_thread()
    if not is_main_thread or not callable(previous):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        previous(number, frame)
        raise Stopping("another instance will go on")

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
