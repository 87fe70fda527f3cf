"""Whole jobs work with their documents in Firestore's emulator."""

from collections.abc import Iterator

import pytest

from local.layout import INBOX
from shared.adapters.firestore import FirestoreDocuments
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.firestore_emulator import FIRESTORE
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

pytestmark = pytest.mark.slow  # the stores' contract tests run on this emulator with each change

TEN_SECONDS = speech()[:160_000]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    if reason := FIRESTORE.missing():
        pytest.skip(reason)
    documents = {
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.firestore:FirestoreDocuments",
        "DROPSCRIBE_CHUNK_SECONDS": "10",
    }
    with FIRESTORE.running():
        cloud = Cloud(
            tmp_path_factory.mktemp("firestore"), {**ENVIRONMENT, **documents}, FirestoreDocuments()
        )
        cloud.up()
        yield cloud
        cloud.down()


@pytest.fixture(scope="module")
def source(cloud: Cloud) -> Source:
    source = cloud.upload("team/ünïcode 1 #.wav", wav(TEN_SECONDS))
    cloud.answer(source)
    return source


def test_a_recording_is_answered(cloud: Cloud, source: Source) -> None:
    transcript = cloud.answer(source).transcript
    assert transcript["job"]["source_uri"] == f"gs://{INBOX}/{source.name}" and transcript["words"]
    assert {stage["stage"] for stage in transcript["timings"]["stages"]} == {
        "prepare", "detect", "transcribe", "align", "diarize",
    }  # fmt: skip
    tasks = cloud.jobs.records.of_job(source.job_id)
    assert all((task.state, task.attempts) == ("done", 1) for task in tasks), tasks
    assert cloud.job(source).state == "done"


def test_many_at_once_are_answered(cloud: Cloud) -> None:
    sources = [
        cloud.upload(f"many/{number}.wav", wav(TEN_SECONDS[: 16_000 * (2 + number)]))
        for number in range(6)
    ]
    assert all(cloud.answer(source).transcript for source in sources)


def test_what_cannot_be_answered_is_found_by_its_state(cloud: Cloud) -> None:
    broken = cloud.upload("broken.mp3", b"this is no recording")
    assert cloud.answer(broken).problem["type"] == "urn:dropscribe:problem:not-audio"
    assert [job.job_id for job in cloud.jobs.list_by_state("failed")] == [broken.job_id]


def test_the_generations_of_a_name_are_found(cloud: Cloud, source: Source) -> None:
    newer = cloud.upload(source.name, wav(TEN_SECONDS[:32_000]))
    cloud.answer(newer)
    found = {job.source.generation for job in cloud.jobs.list_by_object(INBOX, source.name)}
    assert found == {source.generation, newer.generation}
    assert cloud.jobs.list_page("", limit=1)[0][0].source == newer
