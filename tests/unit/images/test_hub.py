"""Models downloaded into an image come from the pinned revision only."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest

NAME = "someone/model"
OLD, NEW = "a" * 40, "b" * 40
"""Two commits of the model; the hub's main is the new one."""


class Hub(BaseHTTPRequestHandler):
    """One model, of one file that says which commit it is."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        path = unquote(self.path.partition("?")[0])
        commit = OLD if OLD in path else NEW
        content = commit.encode()
        if path.startswith("/api/models/"):
            content = json.dumps(
                {"id": NAME, "sha": commit, "siblings": [{"rfilename": "weights"}]}
            ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.end_headers()
        return content

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def bake(models: Path, hub: str, *pinned: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DROPSCRIBE_MODELS": str(models),
        "HF_ENDPOINT": hub,
        "HF_HUB_OFFLINE": "0",
    }
    command = (sys.executable, "-m", "images.hub", *pinned)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def found_offline(models: Path) -> str:
    """What a function finds that asks for the model by its name and may not ask the hub."""
    program = "import sys, huggingface_hub; print(huggingface_hub.snapshot_download(sys.argv[1]))"
    environment = {**os.environ, "HF_HUB_CACHE": str(models), "HF_HUB_OFFLINE": "1"}
    command = (sys.executable, "-c", program, NAME)
    folder = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, timeout=60
    ).stdout
    return (Path(folder.strip()) / "weights").read_text()


@pytest.mark.parametrize("revision", [OLD, NEW])
def test_the_name_means_the_pinned_revision(tmp_path: Path, hub: str, revision: str) -> None:
    done = bake(tmp_path, hub, f"{NAME}@{revision}")
    assert done.returncode == 0, done.stderr
    assert found_offline(tmp_path) == revision


@pytest.mark.parametrize("pinned", [NAME, f"{NAME}@main", f"{NAME}@{OLD[:7]}"])
def test_what_is_not_pinned_is_refused(tmp_path: Path, hub: str, pinned: str) -> None:
    done = bake(tmp_path, hub, pinned)
    assert done.returncode != 0 and "not pinned" in done.stderr
    assert list(tmp_path.iterdir()) == []
