"""Node's client works by default, by its endpoint and by STORAGE_EMULATOR_HOST alike.

`make clients` installs it.
"""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.tests.server import BucketServer
from tests.clients.conftest import new_bucket
from tests.suites import ROOT

SCRIPT = Path(__file__).parent / "node" / "client.cjs"
MODULES = ROOT / "build" / "clients" / "node_modules"
SIZE = 600_000
TIMEOUT = 120
"""Seconds."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@google-cloud" / "storage").exists(),
    reason="Node's @google-cloud/storage is not installed (make clients)",
)


@pytest.fixture(scope="module", params=["STORAGE_EMULATOR_HOST", "apiEndpoint"])
def results(
    request: pytest.FixtureRequest, server: BucketServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Yields what the script printed, which has used the client in every way."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "call.wav").write_bytes(random.Random(1).randbytes(SIZE))
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)}
    command = ["node", str(SCRIPT), new_bucket(server), str(folder)]
    if request.param == "apiEndpoint":
        command.append(server.url)
    else:
        environment["STORAGE_EMULATOR_HOST"] = server.url
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout)


def test_every_way_to_upload_stores_the_whole_file(results: dict[str, Any]) -> None:
    sizes = results["sizes"]
    packed = sizes.pop("packed.wav")
    assert 0 < packed < 1.01 * SIZE
    assert sizes == {
        "default.wav": SIZE,
        "folder/described ü.wav": SIZE,
        "parts.wav": SIZE,
        "saved.txt": 5,
        "simple.wav": SIZE,
        "streamed.bin": 600_000,
    }


def test_downloads_return_what_was_uploaded(results: dict[str, Any]) -> None:
    expected = {"same": True, "unpackedSame": True, "range": True, "streamed": 600_000}
    assert results["downloads"] == expected


def test_an_object_exists_once_it_is_uploaded(results: dict[str, Any]) -> None:
    assert results["exists"] == [True, False, True]


def test_metadata_is_read_and_changed(results: dict[str, Any]) -> None:
    assert results["metadata"] == ["audio/wav", {"language": "de"}]
    assert results["changed"] == {"language": "de", "speakers": "2"}


def test_a_listing_has_pages(results: dict[str, Any]) -> None:
    assert results["page"] == [["saved.txt", "simple.wav"], True]


def test_objects_are_copied_moved_joined_and_deleted(results: dict[str, Any]) -> None:
    assert results["combined"] == "hellohello"
    assert results["left"] == []


def test_refusals_have_google_s_status(results: dict[str, Any]) -> None:
    assert results["refused"] == [412, 412, 412, 404, 404]
