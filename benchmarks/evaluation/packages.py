"""Debian packages that hold real voices and music, fetched and unpacked without root and without
installing them.

- asterisk-core-sounds-{en,es}-g722, texts without -g722: Allison Smith, CC-BY-SA-3.0
- asterisk-core-sounds-fr-g722, texts without -g722: June Wallack, CC-BY-SA-3.0
- asterisk-core-sounds-it-g722, texts without -g722: Carlo Flora, CC-BY-3.0
- asterisk-core-sounds-ru-g722, texts without -g722: ivrvoice.ru, published by Maxim, CC-BY-3.0
- asterisk-prompt-it-menardi-wav: Paola Dal Zot, CC-BY-SA-3.0 Italy
- asterisk-prompt-es-co: July E. Jiménez, GPL-2
- asterisk-prompt-fr-armelle: Armelle Desjardins, BSD-3-Clause
- fillets-ng-data (dialogues, music), fillets-ng-data-{cs,nl} (voices): two actors a language, GPL-2
- ktuberling-data: a speaker of each language, GPL-2+
- pocketsphinx-testdata: a reader of LibriVox, BSD-2-Clause, the reading in the public domain

Nothing of them is kept in this repository, nor is anything that is composed of them.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

CACHE = Path.home() / ".cache" / "dropscribe" / "evaluation"
LANGUAGES = ("en", "es", "fr", "it", "ru")
"""Of asterisk's core sounds."""
PACKAGES = (
    *(f"asterisk-core-sounds-{language}" for language in LANGUAGES),
    *(f"asterisk-core-sounds-{language}-g722" for language in LANGUAGES),
    "asterisk-prompt-it-menardi-wav",
    "asterisk-prompt-es-co",
    "asterisk-prompt-fr-armelle",
    "fillets-ng-data",
    "fillets-ng-data-cs",
    "fillets-ng-data-nl",
    "ktuberling-data",
    "pocketsphinx-testdata",
)
DOWNLOAD_TIMEOUT = 600.0
"""Seconds for all of them, 170 MB."""
UNPACK_TIMEOUT = 60.0


class PackagesMissing(Exception):
    """The voices cannot be had on this machine; says why."""


def unpacked(cache: Path = CACHE) -> Path:
    """The folder in which every package is unpacked under its own name; fetches those that are not
    there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    lacking = [package for package in PACKAGES if not (cache / package).exists()]
    if lacking:
        check_tools()
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
            for package, archive in zip(lacking, downloaded(lacking, Path(folder)), strict=True):
                unpack(archive, cache / package)
    return cache


def check_tools() -> None:
    lacking = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if lacking:
        raise PackagesMissing(
            f"the voices come from Debian packages; not on this machine: {', '.join(lacking)}"
        )


def downloaded(packages: Sequence[str], folder: Path) -> Iterator[Path]:
    """The packages' archives, in order."""
    run(["apt-get", "download", "--quiet", *packages], folder, DOWNLOAD_TIMEOUT)
    for package in packages:
        archives = folder.glob(f"{package}_*.deb")
        yield next(archives)


def unpack(archive: Path, folder: Path) -> None:
    """`folder` appears once it is whole."""
    begun = archive.with_suffix(".unpacking")
    command = ["dpkg-deb", "--extract", str(archive), str(begun)]
    run(command, archive.parent, UNPACK_TIMEOUT)
    begun.rename(folder)


def run(command: Sequence[str], folder: Path, timeout: float) -> None:
    try:
        subprocess.run(
            command, cwd=folder, timeout=timeout, check=True, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise PackagesMissing(
            f"{' '.join(command[:2])} has not ended within {timeout:.0f} s"
        ) from error
    except subprocess.CalledProcessError as error:
        told = (
            " ".join(line for line in error.stderr.splitlines() if line.startswith("E:"))
            or error.stderr.strip()
        )
        raise PackagesMissing(
            f"{' '.join(command[:2])}: {told} (is there a fresh `apt-get update`?)"
        ) from error
