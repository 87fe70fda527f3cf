"""What a process does about its parent and its forks."""

import ctypes
import os
import signal
from collections.abc import Callable

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Read when onnxruntime is imported, which is after this; else it reports home."""
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def die_with_parent(of: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel for that signal when the parent ends. Linux only, as are our images and our local cloud."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, of) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def in_each_worker(prepare: Callable[[], object]) -> None:
    """Run `prepare` in each worker that gunicorn forks, before it takes requests.

    A model made before the fork hangs the worker's exit for half a minute; one made at the first request makes that
    request wait. A worker also ends with its master, even when that is killed.
    """

    def after_fork() -> None:
        die_with_parent()
        prepare()

    os.register_at_fork(after_in_child=after_fork)
