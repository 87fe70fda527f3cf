"""Objects that are stored with Content-Encoding gzip are served as Google serves them."""

import gzip

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.server import BucketServer

DATA = b"RIFF and so on, " * 5000
PACKED = gzip.compress(DATA, mtime=0)
PLAIN = {"Accept-Encoding": "identity"}


def store(
    bucket: storage.Bucket, packed: bytes = PACKED, encoding: str = "gzip", cache: str | None = None
) -> None:
    blob = bucket.blob("a")
    blob.content_encoding, blob.cache_control = encoding, cache
    blob.upload_from_string(packed, content_type="audio/wav")


def get(
    server: BucketServer, bucket: storage.Bucket, **headers: str
) -> tuple[httpx.Response, bytes]:
    """Returns the response and its body as it was sent."""
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/a?alt=media"
    wanted = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.stream("GET", url, headers=wanted) as response:
        return response, b"".join(response.iter_raw())


def test_it_is_unpacked_for_a_client_that_does_not_take_gzip(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    store(bucket)
    response, body = get(server, bucket, accept_encoding="identity", range="bytes=0-9")
    assert (response.status_code, body) == (200, DATA)  # the range is ignored
    assert "content-encoding" not in response.headers
    assert "content-length" not in response.headers
    assert response.headers["x-goog-stored-content-encoding"] == "gzip"
    assert response.headers["x-goog-stored-content-length"] == str(len(PACKED))


def test_it_is_served_as_it_is_to_a_client_that_takes_gzip(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    store(bucket)
    response, body = get(server, bucket, accept_encoding="gzip, deflate")
    assert (response.status_code, body) == (200, PACKED)
    assert response.headers["content-encoding"] == "gzip"
    response, body = get(server, bucket, accept_encoding="gzip", range="bytes=2-9")
    assert (response.status_code, body) == (206, PACKED[2:10])


@pytest.mark.parametrize(
    ("packed", "encoding", "cache"),
    [
        (PACKED, "gzip", "public, no-transform"),
        (PACKED, "gzip", "No-Transform"),
        (PACKED, "br", None),
        (PACKED, "", None),
        (DATA, "gzip", None),
    ],
)
def test_all_other_objects_are_served_as_they_are(
    server: BucketServer, bucket: storage.Bucket, packed: bytes, encoding: str, cache: str | None
) -> None:
    store(bucket, packed, encoding, cache)
    response, body = get(server, bucket, accept_encoding="identity")
    assert (response.status_code, body) == (200, packed)
    assert response.headers["content-length"] == str(len(packed))


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.000", "br, deflate", "*"])
def test_a_client_may_refuse_gzip(
    server: BucketServer, bucket: storage.Bucket, accepted: str
) -> None:
    store(bucket)
    assert get(server, bucket, accept_encoding=accepted)[1] == DATA


@pytest.mark.parametrize("packed", [PACKED[:-1], PACKED[:100], PACKED + PACKED[:20]])
def test_an_object_without_its_end_breaks_the_connection(
    server: BucketServer, bucket: storage.Bucket, packed: bytes
) -> None:
    store(bucket, packed)
    with pytest.raises(httpx.RemoteProtocolError):
        get(server, bucket, accept_encoding="identity")


def test_nobody_is_told_that_it_is_empty(server: BucketServer, bucket: storage.Bucket) -> None:
    """Its unpacked size is not known."""
    store(bucket)
    headers = httpx.head(f"{server.url}/{bucket.name}/a", headers=PLAIN).headers
    assert "content-length" not in headers
    assert headers["x-goog-stored-content-length"] == str(len(PACKED))


def test_all_members_are_unpacked(server: BucketServer, bucket: storage.Bucket) -> None:
    store(bucket, PACKED + gzip.compress(b"the end"))
    assert get(server, bucket, accept_encoding="identity")[1] == DATA + b"the end"


def test_google_s_client_unpacks_it(bucket: storage.Bucket) -> None:
    store(bucket)
    assert bucket.blob("a").download_as_bytes() == DATA
    assert bucket.blob("a").download_as_bytes(raw_download=True) == PACKED
