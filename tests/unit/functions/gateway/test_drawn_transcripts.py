"""Any format of a transcript can be had, with the edits in force, whatever the outbox holds."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from functions.gateway.drawn_transcripts import ALL_FORMATS
from functions.gateway.transcript_threads import (
    LARGE_AT_ONCE,
    LARGE_BYTES,
    MAX_WAITING,
    TranscriptThreads,
)
from shared.model.contracts import ResolvedOption, Source
from shared.model.edits import Edits
from shared.model.errors import TooManyRequests
from shared.model.formats import FORMATS
from tests.support.edited_jobs import ANNA, FILES, answer, draw_current, transcribed
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, finish, upload
from tests.support.made_transcripts import said, transcript_of_sentences

DRAWN = [name for name in FORMATS if name not in FILES]
LONG = said("S1", "This sentence is so long that a line of captions cannot hold all of its words.")


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/transcript"


def save(stores: Deployment, source: Source, edits: Edits) -> None:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    stores.edits.save(job, edits, 1, 0)


@pytest.mark.parametrize("format", DRAWN)
def test_a_format_that_is_not_in_the_outbox_is_drawn(
    client: httpx.Client, stores: Deployment, format: str
) -> None:
    source = transcribed(stores)
    answered = client.get(address(source), params={"format": format})
    assert answered.status_code == 200
    kind = ALL_FORMATS[format]
    assert answered.headers["Content-Type"] == kind.content_type
    file_name = kind.file_name.replace("transcript", "call")
    assert answered.headers["Content-Disposition"] == f'attachment; filename="{file_name}"'
    assert answered.headers["Content-Length"] == str(len(answered.content))
    assert answered.headers["Cache-Control"] == "private, no-cache"


def test_edits_show_before_they_are_drawn_and_after(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    transcript = answer(stores, source)
    heard = client.get(address(source), params={"format": "txt"})
    assert "Anna Weber" not in heard.text
    save(stores, source, ANNA)
    drawn = client.get(address(source), params={"format": "txt"})
    assert "] Anna Weber: Good morning" in drawn.text
    draw_current(stores, source, transcript)
    stored = client.get(address(source), params={"format": "txt"})
    assert stored.text == drawn.text
    tags = {each.headers["ETag"] for each in (heard, drawn, stored)}
    assert len(tags) == 3


def test_edits_that_are_drawn_are_read_from_the_outbox(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    transcript = answer(stores, source)
    save(stores, source, ANNA)
    draw_current(stores, source, transcript)
    blob = stores.blobs.find(f"gs://dropscribe-outbox/{source.name}/transcript.srt")
    assert blob is not None
    stored = client.get(address(source), params={"format": "srt"})
    assert stored.headers["ETag"] == f'"{blob.generation}"'


def test_the_original_is_without_edits(client: httpx.Client, stores: Deployment) -> None:
    source = upload(stores)
    transcript = answer(stores, source)
    heard = client.get(address(source), params={"format": "srt"}).text
    save(stores, source, ANNA)
    original = {"format": "srt", "original": "true"}
    assert client.get(address(source), params=original).text == heard
    draw_current(stores, source, transcript)
    assert client.get(address(source), params=original).text == heard
    assert "Anna Weber" in client.get(address(source), params={"format": "srt"}).text


def test_json_is_what_the_machine_heard(client: httpx.Client, stores: Deployment) -> None:
    source = transcribed(stores)
    before = client.get(address(source))
    save(stores, source, ANNA)
    after = client.get(address(source))
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])


def test_options_of_captions_are_those_of_the_request(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    answer(stores, source, sentences=(LONG,))
    narrow = {"format": "srt", "caption-line-length": "20"}
    answered = client.get(address(source), params=narrow)
    lines = answered.text.splitlines()
    assert max(len(line) for line in lines if "-->" not in line) <= 20
    silent = {"format": "srt", "caption-speakers": "never"}
    assert "Speaker" not in client.get(address(source), params=silent).text


def test_options_of_captions_that_are_not_given_are_those_of_the_job(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    transcript = transcript_of_sentences(source, (LONG,))
    options = {
        "caption-line-length": ResolvedOption(value=20, origin="object metadata"),
        "caption-max-seconds": ResolvedOption(value=30, origin="object metadata"),
    }
    content = transcript.model_copy(update={"options": options}).model_dump_json().encode()
    begin(stores, source)
    finish(stores, source, contents={"json": content})
    answered = client.get(address(source), params={"format": "srt"})
    lines = answered.text.splitlines()
    assert max(len(line) for line in lines if "-->" not in line) <= 20
    slow = {"format": "srt", "caption-min-seconds": "10"}
    assert client.get(address(source), params=slow).status_code == 200


WRONG = (
    ("caption-lines", "9"),
    ("caption-lines", "many"),
    ("caption-line-lenght", "20"),
    ("caption-speakers", "sometimes"),
    ("original", "perhaps"),
    ("caption-max-seconds", "nan"),
)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_parameter_is_named(
    client: httpx.Client, stores: Deployment, name: str, value: str
) -> None:
    source = transcribed(stores)
    answered = client.get(address(source), params={"format": "srt", name: value})
    assert answered.status_code == 422
    assert name in answered.json()["detail"]


def test_options_of_captions_that_contradict_each_other_are_refused(
    client: httpx.Client, stores: Deployment
) -> None:
    params = {"format": "srt", "caption-min-seconds": "5", "caption-max-seconds": "2"}
    answered = client.get(address(transcribed(stores)), params=params)
    assert answered.status_code == 400
    assert "caption-min-seconds is 5" in answered.json()["detail"]


def test_the_tag_of_a_drawn_transcript_changes_with_all_that_it_is_drawn_from(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    tags = []
    for params in ({}, {"caption-lines": "1"}, {"caption-words": "true"}):
        answered = client.head(address(source), params={"format": "vtt", **params})
        assert (answered.status_code, answered.content) == (200, b"")
        tags.append(answered.headers["ETag"])
    save(stores, source, ANNA)
    tags.append(client.head(address(source), params={"format": "vtt"}).headers["ETag"])
    answer(stores, source, run=2)
    tags.append(client.head(address(source), params={"format": "vtt"}).headers["ETag"])
    assert len(set(tags)) == len(tags)


def test_a_client_that_has_what_would_be_drawn_gets_it_no_second_time(
    client: httpx.Client, stores: Deployment
) -> None:
    source = transcribed(stores)
    params = {"format": "vtt"}
    tag = client.get(address(source), params=params).headers["ETag"]
    again = client.get(address(source), params=params, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_no_more_transcripts_wait_than_may() -> None:
    """One is drawn, so many may wait, and the others are refused."""
    assert asyncio.run(refused_of(LARGE_AT_ONCE + MAX_WAITING + 2)) == 2


async def refused_of(requests: int) -> int:
    """Returns how many of so many requests for a long transcript at once are refused."""
    threads = TranscriptThreads()
    release = threading.Event()
    drawings = []
    for _ in range(requests):
        drawing = threads.run(LARGE_BYTES, release.wait)
        drawings.append(asyncio.create_task(drawing))
    await asyncio.sleep(0)
    release.set()
    results = await asyncio.gather(*drawings, return_exceptions=True)
    return sum(isinstance(result, TooManyRequests) for result in results)
