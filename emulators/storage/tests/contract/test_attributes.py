"""Attributes of objects come back as they were set, and what could not come back is refused."""

import json

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


@pytest.mark.parametrize(
    "body",
    [
        {"contentType": 5},
        {"cacheControl": ["no-store"]},
        {"contentType": "audio/wav\r\nX-Injected: 1"},
        {"contentDisposition": "attachment\n"},
        {"customTime": "yesterday"},
        {"customTime": "2026-01-01T00:00:00"},
        {"temporaryHold": "yes"},
        {"metadata": {"speakers": 2}},
        {"metadata": {"prompt": "\ud83d"}},
        {"retention": {"mode": "Locked", "retainUntilTime": "2036-01-01T00:00:00Z"}},
        [{"contentType": "audio/wav"}],
    ],
)
def test_what_is_no_attribute_is_refused(
    server: BucketServer, bucket: storage.Bucket, body: object
) -> None:
    write(bucket, "a")
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/a"
    answer = httpx.patch(url, content=json.dumps(body))
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")
    assert httpx.get(f"{url}?alt=media").content == b"x"
    assert bucket.get_blob("a").metageneration == 1


@pytest.mark.parametrize("text", [b'{"labels": {"a": NaN}}', b"[" * 100_000, b'{"a": "\\ud83d"}'])
def test_what_is_no_json_is_refused(
    server: BucketServer, bucket: storage.Bucket, text: bytes
) -> None:
    url = f"{server.url}/storage/v1/b/{bucket.name}"
    assert httpx.patch(url, content=text).status_code == 400
    assert httpx.get(url).status_code == 200


def test_an_object_may_lose_its_content_type(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a", content_type="audio/wav")
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/a"
    answer = httpx.patch(url, json={"contentType": None, "storageClass": None})
    assert "contentType" not in answer.json()
    response = httpx.get(f"{url}?alt=media").raise_for_status()
    assert response.headers["content-type"] == "application/octet-stream"


def test_headers_are_sent_in_utf_8(server: BucketServer, bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.content_disposition = 'attachment; filename="会議.wav"'
    blob.upload_from_string(b"x")
    response = httpx.get(f"{server.url}/storage/v1/b/{bucket.name}/o/a?alt=media")
    sent = dict(response.headers.raw)[b"content-disposition"]
    assert sent.decode() == 'attachment; filename="会議.wav"'


def test_a_signed_url_may_name_the_download(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")
    url, name = f"{server.url}/{bucket.name}/a", 'attachment; filename="会議.wav"'
    response = httpx.get(url, params={"response-content-disposition": name})
    sent = dict(response.headers.raw)[b"content-disposition"]
    assert sent.decode() == name
    refused = httpx.get(url, params={"response-content-disposition": "a\r\nX-Injected: 1"})
    assert refused.status_code == 400


def test_the_xml_api_sends_custom_metadata(server: BucketServer, bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"language": "de", "two words": "x", "two-lines": "a\nb"}
    blob.upload_from_string(b"x")
    headers = httpx.head(f"{server.url}/{bucket.name}/a").headers
    custom = {name: value for name, value in headers.items() if name.startswith("x-goog-meta-")}
    assert custom == {"x-goog-meta-language": "de"}


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 5000, "-1", "1.5"])
def test_a_number_that_is_none_is_refused(
    server: BucketServer, bucket: storage.Bucket, number: str
) -> None:
    url = f"{server.url}/storage/v1/b/{bucket.name}/o"
    assert httpx.get(f"{url}/a", params={"generation": number}).status_code == 400
    assert httpx.get(url, params={"maxResults": number}).status_code == 400
