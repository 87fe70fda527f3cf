"""Keeps the parts of the one-machine cloud running: `python -m local.supervisor`, started by
`dropscribe up`.

It holds a lock on its layout, starts each part again when it dies, and ends them all when it is
told to end. When it is killed itself, the kernel kills its children
(`shared.process.die_with_parent`).
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn, TextIO

from local.layout import ROOT, Layout, layout
from local.processes import Process, processes
from shared.runtime.process import die_with_parent

PATIENCE = 10.0
"""Seconds a part may take to end before it is killed."""
LONGEST_PAUSE = 5.0
"""Seconds between two starts of a part that keeps dying."""


@dataclass
class Running:
    """A part and its current process."""

    part: Process
    layout: Layout
    process: subprocess.Popen[bytes] = field(init=False)
    started: float = field(init=False)
    pause: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        log = self.layout.log(self.part.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        self.clear()
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.part.command,
                env={**os.environ, **self.part.environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent,  # safe: this process has one thread
            )
        self.started = time.monotonic()

    def clear(self) -> None:
        """Libraries leave temporary files when their process is killed, too."""
        temp = self.layout.temp(self.part.name)
        temp.mkdir(parents=True, exist_ok=True)
        for left in temp.iterdir():
            if left.is_dir():
                shutil.rmtree(
                    left, ignore_errors=True
                )  # a worker that is just ending may be at it, too
            else:
                left.unlink(missing_ok=True)

    def revive(self) -> None:
        """Start it again if it died; more and more slowly if it dies at once each time."""
        if self.process.poll() is None or time.monotonic() < self.started + self.pause:
            return
        lived = time.monotonic() - self.started
        self.pause = 0.0 if lived > LONGEST_PAUSE else min(LONGEST_PAUSE, max(0.2, self.pause * 2))
        warn("part died; starting it again", part=self.part.name, code=self.process.returncode)
        self.start()


def supervise(layout: Layout, parts: Sequence[Process]) -> None:
    """Keep the parts running until SIGTERM or SIGINT."""
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ending.append(received))
    running = [Running(part, layout) for part in parts]
    while not ending:
        time.sleep(0.1)
        for each in running:
            each.revive()
    end(running)


def end(running: list[Running]) -> None:
    """All at once; the runner's executions and the buckets' events go on at the next start."""
    for each in running:
        each.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for each in running:
        try:
            each.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            warn("part did not end; killing it", part=each.part.name)
            each.process.kill()
            each.process.wait()
        each.clear()


def locked(layout: Layout) -> TextIO:
    """Take the home for this process; raise BlockingIOError when another supervisor has it."""
    layout.folder.mkdir(parents=True, exist_ok=True)
    lock = layout.lock.open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def supervisor_of(layout: Layout) -> int | None:
    """The process id of the supervisor that runs on this layout."""
    if not layout.lock.exists():
        return None
    with layout.lock.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0) or None
    return None


def detach(layout: Layout) -> None:
    """Start a supervisor that outlives this process."""
    log = layout.log("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        subprocess.Popen(
            (sys.executable, "-m", "local.supervisor"),
            env={**os.environ, "DROPSCRIBE_HOME": str(layout.folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def stop(layout: Layout, wait: Callable[[Callable[[], bool]], bool]) -> bool:
    """Tell the supervisor to end and wait for it. False when none was running."""
    pid = supervisor_of(layout)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    wait(lambda: supervisor_of(layout) is None)
    return True


def warn(message: str, **fields: object) -> None:
    with suppress(OSError):  # a full disk takes the line, not what it tells of
        sys.stderr.write(json.dumps({"severity": "WARNING", "message": message, **fields}) + "\n")


def main(parts_of: Callable[[Layout], Sequence[Process]] = processes) -> NoReturn:
    here = layout()
    try:
        lock = locked(here)
    except BlockingIOError:
        warn("another supervisor has this home")
        sys.exit(0)
    with lock:
        supervise(here, parts_of(here))
    sys.exit(0)


if __name__ == "__main__":
    main()
