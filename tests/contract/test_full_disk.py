"""With a full disk every part reports it, keeps its data, and continues once there is room."""

import asyncio
import errno
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud import storage

from emulators.storage.tests.server import WATCHED, BucketServer, bucket_server, free_port
from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.executions import Ending, ExecutionStore, NotWritten
from emulators.workflows.slots import Slots
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import DiskFull, JobStoreUnavailable
from shared.runtime.workdir import disk_full_is_transient
from tests.support.small_disk import CannotMount, filled, small_disk

MiB = 1 << 20
SOURCE = Source(bucket="inbox", name="a.wav", generation=1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small_disk(tmp_path / "disk", 8) as disk:
            yield disk
    except CannotMount as reason:
        pytest.skip(str(reason))


@pytest.fixture
def server(disk: Path) -> Iterator[BucketServer]:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with bucket_server(disk / "data", notify=nobody) as server:
        yield server


@pytest.fixture
def bucket(server: BucketServer) -> Iterator[storage.Bucket]:
    with server.client() as client:
        yield client.create_bucket(WATCHED)


def contents(server: BucketServer) -> int:
    return len(list((server.folder / "content").iterdir()))


def test_the_bucket_server_refuses_for_now_and_keeps_nothing_of_it(
    server: BucketServer, bucket: storage.Bucket, disk: Path
) -> None:
    bucket.blob("before").upload_from_string(b"before")
    with filled(disk):
        with pytest.raises(ServiceUnavailable, match="The disk is full"):
            bucket.blob("meanwhile").upload_from_string(bytes(MiB), retry=None)
        assert bucket.blob("before").download_as_bytes() == b"before"
    assert [blob.name for blob in bucket.list_blobs()] == ["before"]
    assert contents(server) == 1
    bucket.blob("meanwhile").upload_from_string(bytes(MiB))
    assert bucket.blob("meanwhile").download_as_bytes() == bytes(MiB)
    assert server.process is not None and server.process.poll() is None


def test_a_resumable_upload_goes_on_when_there_is_room_again(
    server: BucketServer, bucket: storage.Bucket, disk: Path
) -> None:
    url = bucket.blob("a").create_resumable_upload_session()
    half = {"Content-Range": f"bytes 0-{MiB - 1}/{2 * MiB}"}
    assert httpx.put(url, content=b"a" * MiB, headers=half).status_code == 308
    rest = {"Content-Range": f"bytes {MiB}-{2 * MiB - 1}/{2 * MiB}"}
    with filled(disk):
        assert httpx.put(url, content=b"b" * MiB, headers=rest).status_code == 503
    assert httpx.put(url, content=b"b" * MiB, headers=rest).status_code == 200
    assert bucket.blob("a").download_as_bytes() == b"a" * MiB + b"b" * MiB


def test_an_event_outlasts_a_full_disk(
    server: BucketServer, bucket: storage.Bucket, disk: Path
) -> None:
    bucket.blob("a").upload_from_string(b"a")
    with filled(disk):
        assert httpx.get(f"{server.url}/notifications/pending").json() == {"pending": 1}
    server.crash()
    server.start()
    assert httpx.get(f"{server.url}/notifications/pending").json() == {"pending": 1}


def test_the_job_store_is_unavailable_and_keeps_what_it_had(disk: Path) -> None:
    store = JobStore(SqliteDocuments(disk / "jobs.sqlite"))
    store.claim(SOURCE, 1, "first")
    with filled(disk):
        with pytest.raises(JobStoreUnavailable, match=r"full|disk"):
            fill(store)
        with pytest.raises(JobStoreUnavailable):
            SqliteDocuments(disk / "other.sqlite")
        assert store.claim(SOURCE, 1, "first")
    kept = len(store.list_page("", limit=10_000)[0])
    assert store.claim(SOURCE.model_copy(update={"generation": 10_000}), 1, "after")
    assert len(store.list_page("", limit=10_000)[0]) == kept + 1


def fill(store: JobStore) -> None:
    """Until there is no room: SQLite first takes what it has kept for itself."""
    for generation in range(2, 5000):
        store.claim(SOURCE.model_copy(update={"generation": generation}), 1, "x" * 1000)


def test_the_runner_starts_nothing_that_it_cannot_write_down(disk: Path) -> None:
    store = ExecutionStore.open(disk / "executions.sqlite")
    before = store.create("before", "null")
    with filled(disk), pytest.raises(NotWritten):
        for number in range(5000):
            store.create(str(number), json.dumps("x" * 1000))
    started = len(store.active())
    store.end(before.id, Ending("SUCCEEDED"))
    store.create("after", "null")
    assert store.counts() == {"SUCCEEDED": 1, "ACTIVE": started}
    store.close()


def test_an_execution_ends_when_there_is_room_to_say_so(
    disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = "main:\n  params: [args]\n  steps:\n    - answer:\n        return: ${args + args}\n"

    async def body() -> None:
        store = ExecutionStore.open(disk / "executions.sqlite")
        deployment = Deployment(Workflow("p1", "here", "sample", source, {}), store, Slots({}))
        deployment.create(json.dumps("x" * 9000))
        with filled(disk):
            while "no end is written" not in caplog.messages:
                await asyncio.sleep(0.01)
        while store.counts() != {"SUCCEEDED": 1}:
            await asyncio.sleep(0.05)
        await deployment.close()

    asyncio.run(asyncio.wait_for(body(), 30))


def test_only_want_of_room_is_excused() -> None:
    with pytest.raises(DiskFull), disk_full_is_transient():
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(FileNotFoundError), disk_full_is_transient():
        raise FileNotFoundError(errno.ENOENT, "no such file")
