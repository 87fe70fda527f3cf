"""gcloud-aio-storage, the client for asyncio, works as on Google.

`make clients` installs it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from emulators.storage.tests.server import BucketServer

Use = Callable[[Any], Coroutine[Any, Any, None]]


@pytest.fixture
def use(server: BucketServer) -> Callable[[Use], None]:
    """Returns what calls a coroutine function with a client."""
    reason = "gcloud-aio-storage is not installed (make clients)"
    library = pytest.importorskip("gcloud.aio.storage", reason=reason)

    async def with_client(work: Use) -> None:
        async with aiohttp.ClientSession() as session:
            await work(library.Storage(session=session, api_root=server.url))

    return lambda work: asyncio.run(with_client(work))


@pytest.mark.parametrize("resumable", [True, False])
def test_a_file_goes_in_and_out(
    use: Callable[[Use], None], bucket: str, recording: Path, resumable: bool
) -> None:
    data = recording.read_bytes()

    async def work(storage: Any) -> None:
        metadata = {"metadata": {"language": "de"}}
        await storage.upload(
            bucket, "a/ü.wav", data, metadata=metadata, force_resumable_upload=resumable
        )
        assert await storage.download(bucket, "a/ü.wav") == data
        part = await storage.download(bucket, "a/ü.wav", headers={"Range": "bytes=2-5"})
        assert part == data[2:6]
        found = await storage.download_metadata(bucket, "a/ü.wav")
        assert (found["size"], found["metadata"]) == (str(len(data)), {"language": "de"})
        stream = await storage.download_stream(bucket, "a/ü.wav")
        assert await stream.read(len(data)) + await stream.read() == data

    use(work)


def test_a_packed_upload_comes_back_unpacked(use: Callable[[Use], None], bucket: str) -> None:
    async def work(storage: Any) -> None:
        await storage.upload(bucket, "a", b"hello " * 1000, zipped=True)
        assert await storage.download(bucket, "a") == b"hello " * 1000
        assert (await storage.download_metadata(bucket, "a"))["contentEncoding"] == "gzip"

    use(work)


def test_objects_are_listed_copied_joined_and_deleted(
    use: Callable[[Use], None], bucket: str
) -> None:
    async def work(storage: Any) -> None:
        await storage.upload(bucket, "a", b"one")
        await storage.copy(bucket, "a", bucket, new_name="b")
        await storage.compose(bucket, "joined", ["a", "b"])
        assert await storage.download(bucket, "joined") == b"oneone"
        await storage.delete(bucket, "b")
        assert await storage.get_bucket(bucket).list_blobs() == ["a", "joined"]
        assert await storage.get_bucket(bucket).blob_exists("a")
        assert not await storage.get_bucket(bucket).blob_exists("b")

    use(work)


def test_preconditions_and_missing_objects_are_refused(
    use: Callable[[Use], None], bucket: str
) -> None:
    async def work(storage: Any) -> None:
        await storage.upload(bucket, "a", b"one")
        with pytest.raises(aiohttp.ClientResponseError) as refused:
            await storage.upload(bucket, "a", b"two", parameters={"ifGenerationMatch": "0"})
        assert refused.value.status == 412
        with pytest.raises(aiohttp.ClientResponseError) as missing:
            await storage.download(bucket, "missing")
        assert missing.value.status == 404
        changed = await storage.patch_metadata(bucket, "a", {"metadata": {"speakers": "2"}})
        assert changed["metadata"] == {"speakers": "2"}

    use(work)
