"""Keeps the processes of the one-machine cloud running: `python -m local.supervisor`.

`dropscribe up` starts it. It locks the cloud's folder, restarts processes that end, and stops all
of them on SIGTERM. When it is killed itself, the kernel kills its children
(`shared.runtime.process.die_with_parent`).
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

STOP_TIMEOUT = 10.0
"""Seconds that a process may take to end before it is killed."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two starts of a process that keeps ending."""


@dataclass
class Running:
    """A process of the cloud, and its current child process."""

    process: Process
    layout: Layout
    child: subprocess.Popen[bytes] = field(init=False)
    started: float = field(init=False)
    pause: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        log = self.layout.log(self.process.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        self.clear_temp()
        with log.open("ab") as out:
            self.child = subprocess.Popen(
                self.process.command,
                env={**os.environ, **self.process.environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent,  # safe: this process has one thread
            )
        self.started = time.monotonic()

    def clear_temp(self) -> None:
        """Deletes temporary files, which libraries leave when their process is killed."""
        temp = self.layout.temp(self.process.name)
        temp.mkdir(parents=True, exist_ok=True)
        for path in temp.iterdir():
            if path.is_dir():
                # A worker that is just ending may delete it at the same time.
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def restart_if_ended(self) -> None:
        """Restarts the child if it ended, with growing pauses if it ends soon each time."""
        age = time.monotonic() - self.started
        if self.child.poll() is None or age < self.pause:
            return
        if age > LONGEST_PAUSE:
            self.pause = 0.0
        else:
            longer = max(SHORTEST_PAUSE, self.pause * 2)
            self.pause = min(LONGEST_PAUSE, longer)
        code = self.child.returncode
        warn("process ended; restarting it", process=self.process.name, code=code)
        self.start()


def supervise(home: Layout, processes: Sequence[Process]) -> None:
    """Keeps the processes running until SIGTERM or SIGINT."""
    received: list[int] = []

    def record(number: int, frame: object) -> None:
        received.append(number)

    signal.signal(signal.SIGTERM, record)
    signal.signal(signal.SIGINT, record)
    running = [Running(process, home) for process in processes]
    while not received:
        time.sleep(0.1)
        for each in running:
            each.restart_if_ended()
    stop_all(running)


def stop_all(running: Sequence[Running]) -> None:
    """Stops all processes at once. Executions and events resume at the next start."""
    for each in running:
        each.child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for each in running:
        seconds_left = max(0.0, deadline - time.monotonic())
        try:
            each.child.wait(seconds_left)
        except subprocess.TimeoutExpired:
            warn("process did not end; killing it", process=each.process.name)
            each.child.kill()
            each.child.wait()
        each.clear_temp()


def lock_home(home: Layout) -> TextIO:
    """Locks the folder and returns the lock file. Raises BlockingIOError if it is locked."""
    home.folder.mkdir(parents=True, exist_ok=True)
    lock = home.lock.open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.truncate(0)
    pid = os.getpid()
    lock.write(str(pid))
    lock.flush()
    return lock


def supervisor_of(home: Layout) -> int | None:
    """Returns the process id of the supervisor that has locked this folder, or None."""
    if not home.lock.exists():
        return None
    with home.lock.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0) or None
    return None


def detach(home: Layout) -> None:
    """Starts a supervisor that outlives this process."""
    log = home.log("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        subprocess.Popen(
            (sys.executable, "-m", "local.supervisor"),
            env={**os.environ, "DROPSCRIBE_HOME": str(home.folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def stop(home: Layout, wait: Callable[[Callable[[], bool]], bool]) -> bool:
    """Stops the supervisor and waits until it has ended. Returns False if none was running."""
    pid = supervisor_of(home)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    wait(lambda: supervisor_of(home) is None)
    return True


def warn(message: str, **fields: object) -> None:
    """Writes a warning to stderr as JSON."""
    entry = {"severity": "WARNING", "message": message, **fields}
    line = json.dumps(entry)
    with suppress(OSError):  # a full disk may lose the line, but not stop the supervisor
        sys.stderr.write(line + "\n")


def main(processes_of: Callable[[Layout], Sequence[Process]] = processes) -> NoReturn:
    home = layout()
    try:
        lock = lock_home(home)
    except BlockingIOError:
        warn("another supervisor has locked this folder")
        sys.exit(0)
    with lock:
        supervise(home, processes_of(home))
    sys.exit(0)


if __name__ == "__main__":
    main()
