"""Signed URLs of the XML API work for programs and for web pages (CORS)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import storage
from google.oauth2 import service_account

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer

PAGE = "http://127.0.0.1:8080"
OTHER_PAGE = "http://127.0.0.1:8081"
BROWSER = {"Origin": PAGE, "Sec-Fetch-Site": "same-site"}


@pytest.fixture(scope="module")
def signer() -> Any:
    """Returns an invented service account: the server knows no public keys."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    info = {
        "client_email": "a@b.iam",
        "private_key": pem.decode(),
        "token_uri": "http://127.0.0.1/token",
    }
    return service_account.Credentials.from_service_account_info(info)


def signed(server: BucketServer, blob: storage.Blob, signer: Any, **options: object) -> str:
    place = {"version": "v4", "expiration": 60, "api_access_endpoint": server.url}
    return str(blob.generate_signed_url(**place, credentials=signer, **options))


def refused(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code")


def test_an_object_is_put_and_got(
    server: BucketServer, bucket: storage.Bucket, signer: Any
) -> None:
    blob = bucket.blob("a b/ü.wav")
    headers = {
        "Content-Type": "audio/wav",
        "x-goog-meta-language": "de",
        "x-goog-if-generation-match": "0",
    }
    url = signed(server, blob, signer, method="PUT", headers=headers)
    assert httpx.put(url, content=b"data", headers=headers).status_code == 200
    assert refused(httpx.put(url, content=b"data", headers=headers)) == (412, "PreconditionFailed")
    blob.reload()
    assert (blob.content_type, blob.metadata) == ("audio/wav", {"language": "de"})
    link = signed(
        server, blob, signer, response_disposition="attachment", response_type="text/plain"
    )
    answer = httpx.get(link)
    assert (answer.content, answer.headers["etag"]) == (b"data", blob.etag)
    assert (answer.headers["content-disposition"], answer.headers["content-type"]) == (
        "attachment",
        "text/plain",
    )
    assert httpx.delete(signed(server, blob, signer, method="DELETE")).status_code == 204
    assert refused(httpx.get(link)) == (404, "NoSuchKey")


def test_a_resumable_upload_begins_at_a_signed_url(
    server: BucketServer, bucket: storage.Bucket, signer: Any
) -> None:
    headers = {"Content-Type": "audio/wav", "x-goog-resumable": "start"}
    started = httpx.post(
        signed(server, bucket.blob("a"), signer, method="RESUMABLE"), headers=headers
    )
    assert started.status_code == 201
    url = started.headers["Location"]
    assert (
        httpx.put(url, content=b"abc", headers={"Content-Range": "bytes 0-2/6"}).status_code == 308
    )
    assert (
        httpx.put(url, content=b"def", headers={"Content-Range": "bytes 3-5/6"}).status_code == 200
    )
    found = bucket.get_blob("a")
    assert (found.download_as_bytes(), found.content_type) == (b"abcdef", "audio/wav")


def test_an_expired_url_is_refused(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")

    def get(age: timedelta) -> httpx.Response:
        date = f"{datetime.now(UTC) - age:%Y%m%dT%H%M%SZ}"
        return httpx.get(
            f"{server.url}/{bucket.name}/a", params={"X-Goog-Date": date, "X-Goog-Expires": "60"}
        )

    assert get(timedelta(seconds=5)).status_code == 200
    assert refused(get(timedelta(seconds=65))) == (400, "ExpiredToken")


def test_parts_are_joined_in_the_order_of_their_numbers(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    url = f"{server.url}/{bucket.name}/a"
    begun = ElementTree.fromstring(httpx.post(f"{url}?uploads").content)
    upload = {"uploadId": begun.findtext("{*}UploadId", "")}
    etags = {}
    for number, data in ((2, b"two"), (1, b"wrong"), (1, b"one"), (3, b"left out")):
        etags[number] = httpx.put(
            url, content=data, params={**upload, "partNumber": number}
        ).headers["ETag"]

    def complete(*numbers: int) -> httpx.Response:
        parts = "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{etags[n]}</ETag></Part>" for n in numbers
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        return httpx.post(url, params=upload, content=body)

    assert refused(complete(2, 1)) == (400, "InvalidArgument")
    assert complete(1, 2).status_code == 200
    assert bucket.blob("a").download_as_bytes() == b"onetwo"
    assert refused(complete(1, 2)) == (404, "NoSuchUpload")
    assert len(list((server.folder / "content").iterdir())) == len(list(everything(server)))


def everything(server: BucketServer) -> list[storage.Blob]:
    with server.client() as client:
        return [
            blob for bucket in client.list_buckets() for blob in bucket.list_blobs(versions=True)
        ]


def test_an_aborted_upload_leaves_no_parts(server: BucketServer, bucket: storage.Bucket) -> None:
    url, before = f"{server.url}/{bucket.name}/a", set((server.folder / "content").iterdir())
    begun = ElementTree.fromstring(httpx.post(f"{url}?uploads").content)
    upload = {"uploadId": begun.findtext("{*}UploadId", "")}
    httpx.put(url, content=b"x", params={**upload, "partNumber": 1}).raise_for_status()
    assert httpx.delete(url, params=upload).status_code == 204
    assert set((server.folder / "content").iterdir()) == before
    assert refused(httpx.put(url, content=b"x", params={**upload, "partNumber": 1})) == (
        404,
        "NoSuchUpload",
    )


def test_a_web_page_needs_the_bucket_s_leave(server: BucketServer, bucket: storage.Bucket) -> None:
    url = f"{server.url}/{bucket.name}/a"
    ask = {**BROWSER, "Access-Control-Request-Method": "PUT"}
    assert httpx.options(url, headers=ask).status_code == 403
    assert refused(httpx.put(url, content=b"x", headers=BROWSER)) == (403, "AccessDenied")
    bucket.cors = [
        {
            "origin": [PAGE],
            "method": ["PUT"],
            "responseHeader": ["Content-Type"],
            "maxAgeSeconds": 60,
        }
    ]
    bucket.patch()
    allowed = httpx.options(url, headers=ask)
    assert (
        allowed.status_code == 200
        and allowed.headers["access-control-allow-headers"] == "Content-Type"
    )
    written = httpx.put(url, content=b"x", headers=BROWSER)
    assert (written.status_code, written.headers["access-control-allow-origin"]) == (200, PAGE)
    assert httpx.get(url, headers=BROWSER).status_code == 403
    assert (
        httpx.put(
            url, content=b"x", headers={**BROWSER, "Origin": "http://evil.example"}
        ).status_code
        == 403
    )


def test_a_server_may_open_an_upload_for_a_web_page(bucket: storage.Bucket) -> None:
    assert (
        bucket.blob("a")
        .create_resumable_upload_session(origin=PAGE)
        .startswith("http://127.0.0.1:")
    )


def test_only_the_page_for_which_an_upload_was_opened_goes_on_with_it(
    bucket: storage.Bucket,
) -> None:
    rule = {"origin": [PAGE, OTHER_PAGE], "method": ["PUT"], "responseHeader": ["Range"]}
    bucket.cors = [rule]
    bucket.patch()
    url = bucket.blob("a").create_resumable_upload_session(origin=PAGE, size=300_000)
    first = {"Content-Range": "bytes 0-262143/300000"}
    other = {**BROWSER, "Origin": OTHER_PAGE}
    assert httpx.put(url, content=bytes(262_144), headers={**other, **first}).status_code == 403
    taken = httpx.put(url, content=bytes(262_144), headers={**BROWSER, **first})
    assert (taken.status_code, taken.headers["range"]) == (308, "bytes=0-262143")
    assert taken.headers["access-control-allow-origin"] == PAGE
    assert taken.headers["access-control-expose-headers"] == "Range"
    last = {"Content-Range": "bytes 262144-299999/300000"}
    done = httpx.put(url, content=bytes(37_856), headers={**BROWSER, **last})
    assert (done.status_code, done.headers["access-control-allow-origin"]) == (200, PAGE)


def test_no_page_goes_on_with_an_upload_that_was_opened_for_none(bucket: storage.Bucket) -> None:
    bucket.cors = [{"origin": [PAGE], "method": ["PUT"], "responseHeader": ["Range"]}]
    bucket.patch()
    url = bucket.blob("a").create_resumable_upload_session(size=1)
    assert httpx.put(url, content=b"x", headers=BROWSER).status_code == 403
    ask = {**BROWSER, "Access-Control-Request-Method": "PUT"}
    assert httpx.options(url, headers=ask).status_code == 403
    assert httpx.put(url, content=b"x").status_code == 200


def test_another_host_name_is_refused(server: BucketServer) -> None:
    """A web site can let its own name point here, but it cannot forge the Host header."""
    assert (
        httpx.get(f"{server.url}/storage/v1/b", headers={"Host": "evil.example"}).status_code == 400
    )
