"""The real gcloud submits the build, with no other files than the Dockerfile copies.

It is skipped where the Google Cloud CLI is not installed.
"""

import io
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.tests.server import BucketServer
from images.cloud_build import build_config, references, submit_command
from images.references import ROOT
from tests.clients.commands import Command
from tests.clients.test_gcloud import configuration

pytestmark = [
    pytest.mark.skipif(
        shutil.which("gcloud") is None, reason="the Google Cloud CLI (gcloud) is not installed"
    ),
    pytest.mark.slow,  # gcloud takes seconds to start
]
__all__ = ["configuration"]

REGISTRY = "europe-west4-docker.pkg.dev/acme-speech/dropscribe"
FUNCTIONS = ("prepare", "align")
DIGEST = f"sha256:{7:064x}"


@dataclass
class CloudBuild:
    """A server that takes a build, and says that it succeeded."""

    build: dict[str, Any] = field(default_factory=dict)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ours.build = json.loads(body)
                self.send({"name": "operations/1", "metadata": {"build": ours.finished()}})

            def do_GET(self) -> None:
                self.send(ours.finished())

            def send(self, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def finished(self) -> dict[str, Any]:
        images = [{"name": f"{name}:latest", "digest": DIGEST} for name in self.build["images"]]
        ours = {"id": "1", "projectId": "acme-speech", "status": "SUCCESS"}
        return {**self.build, **ours, "results": {"images": images}}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def cloud_build() -> Iterator[CloudBuild]:
    service = CloudBuild()
    thread = threading.Thread(target=service.server.serve_forever)
    thread.start()
    yield service
    service.server.shutdown()
    thread.join()
    service.server.server_close()


def test_gcloud_submits_the_build(
    cloud_build: CloudBuild, server: BucketServer, configuration: Path, tmp_path: Path
) -> None:
    settings = {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{server.url}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD": cloud_build.url,
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "true",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_CONFIG": str(configuration),
    }
    config = build_config(REGISTRY, FUNCTIONS, ["--build-arg", "BASE=a"])
    file = tmp_path / "cloudbuild.json"
    file.write_text(json.dumps(config))
    account = "dropscribe-build@acme-speech.iam.gserviceaccount.com"
    gcloud, *arguments = submit_command(REGISTRY, file, account)
    printed = Command((gcloud,), settings, tmp_path).output(*arguments)
    assert references(printed.decode(), REGISTRY, FUNCTIONS) == {
        name: f"{REGISTRY}/{name}@{DIGEST}" for name in FUNCTIONS
    }
    sent = cloud_build.build
    assert {name: sent[name] for name in config} == config
    assert sent["serviceAccount"] == f"projects/acme-speech/serviceAccounts/{account}"
    source = sent["source"]["storageSource"]
    with server.client() as client:
        archive = client.bucket(source["bucket"]).blob(source["object"]).download_as_bytes()
    assert files_of(archive) == {".dockerignore", "Dockerfile"} | context()


def files_of(archive: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {member.name for member in files if member.isfile()}


def context() -> set[str]:
    """Returns the files in the repository that a build may copy, as .dockerignore says."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", *kept)
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return set(listed.stdout.splitlines())
