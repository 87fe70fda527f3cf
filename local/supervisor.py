"""Keeps the processes of the one-machine cloud running: `python -m local.supervisor`.

`dropscribe up` starts it. It locks the cloud's folder, writes what the processes print to their
logs, restarts processes that end, and stops all of them on SIGTERM. When it is killed itself, the
kernel kills its children (`shared.runtime.process.die_with_parent`).
"""

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn, TextIO

from local.child_process import ChildProcess
from local.errors import NotDown, NotUp
from local.layout import ROOT, Layout, layout, write_whole
from local.log_file import LogFile
from local.log_reading import last_line
from local.processes import Process, processes

TICK = 0.1
"""Seconds between two looks at the processes."""
STOP_TIMEOUT = 10.0
"""Seconds that a process may take to end before it is killed."""


class Supervisor:
    """The processes of one cloud, while they run."""

    def __init__(self, home: Layout, processes: Sequence[Process]) -> None:
        self.home = home
        self.log = LogFile(home.log("supervisor"))
        self.recorded: dict[str, int] = {}
        self.children = [ChildProcess(process, home) for process in processes]
        self.outputs = selectors.DefaultSelector()
        for child in self.children:
            self.outputs.register(child.output, selectors.EVENT_READ, child)

    def run_until_stopped(self) -> None:
        """Keeps the processes running until SIGTERM or SIGINT."""
        received: list[int] = []

        def record(number: int, frame: object) -> None:
            received.append(number)

        signal.signal(signal.SIGTERM, record)
        signal.signal(signal.SIGINT, record)
        while not received:
            self.look_once()
        self.stop_all()

    def look_once(self) -> None:
        self.copy_outputs(TICK)
        self.restart_ended()
        self.record_deaths()

    def copy_outputs(self, seconds: float) -> None:
        """Writes what the processes print to their logs. Waits so long for the first output."""
        for key, _ in self.outputs.select(seconds):
            child: ChildProcess = key.data
            child.copy_output()

    def restart_ended(self) -> None:
        is_up = self.home.ready.exists()
        for child in self.children:
            if not child.note_end(is_up):
                continue
            name = child.process.name
            code = child.child.returncode
            if child.is_given_up:
                self.warn("process ended too often; giving it up", process=name, code=code)
                continue
            self.warn("process ended; restarting it", process=name, code=code)
            child.start()

    def record_deaths(self) -> None:
        """Writes down which processes keep ending, for `dropscribe up`."""
        deaths = {child.process.name: child.deaths for child in self.children if child.deaths}
        if deaths == self.recorded:
            return
        with suppress(OSError):  # of a full disk; it is tried again at the next look
            write_whole(self.home.deaths, json.dumps(deaths))
            self.recorded = deaths

    def stop_all(self) -> None:
        """Stops all processes at once. Executions and events resume at the next start."""
        for child in self.children:
            child.child.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        while self.running() and time.monotonic() < deadline:
            self.copy_outputs(TICK)
        for child in self.running():
            name = child.process.name
            self.warn("process did not end; killing it", process=name)
            child.child.kill()
            child.child.wait()
        for child in self.children:
            child.copy_last_output()
            child.clear_temp()

    def close(self) -> None:
        self.outputs.close()
        self.log.close()
        for child in self.children:
            child.close()

    def running(self) -> list[ChildProcess]:
        return [child for child in self.children if child.is_running]

    def warn(self, message: str, **fields: object) -> None:
        """Writes a warning to the supervisor's log as JSON."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": now, "severity": "WARNING", "message": message, **fields}
        line = json.dumps(entry)
        with suppress(OSError):  # a full disk may lose the line, but not stop the supervisor
            self.log.write(f"{line}\n".encode())


def lock_home(home: Layout) -> TextIO:
    """Locks the folder and returns the lock file. Raises BlockingIOError if it is locked."""
    home.folder.mkdir(parents=True, exist_ok=True)
    lock = home.lock.open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    home.ready.unlink(missing_ok=True)
    home.deaths.unlink(missing_ok=True)
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
    """Starts a supervisor that outlives this process, and returns when it has locked the folder.

    Raises NotUp if it ends at once.
    """
    log = home.log("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            (sys.executable, "-m", "local.supervisor"),
            env={**os.environ, "DROPSCRIBE_HOME": str(home.folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_for_lock(home, child)
    except BaseException:
        child.terminate()
        raise


def wait_for_lock(home: Layout, supervisor: subprocess.Popen[bytes]) -> None:
    """Returns when a supervisor has locked the folder. Raises NotUp if the process ends before."""
    while supervisor_of(home) is None:
        if supervisor.poll() is not None:
            raise NotUp(f"the supervisor ended: {last_line(home.log('supervisor'))}")
        time.sleep(TICK)


def stop(home: Layout, wait: Callable[[Callable[[], bool]], bool]) -> bool:
    """Stops the supervisor and waits until it has ended. Returns False if none was running."""
    pid = supervisor_of(home)
    if pid is None:
        return False
    with suppress(ProcessLookupError):  # it may end by itself just now
        os.kill(pid, signal.SIGTERM)
    if not wait(lambda: supervisor_of(home) is None):
        raise NotDown(f"the supervisor (process {pid}) does not end; `kill -9 {pid}` ends it")
    return True


def main(processes_of: Callable[[Layout], Sequence[Process]] = processes) -> NoReturn:
    home = layout()
    try:
        lock = lock_home(home)
    except BlockingIOError:
        sys.exit(0)  # another supervisor was faster
    with lock:
        supervisor = Supervisor(home, processes_of(home))
        supervisor.log.follow_with(sys.stderr)
        supervisor.run_until_stopped()
    sys.exit(0)


if __name__ == "__main__":
    main()
