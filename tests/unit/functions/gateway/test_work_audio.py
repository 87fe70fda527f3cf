"""The work audio is served as one WAV file, whose time line is that of the transcript."""

import io
import wave
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import httpx
import numpy as np
import pytest

from functions.gateway.deployment import Deployment
from functions.gateway.raw_samples import HEADER_BYTES
from functions.gateway.work_audio import find_work_audio
from shared.adapters.memory import MemoryBlobs
from shared.jobs.layout import job_uri
from shared.model.artifacts import SAMPLE_RATE
from shared.model.contracts import Source
from tests.support.audio_files import Samples
from tests.support.chunked_jobs import store_chunks
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, finish, upload
from tests.support.limited_blobs import LimitedBlobs
from tests.support.live_jobs import cut_job


@pytest.fixture
def objects() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def stores(objects: MemoryBlobs) -> Deployment:
    return memory_deployment(blobs=objects)


@pytest.fixture
def client(stores: Deployment, objects: MemoryBlobs) -> Iterator[httpx.Client]:
    """Returns a client of a gateway that has its rights only."""
    limited = memory_deployment(
        documents=stores.jobs.documents, blobs=LimitedBlobs("gateway", objects)
    )
    with gateway_client(limited) as client:
        client.headers.update(key_headers(limited))
        client.params = httpx.QueryParams(format="wav")
        yield client


def noise(seconds: float, seed: int) -> Samples:
    """Returns samples of which no two stretches are alike."""
    random = np.random.default_rng(seed)
    return random.integers(-32768, 32767, round(seconds * SAMPLE_RATE), dtype=np.int16)


def prepared_job(stores: Deployment, *channels: Sequence[Samples]) -> Source:
    """Returns a recording that has a transcript, and chunks in the work bucket."""
    source = upload(stores, "team-a/old call.amr")
    begin(stores, source)
    store_chunks(stores, source, *channels)
    finish(stores, source)
    return source


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/audio"


