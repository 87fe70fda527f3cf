"""Runs a function's image: `python -m local.container IMAGE NAME FOLDER VARIABLE…`.

The container runs without root and without capabilities, on a read-only file system except for
/tmp and the job store's FOLDER. It shares this machine's network, because the other processes
listen on 127.0.0.1 only. It ends with this process, and this process ends with its parent. A
container that survives a SIGKILL of both is removed at the next start.
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
"""User id in the images. Containers run as it where root starts them."""
GRACE = 8
"""Seconds from SIGTERM to SIGKILL. The supervisor waits for 10."""


def engine() -> tuple[str, ...]:
    """Returns the command that runs containers: DROPSCRIBE_ENGINE, podman or docker."""
    named = os.environ.get("DROPSCRIBE_ENGINE") or shutil.which("podman") or "docker"
    return tuple(shlex.split(named))


def run(image: str, name: str, folder: Path | None, variables: Sequence[str]) -> tuple[str, ...]:
    """Returns the command that runs an image.

    `variables` are names. The container gets their values from the command's own environment.
    """
    options = ["--rm", f"--name={name}", "--network=host", "--log-driver=none"]
    options += ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    options += ["--security-opt=no-new-privileges"]
    user = os.getuid() or NOBODY
    group = os.getgid() or NOBODY
    options.append(f"--user={user}:{group}")
    if folder is not None:
        options.append(f"--volume={folder}:{folder}")
    options += [f"--env={variable}" for variable in variables]
    return (*engine(), "run", *options, image)


def hand_over(folder: Path) -> None:
    """Makes the folder. As root, also makes the database, and gives it to the container's user."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        (folder / "jobs.sqlite").touch()
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)


def remove(name: str) -> None:
    run_silently("rm", "--force", name)


def stop(name: str) -> None:
    grace = str(GRACE)
    run_silently("stop", "-t", grace, name)


def run_silently(*arguments: str) -> None:
    silent = subprocess.DEVNULL
    command = (*engine(), *arguments)
    subprocess.run(command, stdout=silent, stderr=silent)


def end(received: int, frame: object) -> NoReturn:
    sys.exit(0)


def main() -> None:
    """Runs the container until it ends, and removes it."""
    image, name, folder_name, *variables = sys.argv[1:]
    folder = Path(folder_name)
    signal.signal(signal.SIGTERM, end)
    die_with_parent(signal.SIGTERM)  # SIGKILL would leave the container behind
    hand_over(folder)
    remove(name)
    command = run(image, name, folder, variables)
    container = subprocess.Popen(command)
    try:
        sys.exit(container.wait())
    finally:
        stop(name)


if __name__ == "__main__":
    main()
