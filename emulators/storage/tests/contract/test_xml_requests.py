"""The XML API lists and copies objects for clients that use no other, such as obstore."""

from xml.etree import ElementTree

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


def listed(server: BucketServer, bucket: storage.Bucket, **parameters: str) -> ElementTree.Element:
    query = {"list-type": "2", **{key.replace("_", "-"): text for key, text in parameters.items()}}
    answer = httpx.get(f"{server.url}/{bucket.name}", params=query).raise_for_status()
    return ElementTree.fromstring(answer.content)


def texts(document: ElementTree.Element, path: str) -> list[str | None]:
    return [element.text for element in document.findall(path)]


def test_a_listing_has_what_the_json_api_tells(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    blob = write(bucket, "a/ü & <b>", b"data")
    (contents,) = listed(server, bucket).findall("{*}Contents")
    assert contents.findtext("{*}Key") == blob.name
    assert contents.findtext("{*}Size") == "4"
    assert contents.findtext("{*}Generation") == str(blob.generation)
    assert contents.findtext("{*}ETag") == blob.etag


def test_a_listing_has_folders_and_pages(server: BucketServer, bucket: storage.Bucket) -> None:
    for name in ("a", "b/1", "b/2", "c", "d"):
        write(bucket, name)
    first = listed(server, bucket, delimiter="/", max_keys="2")
    assert texts(first, "{*}Contents/{*}Key") == ["a"]
    assert texts(first, "{*}CommonPrefixes/{*}Prefix") == ["b/"]
    assert first.findtext("{*}IsTruncated") == "true"
    token = first.findtext("{*}NextContinuationToken", "")
    second = listed(server, bucket, delimiter="/", continuation_token=token)
    assert texts(second, "{*}Contents/{*}Key") == ["c", "d"]
    assert second.findtext("{*}IsTruncated") == "false"
    after = listed(server, bucket, prefix="b/", start_after="b/1")
    assert texts(after, "{*}Contents/{*}Key") == ["b/2"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/no-such-bucket?list-type=2", 404), ("/{bucket}", 400), ("/{bucket}/", 400)],
)
def test_other_requests_for_a_bucket_are_refused(
    server: BucketServer, bucket: storage.Bucket, path: str, status: int
) -> None:
    answer = httpx.get(server.url + path.format(bucket=bucket.name))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/xml")


def test_a_copy_has_the_attributes_of_its_source(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    blob = bucket.blob("a/ü")
    blob.metadata = {"language": "de"}
    blob.upload_from_string(b"data", content_type="audio/wav")
    headers = {"x-goog-copy-source": f"{bucket.name}/a/%C3%BC"}
    url = f"{server.url}/{bucket.name}/copy"
    answer = httpx.put(url, headers=headers)
    assert answer.status_code == 200 and b"CopyObjectResult" in answer.content
    found = bucket.get_blob("copy")
    assert (found.download_as_bytes(), found.metadata) == (b"data", {"language": "de"})
    headers |= {"x-goog-metadata-directive": "REPLACE", "x-goog-meta-language": "en"}
    assert httpx.put(url, headers=headers).status_code == 200
    assert bucket.get_blob("copy").metadata == {"language": "en"}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"x-goog-if-generation-match": "0"}, 412),
        ({"x-goog-copy-source-if-generation-match": "1"}, 412),
        ({"x-goog-copy-source-generation": "1"}, 404),
    ],
)
def test_a_copy_has_preconditions(
    server: BucketServer, bucket: storage.Bucket, condition: dict[str, str], status: int
) -> None:
    write(bucket, "a", b"a")
    write(bucket, "b", b"b")
    headers = {"x-goog-copy-source": f"{bucket.name}/a", **condition}
    assert httpx.put(f"{server.url}/{bucket.name}/b", headers=headers).status_code == status
    assert bucket.blob("b").download_as_bytes() == b"b"
