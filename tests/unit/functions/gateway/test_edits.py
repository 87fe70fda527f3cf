"""Edits are read and replaced over HTTP only by who may, and only those that were read."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import Source
from shared.model.edits import MAX_EDITS_BYTES
from tests.support.edited_jobs import ANNA, BEN, answer, transcribed
from tests.support.gateway import MemoryExecutions, gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, fail, upload
from tests.support.made_transcripts import said

FIRST = {"If-Match": '"1-0"'}
NAMES = {"speakers": {"S1": "Anna Weber"}}


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/edits"


def problem_type(answered: httpx.Response) -> str:
    assert answered.headers["Content-Type"] == "application/problem+json"
    kind: str = answered.json()["type"]
    return kind.rpartition(":")[2]


def test_a_transcript_without_edits_has_revision_0(
    client: httpx.Client, stores: Deployment
) -> None:
    answered = client.get(address(transcribed(stores)))
    assert (answered.status_code, answered.headers["ETag"]) == (200, '"1-0"')
    assert answered.json() == {
        "base": 1,
        "revision": 0,
        "updated": None,
        "speakers": {},
        "merges": {},
        "words": {},
        "sentences": {},
        "kept": [],
        "dropped": [],
        "unapplied": [],
        "drawn": True,
    }


def test_edits_are_saved_read_and_replaced_as_a_whole(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    saved = client.put(address(source), json=NAMES, headers=FIRST)
    assert (saved.status_code, saved.headers["ETag"]) == (200, '"1-1"')
    assert (saved.json()["speakers"], saved.json()["drawn"]) == (NAMES["speakers"], False)
    assert client.get(address(source)).json() == saved.json()
    words = {"words": {"1": "evening,"}}
    replaced = client.put(address(source), json=words, headers={"If-Match": 'W/"1-1"'})
    assert replaced.headers["ETag"] == '"1-2"'
    assert (replaced.json()["speakers"], replaced.json()["words"]) == ({}, words["words"])
    assert isinstance(stores.executions, MemoryExecutions)
    assert stores.executions.drawings == [(source, 1)]


def test_a_save_without_the_revision_that_it_replaces_is_refused(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    answered = client.put(address(source), json=NAMES)
    assert (answered.status_code, problem_type(answered)) == (428, "if-match-missing")
    assert client.get(address(source)).json()["revision"] == 0


@pytest.mark.parametrize("tag", ['"1-0"', '"1-2"', '"2-1"', '"x"', "*", "", '"1-99999999999"'])
def test_a_conflict_names_the_current_revision(
    client: httpx.Client, stores: Deployment, tag: str
) -> None:
    source = transcribed(stores)
    client.put(address(source), json=NAMES, headers=FIRST)
    body = BEN.model_dump(mode="json")
    answered = client.put(address(source), json=body, headers={"If-Match": tag})
    assert (answered.status_code, problem_type(answered)) == (412, "edits-outdated")
    assert answered.headers["ETag"] == '"1-1"'
    assert answered.json()["detail"] == 'The current ETag is "1-1".'


def test_a_conflict_after_a_redrive_is_reported_before_unknown_ids(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    answer(stores, source, run=2)
    answered = client.put(address(source), json={"words": {"999": "x"}}, headers=FIRST)
    assert (answered.status_code, answered.headers["ETag"]) == (412, '"2-0"')


class CountedReads(MemoryBlobs):
    """Counts the reads of transcripts."""

    reads = 0

    def read(self, uri: str, generation: int | None = None) -> bytes:
        self.reads += uri.endswith("/transcript.json")
        return super().read(uri, generation)


def test_further_saves_need_not_read_the_transcript_again() -> None:
    blobs = CountedReads()
    stores = memory_deployment(blobs=blobs)
    source = transcribed(stores)
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        for revision in range(3):
            tag = {"If-Match": f'"1-{revision}"'}
            body = {"words": {"0": f"Word{revision}"}}
            assert client.put(address(source), json=body, headers=tag).status_code == 200
        assert blobs.reads == 1
        answer(stores, source, run=2, sentences=(said("S1", "Good morning."),))
        tag = {"If-Match": '"2-0"'}
        refused = client.put(address(source), json={"words": {"5": "x"}}, headers=tag)
        assert (refused.status_code, blobs.reads) == (422, 2)


UNKNOWN = {
    "words": {"words": {"999": "x"}},
    "sentences": {"sentences": {"999": "S1"}},
    "speakers": {"speakers": {"S9": "Anna"}},
    "merges": {"merges": {"S9": "S1"}},
    "suspect-0": {"kept": ["suspect-0"]},
    "gap-7": {"dropped": ["gap-7"]},
}


@pytest.mark.parametrize("named", UNKNOWN)
def test_ids_that_the_transcript_lacks_are_named(
    client: httpx.Client, stores: Deployment, named: str
) -> None:
    source = transcribed(stores)
    answered = client.put(address(source), json=UNKNOWN[named], headers=FIRST)
    assert (answered.status_code, problem_type(answered)) == (422, "edits-refused")
    assert named in answered.json()["detail"]


INVALID: tuple[dict[str, Any], ...] = (
    {"speakers": {"S1": ""}},
    {"speakers": {"S1": "a\nb"}},
    {"speakers": {"S1": "\u202eannA"}},
    {"speakers": {"S1": "a" * 101}},
    {"speakers": {"Anna": "S1"}},
    {"words": {"-1": "x"}},
    {"words": {"0": "\x00"}},
    {"merges": {"S1": "S2", "S2": "S1"}},
    {"names": {}},
    {"base": 1},
)


@pytest.mark.parametrize("body", INVALID, ids=lambda body: next(iter(body)))
def test_what_breaks_the_schema_is_refused(
    client: httpx.Client, stores: Deployment, body: dict[str, Any]
) -> None:
    source = transcribed(stores)
    answered = client.put(address(source), json=body, headers=FIRST)
    assert (answered.status_code, problem_type(answered)) == (422, "bad-request")
    assert next(iter(body)) in answered.json()["detail"] or "merges" in answered.json()["detail"]


def test_many_edits_fit_and_more_are_refused(client: httpx.Client, stores: Deployment) -> None:
    source = transcribed(stores)
    long = {"words": {str(word): "x" * 190 for word in range(3000)}}
    assert client.put(address(source), json=long, headers=FIRST).status_code == 422
    huge = b'{"words": {"0": "' + b"x" * MAX_EDITS_BYTES + b'"}}'
    headers = {**FIRST, "Content-Type": "application/json"}
    answered = client.put(address(source), content=huge, headers=headers)
    assert (answered.status_code, problem_type(answered)) == (413, "body-too-large")


def test_a_job_without_a_transcript_has_no_edits(client: httpx.Client, stores: Deployment) -> None:
    running, failed = upload(stores, "team-a/a.wav"), upload(stores, "team-a/b.wav")
    begin(stores, running)
    begin(stores, failed)
    fail(stores, failed)
    for source in (running, failed):
        for answered in (
            client.get(address(source)),
            client.put(address(source), json=NAMES, headers=FIRST),
        ):
            assert (answered.status_code, problem_type(answered)) == (409, "not-done")


def test_a_job_that_is_run_again_has_none_until_it_is_done(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    begin(stores, source, run=2)
    assert client.put(address(source), json=NAMES, headers=FIRST).status_code == 409


def test_an_erased_recording_has_none(client: httpx.Client, stores: Deployment) -> None:
    source = transcribed(stores)
    client.put(address(source), json=NAMES, headers=FIRST)
    stores.operations.erase(source.bucket, source.name)
    assert client.get(address(source)).status_code == 410
    assert client.put(address(source), json=NAMES, headers=FIRST).status_code == 410
    assert list(stores.blobs.list("gs://dropscribe-work/")) == []
    assert list(stores.blobs.list("gs://dropscribe-outbox/")) == []


def test_a_key_of_another_folder_sees_and_changes_nothing(stores: Deployment) -> None:
    source = transcribed(stores)
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores, folder="team-b/"))
        assert client.get(address(source)).status_code == 404
        assert client.put(address(source), json=NAMES, headers=FIRST).status_code == 404
    job = stores.jobs.find(source.job_id)
    assert job is not None and stores.edits.current(job) is None


def test_a_key_that_only_writes_is_shown_no_words_of_a_transcript(stores: Deployment) -> None:
    """The answer to a save has what found no place after a redrive."""
    source = transcribed(stores)
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores, ("write",)))
        assert client.put(address(source), json=NAMES, headers=FIRST).status_code == 403


def test_no_name_gets_into_the_log(
    client: httpx.Client, stores: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    source = transcribed(stores)
    body = ANNA.model_dump(mode="json")
    assert client.put(address(source), json=body, headers=FIRST).status_code == 200
    refused = client.put(address(source), json={"words": {"999": "Secret"}}, headers=FIRST)
    assert refused.status_code == 412
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert "Weber" not in logged and "Secret" not in logged
