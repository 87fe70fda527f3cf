"""A process of the one-machine cloud as its supervisor sees it."""

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field

from local.layout import ROOT, Layout
from local.log_file import LogFile
from local.processes import Process
from shared.runtime.process import die_with_parent

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two starts of a process that keeps ending."""
MOST_DEATHS = 3
"""Times that a process may end before the cloud is up. After that it is not started again."""
PIPE_BYTES = 2**16
"""Bytes of output that are read at once."""


@dataclass
class ChildProcess:
    """A process of the cloud, its current child process and its log."""

    process: Process
    layout: Layout
    child: subprocess.Popen[bytes] = field(init=False)
    started: float = field(init=False)
    pause: float = 0.0
    deaths: int = 0
    """Times that it ended in a row: before the cloud was up, or soon after its start."""
    is_given_up: bool = False
    log: LogFile = field(init=False)
    output: int = field(init=False)
    """File descriptor from which the child's output is read."""
    output_end: int = field(init=False)
    """File descriptor to which the child writes. It stays open from one child to the next."""

    def __post_init__(self) -> None:
        self.log = LogFile(self.layout.log(self.process.name))
        self.output, self.output_end = os.pipe()
        os.set_blocking(self.output, False)
        self.start()

    def start(self) -> None:
        self.clear_temp()
        self.child = subprocess.Popen(
            self.process.command,
            env={**os.environ, **self.process.environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self.output_end,
            stderr=self.output_end,
            preexec_fn=die_with_parent,  # safe: the supervisor has one thread
        )
        self.started = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.child.poll() is None

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

    def copy_output(self) -> bool:
        """Writes output of the child to the log. Returns False if there was none."""
        try:
            output = os.read(self.output, PIPE_BYTES)
        except BlockingIOError:
            return False
        with suppress(OSError):  # a full disk may lose lines, but not stop the supervisor
            self.log.write(output)
        return True

    def copy_last_output(self) -> None:
        """Writes all output of a child that has ended."""
        while self.copy_output():
            pass
        with suppress(OSError):
            self.log.end_line()

    def close(self) -> None:
        os.close(self.output)
        os.close(self.output_end)
        self.log.close()

    def note_end(self, is_up: bool) -> bool:
        """Returns True if the child has ended, and the pause since its start is over.

        The pauses of a child that ends soon each time grow. While the cloud is not up, it is given
        up when it has ended MOST_DEATHS times.
        """
        now = time.monotonic()
        age = now - self.started
        if self.is_running:
            if is_up and age > LONGEST_PAUSE:
                self.deaths = 0
                self.pause = 0.0
            return False
        if self.is_given_up or age < self.pause:
            return False
        self.copy_last_output()
        self.deaths += 1
        self.is_given_up = self.deaths >= MOST_DEATHS and not is_up
        longer = max(SHORTEST_PAUSE, self.pause * 2)
        self.pause = min(LONGEST_PAUSE, longer)
        return True
