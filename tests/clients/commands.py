"""Runs a storage client that is a command."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 120
"""Seconds."""


@dataclass(frozen=True)
class Command:
    """A command with the arguments and the environment that point it at the emulator."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    """Where it runs, and where it may keep its configuration."""

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Returns what it printed, and its exit code."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.environment}
        command = [*self.arguments, *arguments]
        return subprocess.run(
            command,
            input=stdin,
            env=environment,
            cwd=self.folder,
            capture_output=True,
            timeout=TIMEOUT,
        )

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Returns what it printed. Fails if it does."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout
