"""The demo ends with a page in a file, beside which the recording lies that the page plays."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dropscribe import Client
from local.cli import write_page
from tests.support.api_server import KEY, FakeApi


def test_the_page_lies_beside_the_recording(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recording = tmp_path / "a call.wav"
    recording.write_bytes(b"sound")
    folder = Path("out here/a call.wav")
    folder.mkdir(parents=True)
    job = api.add("a call.wav", state="done")
    with Client(os.environ["DROPSCRIBE_URL"], KEY) as client:
        address = write_page(client, job["id"], folder, recording)
    assert address.startswith("file:///")
    page = Path(unquote(urlsplit(address).path))
    assert page == tmp_path / folder / "transcript.html"
    assert page.read_text()
    assert page.with_name("a call.wav").read_bytes() == b"sound"
