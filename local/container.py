"""A function as a container, from its image: `python -m local.container IMAGE NAME FOLDER
VARIABLE…`.

It runs as nobody, on a file system that it can only read but for /tmp and the job documents'
FOLDER, without capabilities, and in this machine's network, since the cloud's other parts listen on
127.0.0.1 only. It ends with this process, and this process ends with its parent; what a SIGKILL of
both leaves behind is removed at the next start.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from shared.runtime.process import die_with_parent

NOBODY = 65532
"""The user of the images, and whoever runs them where root does."""
GRACE = 8
"""Seconds from SIGTERM to SIGKILL; the supervisor waits for 10."""


def engine() -> tuple[str, ...]:
    """DROPSCRIBE_ENGINE, or podman, or docker: what runs containers, with its own options."""
    named = os.environ.get("DROPSCRIBE_ENGINE") or shutil.which("podman") or "docker"
    return tuple(shlex.split(named))


def run(image: str, name: str, folder: Path | None, variables: Sequence[str]) -> tuple[str, ...]:
    """The command that runs an image. The variables' values are those of the process that the
    command becomes."""
    user = f"{os.getuid() or NOBODY}:{os.getgid() or NOBODY}"
    volume = [] if folder is None else ["--volume", f"{folder}:{folder}"]
    environment = [word for variable in variables for word in ("--env", variable)]
    return (
        *engine(), "run", "--rm", "--name", name, "--network", "host", "--log-driver", "none",
        "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--user", user, *volume, *environment, image,
    )  # fmt: skip


def hand_over(folder: Path) -> None:
    """What root made becomes the container's user's, the database before anybody has opened it
    included."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        (folder / "jobs.sqlite").touch()
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)


def remove(name: str) -> None:
    subprocess.run(
        (*engine(), "rm", "--force", name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def stop(name: str) -> None:
    subprocess.run(
        (*engine(), "stop", "-t", str(GRACE), name),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def end(received: int, frame: object) -> NoReturn:
    sys.exit(0)


def main() -> None:
    image, name, folder, *variables = sys.argv[1:]
    signal.signal(signal.SIGTERM, end)
    die_with_parent(signal.SIGTERM)  # instead of SIGKILL, which would leave the container behind
    hand_over(Path(folder))
    remove(name)
    container = subprocess.Popen(run(image, name, Path(folder), variables))
    try:
        sys.exit(container.wait())
    finally:
        stop(name)


if __name__ == "__main__":
    main()
