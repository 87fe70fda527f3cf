"""What the server cannot do, and addresses that it does not have, are refused by name."""

from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


@pytest.fixture
def http(server: BucketServer, bucket: storage.Bucket) -> Iterator[httpx.Client]:
    """A client of the server, whose bucket has the object a/b."""
    write(bucket, "a/b")
    with httpx.Client(base_url=server.url) as http:
        yield http


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/storage/v1/b/BUCKET/o/a/b", 404, "notFound"),
        ("GET", "/download/storage/v1/b/BUCKET/o/a/b", 404, "notFound"),
        ("GET", "/storage/v1/b/BUCKET/o/a%2Fb/", 404, "notFound"),
        ("GET", "/storage/v1/b/BUCKET/iam", 404, "notFound"),
        ("GET", "/storage/v1/projects/p/hmacKeys", 404, "notFound"),
        ("POST", "/storage/v1/b/BUCKET/o/a%2Fb/restore", 404, "notFound"),
        ("POST", "/storage/v1/b/BUCKET/o/a%2Fb", 405, "methodNotAllowed"),
        ("POST", "/storage/v1/b/BUCKET/o", 405, "methodNotAllowed"),
        ("DELETE", "/storage/v1/b", 405, "methodNotAllowed"),
        ("GET", "/upload/storage/v1/b/BUCKET/o?uploadType=media&name=x", 405, "methodNotAllowed"),
        ("GET", "/batch/storage/v1", 405, "methodNotAllowed"),
        ("GET", "/storage/v1/b/BUCKET/o?softDeleted=true", 400, "invalid"),
        ("GET", '/storage/v1/b/BUCKET/o?filter=contexts."a"="b"', 400, "invalid"),
        ("GET", "/storage/v1/b/BUCKET/o/a%2Fb?alt=proto", 400, "invalid"),
    ],
)
def test_the_json_api_refuses(
    http: httpx.Client,
    bucket: storage.Bucket,
    method: str,
    path: str,
    status: int,
    reason: str,
) -> None:
    answer = http.request(method, path.replace("BUCKET", bucket.name))
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (status, reason)
    assert "bucket does not exist" not in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "code"),
    [
        ("PUT", "/a/b?acl", {}, "NotImplemented"),
        ("PUT", "/a/b?compose", {}, "NotImplemented"),
        ("GET", "/a/b?tagging", {}, "NotImplemented"),
        ("PUT", "/a/b", {"x-amz-content-sha256": "STREAMING-UNSIGNED"}, "NotImplemented"),
        ("PUT", "/a/b", {"x-amz-copy-source": "/other/c"}, "NotImplemented"),
        ("PUT", "/a/b", {"x-goog-encryption-algorithm": "AES256"}, "NotImplemented"),
        ("POST", "", {"content-type": "multipart/form-data; boundary=F"}, "NotImplemented"),
        ("POST", "/", {"content-type": "multipart/form-data; boundary=F"}, "NotImplemented"),
        ("PUT", "", {}, "MethodNotAllowed"),
        ("PATCH", "/a/b", {}, "MethodNotAllowed"),
    ],
)
def test_the_xml_api_refuses_and_changes_nothing(
    http: httpx.Client,
    bucket: storage.Bucket,
    method: str,
    path: str,
    headers: dict[str, str],
    code: str,
) -> None:
    answer = http.request(method, f"/{bucket.name}{path}", headers=headers, content=b"other")
    assert answer.status_code in (400, 405)
    assert ElementTree.fromstring(answer.content).findtext("Code") == code
    assert bucket.blob("a/b").download_as_bytes() == b"x"


def test_an_object_with_a_key_of_a_customer_is_refused(bucket: storage.Bucket) -> None:
    with pytest.raises(Exception, match="keys of customers"):
        bucket.blob("c", encryption_key=bytes(32)).upload_from_string(b"x")
    assert not bucket.blob("c").exists()


def test_a_slash_too_many_does_no_harm(server: BucketServer, bucket: storage.Bucket) -> None:
    """Google takes one after a collection, and clients double the one after the host."""
    made = f"{server.url}//upload/storage/v1/b/{bucket.name}/o/?uploadType=media&name=c"
    assert httpx.post(made, content=b"x").status_code == 200
    for path in (f"/storage/v1/b/{bucket.name}/o/", f"//storage/v1/b/{bucket.name}/o"):
        found = httpx.get(server.url + path).raise_for_status().json()
        assert [item["name"] for item in found["items"]] == ["c"]
    assert httpx.get(f"{server.url}/storage/v1/b/").status_code == 200


def test_a_method_may_be_named_by_a_header(http: httpx.Client, bucket: storage.Bucket) -> None:
    """Java's client sends PATCH so."""
    path = f"/storage/v1/b/{bucket.name}/o/a%2Fb"
    override = {"X-HTTP-Method-Override": "PATCH"}
    body = {"metadata": {"language": "de"}}
    assert http.post(path, json=body, headers=override).status_code == 200
    assert bucket.get_blob("a/b").metadata == {"language": "de"}
