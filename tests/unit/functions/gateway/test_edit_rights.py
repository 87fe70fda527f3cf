"""All that the gateway does with edits is within its rights of docs/rights.yaml, and no more is."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs
from shared.jobs.layout import edits_uri, job_uri
from tests.support.edited_jobs import answer
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import upload
from tests.support.limited_blobs import LimitedBlobs, RightMissing


@pytest.fixture
def objects() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def everything(objects: MemoryBlobs) -> Deployment:
    """Returns the deployment as its owner may use it."""
    return memory_deployment(blobs=objects)


@pytest.fixture
def client(everything: Deployment, objects: MemoryBlobs) -> Iterator[httpx.Client]:
    """Returns a client of a gateway that has its rights only."""
    limited = memory_deployment(
        documents=everything.jobs.documents, blobs=LimitedBlobs("gateway", objects)
    )
    with gateway_client(limited) as client:
        client.headers.update(key_headers(limited))
        yield client


def test_edits_are_saved_twice_read_drawn_and_erased(
    client: httpx.Client, everything: Deployment
) -> None:
    source = upload(everything)
    answer(everything, source)
    job = f"/api/v1/jobs/{source.job_id}"
    for revision in range(2):
        body = {"speakers": {"S1": f"Anna {revision}"}}
        tag = {"If-Match": f'"1-{revision}"'}
        assert client.put(f"{job}/edits", json=body, headers=tag).status_code == 200
    assert client.get(f"{job}/edits").json()["speakers"] == {"S1": "Anna 1"}
    drawn = client.get(f"{job}/transcript", params={"format": "md"})
    assert "Anna 1" in drawn.text
    assert client.delete(job).status_code == 202
    assert everything.blobs.find(edits_uri(source)) is None


def test_other_objects_of_a_job_are_out_of_reach(
    everything: Deployment, objects: MemoryBlobs
) -> None:
    source = upload(everything)
    limited = LimitedBlobs("gateway", objects)
    for name in ("problem.json", "align/0.json", "diarize/voices.json", "edits.json.wav"):
        uri = f"{job_uri(source)}{name}"
        with pytest.raises(RightMissing):
            limited.put(uri, b"{}", if_generation_match=0)
    with pytest.raises(RightMissing):
        limited.find(f"{job_uri(source)}diarize/voices.json")
    with pytest.raises(RightMissing):
        limited.put(f"gs://dropscribe-outbox/{source.name}/edits.json", b"", if_generation_match=0)