def samples_of(content: bytes) -> Samples:
    """Returns the samples of a WAV file, of which each column is a channel."""
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (SAMPLE_RATE, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return frames.reshape(-1, file.getnchannels())


def test_the_chunks_are_one_file(client: httpx.Client, stores: Deployment) -> None:
    parts = [noise(1.2345, 1), noise(0.7, 2), noise(2.00005, 3)]
    answer = client.get(address(prepared_job(stores, parts)))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Content-Disposition"] == 'inline; filename="old call.wav"'
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert np.array_equal(samples_of(answer.content)[:, 0], np.concatenate(parts))


def test_channels_that_were_cut_on_their_own_are_together_again(
    client: httpx.Client, stores: Deployment
) -> None:
    left = [noise(0.5, 1), noise(0.25, 2)]
    right = [noise(0.4, 3), noise(0.3, 4)]
    content = client.get(address(prepared_job(stores, left, right))).content
    samples = samples_of(content)
    ending = np.zeros(len(samples) - round(0.7 * SAMPLE_RATE), np.int16)
    assert np.array_equal(samples[:, 0], np.concatenate(left))
    assert np.array_equal(samples[:, 1], np.concatenate([*right, ending]))


def test_any_range_is_that_part_of_the_file(client: httpx.Client, stores: Deployment) -> None:
    for channels in (1, 2, 3):
        parts = [
            [noise(0.01, 10 * channel + part) for part in range(3)] for channel in range(channels)
        ]
        source = prepared_job(stores, *parts)
        whole = client.get(address(source)).content
        random = np.random.default_rng(channels)
        for first, last in np.sort(random.integers(0, len(whole), (30, 2))):
            asked = {"Range": f"bytes={first}-{last}"}
            answer = client.get(address(source), headers=asked)
            assert answer.status_code == 206
            assert answer.content == whole[first : last + 1]
            assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"


def test_the_headers_alone_and_a_file_that_is_known(
    client: httpx.Client, stores: Deployment
) -> None:
    source = prepared_job(stores, [noise(0.5, 1)])
    answer = client.head(address(source))
    assert answer.headers["Content-Length"] == str(HEADER_BYTES + SAMPLE_RATE)
    assert answer.headers["Accept-Ranges"] == "bytes"
    tag = answer.headers["ETag"]
    assert client.get(address(source), headers={"If-None-Match": tag}).status_code == 304
    original = client.get(address(source), params={"format": "original"})
    assert original.headers["ETag"] != tag
    outside = client.get(address(source), headers={"Range": "bytes=99999-"})
    assert outside.headers["Content-Range"] == f"bytes */{HEADER_BYTES + SAMPLE_RATE}"


def test_the_run_that_prepared_last_counts(client: httpx.Client, stores: Deployment) -> None:
    """A redrive may have been of another track."""
    first, second = noise(0.1, 1), noise(0.1, 2)
    source = upload(stores)
    begin(stores, source)
    for part, samples in ((0, first), (1, second), (0, first)):
        store_chunks(stores, source, [samples], part=part)
        content = client.get(address(source)).content
        assert np.array_equal(samples_of(content)[:, 0], samples)


def test_before_a_recording_is_prepared_there_is_none(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    begin(stores, source)
    answer = client.get(address(source))
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "The recording is not prepared yet.",
    )


def test_a_result_that_names_no_chunks_has_none(client: httpx.Client, stores: Deployment) -> None:
    source = cut_job(stores, 2)
    answer = client.get(address(source))
    assert answer.status_code == 404


@pytest.mark.parametrize("kept", [".json", "-probe.wav"])
def test_after_it_was_deleted_the_answer_says_so(
    client: httpx.Client, stores: Deployment, kept: str
) -> None:
    source = prepared_job(stores, [noise(0.1, 1)])
    for blob in stores.blobs.list(job_uri(source)):
        if not blob.uri.endswith(kept):
            stores.blobs.delete(blob.uri, blob.generation)
    answer = client.get(address(source))
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:dropscribe:problem:work-audio-gone"
    assert "kept for 7 days" in answer.json()["detail"]


def test_it_is_gone_with_the_recording(client: httpx.Client, stores: Deployment) -> None:
    """Whoever deletes a recording does not expect it to be heard."""
    source = prepared_job(stores, [noise(0.1, 1)])
    stores.blobs.delete(source.uri, source.generation)
    answer = client.get(address(source))
    assert answer.json()["type"] == "urn:dropscribe:problem:recording-gone"


def test_an_erased_recording_has_none(client: httpx.Client, stores: Deployment) -> None:
    source = prepared_job(stores, [noise(0.1, 1)])
    stores.operations.erase(source.bucket, source.name)
    assert client.get(address(source)).status_code == 410


def test_a_key_of_another_folder_hears_nothing(stores: Deployment) -> None:
    source = prepared_job(stores, [noise(0.1, 1)])
    with gateway_client(stores) as client:
        headers = key_headers(stores, folder="team-b/")
        answer = client.get(address(source), params={"format": "wav"}, headers=headers)
        assert answer.status_code == 404


def test_there_is_no_other_format(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    assert client.get(address(source), params={"format": "mp3"}).status_code == 422


class OpenedBlobs(MemoryBlobs):
    """Objects, and the names of those that were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open(self, source: Source) -> BinaryIO:
        self.opened.append(source.name)
        return super().open(source)


def test_a_chunk_is_read_when_it_is_its_turn() -> None:
    blobs = OpenedBlobs()
    stores = memory_deployment(blobs=blobs)
    parts = [noise(0.1, 1), noise(0.1, 2), noise(0.1, 3)]
    source = prepared_job(stores, parts)
    job = stores.jobs.find(source.job_id)
    assert job is not None
    with find_work_audio(job, stores).open(blobs) as file:
        assert file.read(HEADER_BYTES) and not blobs.opened
        assert file.read(100) and len(blobs.opened) == 1
        file.seek(HEADER_BYTES + 7000)
        assert file.read(100) == np.concatenate(parts).tobytes()[7000:7100]
        assert len(blobs.opened) == 2
