"""What a process does about its parent and its forks."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from shared.model.errors import Stopping
from shared.runtime.workdir import clear_abandoned

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Read when onnxruntime is imported, which is after this; else it reports home."""
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def die_with_parent(of: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel for that signal when the parent ends. Linux only, as are our images and our
    local cloud."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, of) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def in_each_worker(prepare: Callable[[], object]) -> None:
    """Run `prepare` in each worker that gunicorn forks, before it takes requests.

    A model made before the fork hangs the worker's exit for half a minute; one made at the first
    request makes that request wait. A worker also ends with its master, even when that is killed,
    and clears up after the one before it.
    """

    def after_fork() -> None:
        die_with_parent()
        clear_abandoned()
        prepare()

    os.register_at_fork(after_in_child=after_fork)


@contextmanager
def stoppable() -> Iterator[None]:
    """While the block runs, SIGTERM also raises Stopping in it, so that what is held is given back
    at once.

    gunicorn alone would wait half a minute for the request, and Cloud Run kills after ten seconds.
    A signal reaches the main thread only, in which a worker with one thread answers, and not before
    a call into a library returns.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        before(number, frame)
        raise Stopping("another instance will go on")

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
