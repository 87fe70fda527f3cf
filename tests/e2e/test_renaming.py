"""Names that people give are in every file of the answer, also after a redrive."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound

from dropscribe import Client, Edits
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

pytestmark = pytest.mark.slow

FIVE_SECONDS = speech()[104_000:184_000]
NAME = "team-a/interview.wav"
DRAWN = ("transcript.srt", "transcript.txt", "transcript.vtt", "edits.json")


@pytest.fixture
def client(cloud: Cloud) -> Iterator[Client]:
    url = cloud.home.ports().url("gateway")
    with Client(url, cloud.home.key.read_text().strip()) as client:
        yield client


@pytest.fixture
def source(cloud: Cloud) -> Source:
    uploaded = cloud.upload(NAME, wav(FIVE_SECONDS), {"language": "en"})
    assert cloud.answer(uploaded).transcript["speakers"]
    return uploaded


def wait_for(cloud: Cloud, text: str, *, run: int = 1) -> None:
    """Waits until every file that is drawn of a run's answer has a text."""

    def has_all() -> bool:
        try:
            files = cloud.files(NAME)
        except NotFound:
            return False  # a file was replaced after it was listed
        transcript = json.loads(files.get("transcript.json", b"{}"))
        is_of_run = transcript.get("job", {}).get("run") == run
        return is_of_run and all(text.encode() in files.get(name, b"") for name in DRAWN)

    cloud.until(has_all, 60, f"files of run {run} with the text")


def test_a_name_is_in_every_file_and_stays_after_a_redrive(
    cloud: Cloud, client: Client, source: Source, tmp_path: Path
) -> None:
    named = Edits(speakers={"S1": "Anna Weber"})
    saved = client.save_edits(source.job_id, named, client.edits(source.job_id).etag)
    assert saved.revision == 1
    assert "Anna Weber" in client.transcript(source.job_id, "md").decode(), "not drawn, but there"
    wait_for(cloud, "Anna Weber")
    heard = client.transcript(source.job_id).decode()
    assert "Anna Weber" not in heard and cloud.files(NAME)["transcript.json"].decode() == heard
    cloud.until(lambda: client.edits(source.job_id).drawn, 30, "drawing")

    assert cloud.command("redrive", NAME).returncode == 0
    ended = client.wait_for(source.job_id, timeout=60)
    wait_for(cloud, "Anna Weber", run=ended.run)
    after = client.edits(source.job_id)
    assert (after.base, after.revision, after.unapplied) == (ended.run, 2, ())

    fetched = cloud.command("fetch", NAME, "--formats", "docx,txt", "--out", str(tmp_path))
    assert fetched.returncode == 0, fetched.stderr
    assert "Anna Weber" in (tmp_path / NAME / "transcript.txt").read_text()
    assert (tmp_path / NAME / "transcript.docx").exists()

    renamed = cloud.command("rename", NAME, "S1=Berta Klein")
    assert renamed.stdout.startswith("S1: Berta Klein, "), renamed.stderr
    wait_for(cloud, "Berta Klein", run=ended.run)
