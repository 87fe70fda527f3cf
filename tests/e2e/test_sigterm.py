"""A stage ended by SIGTERM in the middle of a request is continued by another instance."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import httpx
import pytest

from emulators.storage.tests.server import bucket_server
from functions.prepare.job import prepare
from local.layout import INBOX, WORK
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Source, StageRequest
from tests.support.function import Function, function
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

SOURCE = Source(bucket=INBOX, name="talk.wav", generation=1)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A bucket server that holds what prepare made, and the settings that lead there."""
    with bucket_server(tmp_path / "buckets") as server, server.client() as client:
        bucket = client.create_bucket(WORK)
        for blob in made()[0].list(f"gs://{WORK}/"):
            bucket.blob(blob.uri.split("/", 3)[3]).upload_from_string(made()[0].read(blob.uri))
        yield {
            **ENVIRONMENT,
            "STORAGE_EMULATOR_HOST": server.url,
            "GOOGLE_CLOUD_PROJECT": "dropscribe-test",
            "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
            "DROPSCRIBE_JOB_DATABASE": str(tmp_path / "jobs.sqlite"),
        }


@cache
def made() -> tuple[MemoryBlobs, StageRequest]:
    """A recording, cut, and what transcribe is asked of it."""
    blobs = MemoryBlobs()
    blobs.put(SOURCE.uri, wav(speech()[104_000:184_000]), if_generation_match=0)
    claim = StageRequest(source=SOURCE, params={"run": 1, "execution": "e"})
    prepared = prepare(claim, blobs, JobStore(MemoryDocuments()))
    chunks, manifest = prepared.outputs["chunks"], prepared.outputs["manifest"]
    assert isinstance(chunks, tuple) and isinstance(manifest, Artifact)
    inputs = {"audio": chunks[0], "manifest": manifest}
    asked = StageRequest(
        source=SOURCE, inputs=inputs, params={"language": "en", "initial_prompt": "for an hour"}
    )
    return blobs, asked


def ask(served: Function) -> httpx.Response:
    return httpx.post(served.url, json=made()[1].model_dump(mode="json"), timeout=120)


def task(environment: dict[str, str]) -> StageRecord | None:
    tasks = JobStore(SqliteDocuments(Path(environment["DROPSCRIBE_JOB_DATABASE"]))).records.of_job(
        SOURCE.job_id
    )
    return tasks[0] if tasks else None


def test_a_part_is_given_back_and_taken_over_at_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with function("transcribe", environment, tmp_path) as ended, ThreadPoolExecutor(1) as caller:
        answer = caller.submit(ask, ended)
        while (begun := task(environment)) is None or begun.state != "running":
            assert not answer.done(), answer.result().text
            time.sleep(0.05)
        assert ended.end() == 0, ended.log.read_text()
        assert answer.result().status_code == 503
        assert answer.result().json()["type"] == "urn:dropscribe:problem:stopping"
    left = task(environment)
    assert left is not None and (left.state, left.attempts) == ("failed", 0), "it was no attempt"
    quick = {**environment, "DROPSCRIBE_TRANSCRIBER": "tests.support.noop:recogniser"}
    with function("transcribe", quick, tmp_path) as another:
        assert ask(another).status_code == 200, another.log.read_text()
    taken = task(environment)
    assert (
        taken is not None
        and (taken.state, taken.attempts) == ("done", 1)
        and taken.owner != left.owner
    )
