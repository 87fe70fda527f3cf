"""A browser, curl and Node's client upload to addresses that the gateway gives them."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from emulators.storage.tests.server import BucketServer
from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.adapters.gcs import GcsBlobs
from shared.adapters.memory import MemoryDocuments
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.jobs.webhook_store import WebhookStore
from shared.settings import settings
from tests.clients.conftest import new_bucket
from tests.clients.test_node import MODULES
from tests.support.gateway import MemoryExecutions

PAGES = Path(__file__).parent
CHROMIUM = shutil.which("chromium")
BROWSER = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=30000",
    "--dump-dom",
)
"""Chromium prints the page when its script has run."""
SIZE = 600_000
FIRST = 262_144
"""Bytes of the first part: the least that Cloud Storage stores before the last one."""
CUT = 393_216
"""Bytes after which the upload breaks, about 60 %; storage keeps the multiple of 256 KiB."""
TIMEOUT = 120
"""Seconds."""


class Gateway:
    """A gateway on the storage emulator, and a web page of another origin that it knows."""

    def __init__(self, url: str, page: str, stores: Deployment) -> None:
        self.url = url
        self.page = page
        self.stores = stores
        _, self.key = stores.keys.create("test", ("read", "write"), "", None)

    def begin(self, name: str) -> dict[str, Any]:
        """Returns a new upload of a recording."""
        asked = {"name": name, "size": SIZE}
        answer = httpx.post(f"{self.url}/api/v1/uploads", json=asked, headers=self.headers)
        upload: dict[str, Any] = answer.raise_for_status().json()
        return upload

    def job(self, upload: dict[str, Any]) -> dict[str, Any]:
        """Returns the job of an upload that is complete."""
        url = self.url + upload["upload_status"]
        answer = httpx.get(url, headers=self.headers, follow_redirects=True)
        job: dict[str, Any] = answer.raise_for_status().json()
        return job

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key}


@contextmanager
def page_server() -> Iterator[str]:
    """Serves the folder with the page. Gives its origin."""
    handler = partial(QuietHandler, directory=str(PAGES))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def gateway(server: BucketServer) -> Iterator[Gateway]:
    with pytest.MonkeyPatch.context() as patch, page_server() as page:
        inbox = new_bucket(server)
        rule = {
            "origin": [page],
            "method": ["GET", "POST", "PUT"],
            "responseHeader": ["Content-Type", "Content-Range", "Range"],
        }
        bucket = f"{server.url}/storage/v1/b/{inbox}"
        httpx.patch(bucket, json={"cors": [rule]}).raise_for_status()
        patch.setenv("STORAGE_EMULATOR_HOST", server.url)
        patch.setenv("GOOGLE_CLOUD_PROJECT", "test-project")
        patch.setenv("DROPSCRIBE_INBOX", inbox)
        patch.setenv("DROPSCRIBE_CORS_ORIGINS", json.dumps([page]))
        settings.cache_clear()
        with running(gateway_stores()) as (url, stores):
            yield Gateway(url, page, stores)
    settings.cache_clear()


def gateway_stores() -> Deployment:
    documents = MemoryDocuments()
    return Deployment(
        blobs=GcsBlobs(),
        jobs=JobStore(documents),
        executions=MemoryExecutions(),
        keys=KeyStore(documents, clock=time.time),
        uploads=UploadStore(documents, clock=time.time),
        webhooks=WebhookStore(documents, None, clock=time.time),
        publisher=None,
    )


@contextmanager
def running(stores: Deployment) -> Iterator[tuple[str, Deployment]]:
    """Runs a gateway on a port. Gives its address."""
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    listening = socket.create_server(("127.0.0.1", 0))
    running_server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=running_server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", stores
    running_server.should_exit = True
    thread.join()
    listening.close()


def content(name: str) -> bytes:
    """Returns a recording as storage has it."""
    return GcsBlobs().read(f"gs://{settings().buckets.inbox}/{name}")


def curl(*arguments: str) -> tuple[int, str]:
    """Returns the status and the header Range of the response."""
    shown = "%{http_code} %header{range}"
    silent = ["--silent", "--output", os.devnull, "--write-out", shown]
    command = ["curl", *silent, "--retry", "5", *arguments]  # 503: the broken request is in work
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    status, _, had = done.stdout.partition(" ")
    return int(status), had


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_page_of_another_origin_uploads_in_parts_and_as_a_form(
    gateway: Gateway, tmp_path: Path
) -> None:
    assert CHROMIUM is not None
    address = f"{gateway.page}/page.html#gateway={gateway.url}&key={gateway.key}&size={SIZE}"
    command = [CHROMIUM, *BROWSER, f"--user-data-dir={tmp_path}", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    found = re.search(r'<pre id="result">(.+?)</pre>', done.stdout)
    assert found is not None, done.stderr
    result = json.loads(found[1])
    assert "error" not in result, result
    assert result["begun"][0] == 201 and result["begun"][1].startswith("/api/v1/uploads/")
    assert result["first"] == {"status": 308, "range": f"bytes=0-{FIRST - 1}"}
    assert result["position"] == result["first"]
    assert result["last"]["status"] == 200
    assert (result["job"]["name"], result["job"]["state"]) == ("page.wav", "queued")
    assert result["form"] == [202, "form.wav"]
    assert content("page.wav") == bytes(index % 251 for index in range(SIZE))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_goes_on_with_an_upload_that_broke(
    gateway: Gateway, recording: Path, tmp_path: Path
) -> None:
    upload = gateway.begin("curl.wav")
    url = upload["upload_url"]
    whole = recording.read_bytes()
    (tmp_path / "part").write_bytes(whole[:CUT])
    cut = socket.create_connection(host_of(url))
    cut.sendall(request_head(url) + whole[:CUT])
    cut.close()
    status, had = curl("--request", "PUT", "--header", f"Content-Range: bytes */{SIZE}", url)
    assert status == 308
    start = int(had.rpartition("-")[2] or -1) + 1
    (tmp_path / "rest").write_bytes(whole[start:])
    rest = f"Content-Range: bytes {start}-{SIZE - 1}/{SIZE}"
    sent = curl("--request", "PUT", "--header", rest, "--data-binary", f"@{tmp_path}/rest", url)
    assert sent[0] == 200
    assert gateway.job(upload)["state"] == "queued"
    assert content("curl.wav") == whole


def host_of(url: str) -> tuple[str, int]:
    parts = httpx.URL(url)
    return parts.host, parts.port or 80


def request_head(url: str) -> bytes:
    """Returns the head of a request that sends a whole recording."""
    parts = httpx.URL(url)
    target = parts.raw_path.decode()
    lines = [f"PUT {target} HTTP/1.1", f"Host: {parts.netloc.decode()}", f"Content-Length: {SIZE}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sends_a_form_whose_options_come_after_the_file(
    gateway: Gateway, recording: Path
) -> None:
    form = ["file=@" + str(recording), "name=a/form.wav", "language=en", "x-order-id=77"]
    fields = [argument for field in form for argument in ("--form", field)]
    key = f"Authorization: Bearer {gateway.key}"
    status, _ = curl(*fields, "--header", key, f"{gateway.url}/api/v1/jobs/upload")
    assert status == 202
    assert content("a/form.wav") == recording.read_bytes()
    found = GcsBlobs().find(f"gs://{settings().buckets.inbox}/a/form.wav")
    assert found is not None
    assert (found.metadata["language"], found.metadata["x-order-id"]) == ("en", "77")


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@google-cloud" / "storage").exists(),
    reason="Node's @google-cloud/storage is not installed (make clients)",
)
def test_node_s_client_goes_on_with_an_upload(
    gateway: Gateway, server: BucketServer, recording: Path
) -> None:
    upload = gateway.begin("node.wav")
    whole = recording.read_bytes()
    first = {"Content-Range": f"bytes 0-{FIRST - 1}/{SIZE}"}
    begun = httpx.put(upload["upload_url"], content=whole[:FIRST], headers=first)
    assert begun.status_code == 308
    script = str(PAGES / "node" / "session.cjs")
    target = [settings().buckets.inbox, "node.wav", str(recording)]
    command = ["node", script, *target, upload["upload_url"], str(FIRST)]
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(MODULES),
        "STORAGE_EMULATOR_HOST": server.url,
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    assert gateway.job(upload)["state"] == "queued"
    assert content("node.wav") == whole


def test_a_size_that_lies_ends_in_an_error_of_storage_and_no_job(gateway: Gateway) -> None:
    for size in (SIZE - 1, SIZE + 1):
        upload = gateway.begin(f"lie-{size}.wav")
        answer = httpx.put(upload["upload_url"], content=bytes(size))
        assert answer.status_code == 400
        url = gateway.url + upload["upload_status"]
        assert httpx.get(url, headers=gateway.headers).status_code == 200
