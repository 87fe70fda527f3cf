"""The snippets of docs/clients.md upload a recording and read its answer, as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from emulators.storage.tests.server import BucketServer
from tests.clients.conftest import names_in, new_bucket
from tests.clients.test_node import MODULES
from tests.suites import ROOT

PAGE = (ROOT / "docs" / "clients.md").read_text()
NAME = "team/call.mp3"
TRANSCRIPT = "[0:00:06] Speaker 1: Hello."
ANSWER = {
    "transcript.txt": TRANSCRIPT,
    "transcript.json": f'{{"text": "{TRANSCRIPT}", "words": [{{"word": "hello."}}]}}',
}
TIMEOUT = 120
"""Seconds."""


class Shop:
    """An inbox, an outbox with an answer, and a folder with a recording."""

    def __init__(self, server: BucketServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.inbox = new_bucket(server)
        self.outbox = new_bucket(server)
        (folder / "call.mp3").write_bytes(b"ID3 sound")
        (folder / "recordings").mkdir()
        (folder / "recordings" / "call.mp3").write_bytes(b"ID3 sound")
        for name, text in ANSWER.items():
            self._put(f"{NAME}/{name}", text)

    def _put(self, name: str, text: str) -> None:
        url = f"{self.server.url}/upload/storage/v1/b/{self.outbox}/o"
        query = {"uploadType": "media", "name": name}
        httpx.post(url, params=query, content=text.encode()).raise_for_status()

    def run(self, command: list[str], extra: Mapping[str, str]) -> str:
        """Runs a command as in a shell that has evaluated `dropscribe env`. Returns its output."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.folder),
            "STORAGE_EMULATOR_HOST": self.server.url,
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
            "DROPSCRIBE_INBOX": self.inbox,
            "DROPSCRIBE_OUTBOX": self.outbox,
            **extra,
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def uploaded(self) -> dict[str, str]:
        """Returns the metadata of the recording, which must be in the inbox as it is here."""
        assert names_in(self.server, self.inbox) == [NAME]
        url = f"{self.server.url}/storage/v1/b/{self.inbox}/o/team%2Fcall.mp3"
        assert httpx.get(url, params={"alt": "media"}).content == b"ID3 sound"
        metadata: dict[str, str] = httpx.get(url).json().get("metadata", {})
        return metadata


@pytest.fixture
def shop(server: BucketServer, tmp_path: Path) -> Shop:
    return Shop(server, tmp_path)


def snippets(heading: str) -> list[tuple[str, str]]:
    """Returns the language and the text of each block of code below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)


def commands(text: str) -> str:
    """Returns the commands of a console's transcript."""
    lines = [line.removeprefix("$ ").removeprefix("    ") for line in text.splitlines()]
    return "set -e\n" + "\n".join(lines)


def run_in_console(shop: Shop, heading: str, number: int = 0) -> str:
    consoles = [text for language, text in snippets(heading) if language == "console"]
    return shop.run(["bash", "-c", commands(consoles[number])], {})


@pytest.mark.parametrize(
    ("heading", "library", "prints"),
    [
        ("Python", "google.cloud.storage", True),
        ("gcsfs, pandas, dask", "gcsfs", True),
        ("gcloud-aio-storage", "gcloud.aio.storage", True),
        ("obstore, polars", "obstore", False),
    ],
)
def test_a_snippet_of_python_works(shop: Shop, heading: str, library: str, prints: bool) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed (make clients)")
    if library == "gcsfs":
        pytest.importorskip("pandas")
    ((_, text),) = snippets(heading)
    printed = shop.run([sys.executable, "-c", text], {})
    assert shop.uploaded() == {"language": "de"}
    assert (TRANSCRIPT in printed) == prints


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@google-cloud" / "storage").exists(),
    reason="Node's @google-cloud/storage is not installed (make clients)",
)
def test_the_snippet_of_node_works(shop: Shop) -> None:
    ((_, text),) = snippets("Node")
    script = f"(async () => {{ {text} }})()"
    printed = shop.run(["node", "-e", script], {"NODE_PATH": str(MODULES)})
    assert shop.uploaded() == {"language": "de"}
    assert TRANSCRIPT in printed


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(("number", "metadata"), [(0, {}), (1, {"language": "de"})])
def test_the_snippets_of_curl_work(shop: Shop, number: int, metadata: dict[str, str]) -> None:
    printed = run_in_console(shop, "curl", number)
    assert shop.uploaded() == metadata
    assert (TRANSCRIPT in printed) == (number == 0)


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_the_snippet_of_gcloud_works(shop: Shop) -> None:
    printed = run_in_console(shop, "gcloud")
    assert shop.uploaded() == {"language": "de"}
    assert TRANSCRIPT in printed


@pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed (make clients)")
def test_the_snippet_of_rclone_works(shop: Shop) -> None:
    run_in_console(shop, "rclone")
    shop.uploaded()
    transcript = shop.folder / "transcripts" / "call.mp3" / "transcript.txt"
    assert transcript.read_text() == TRANSCRIPT
