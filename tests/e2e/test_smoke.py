"""`make smoke` reports the answer or the reason for its absence, on the one-machine cloud."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.deployment import Deployment, Failed, find_deployment, from_outputs
from local.layout import INBOX, OUTBOX
from tests.support.cloud import Cloud
from tests.support.recordings import silence, speech, wav

ROOT = Path(__file__).parents[2]
BUCKETS = ("--inbox", INBOX, "--outbox", OUTBOX)


def smoke(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        (sys.executable, "-m", "local.cli", "smoke", *arguments),
        cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def at(cloud: Cloud) -> dict[str, str]:
    return {"STORAGE_EMULATOR_HOST": cloud.home.ports().url("storage")}


def recording(folder: Path, content: bytes) -> str:
    (folder / "call.wav").write_bytes(content)
    return str(folder / "call.wav")


def test_the_answer_is_printed(cloud: Cloud) -> None:
    done = smoke(at(cloud), *BUCKETS)
    assert done.returncode == 0, done.stderr
    assert (
        "Word." in done.stdout and "30 s of sound" in done.stdout and "models: noop" in done.stdout
    )
    first, awaited, hint = done.stderr.splitlines()
    uploaded = first.removeprefix(f"uploaded gs://{INBOX}/")
    assert f"gs://{OUTBOX}/{uploaded}/transcript.json" in done.stdout
    assert awaited.startswith(
        f"waiting for transcript.json or problem.json in gs://{OUTBOX}/{uploaded}/: at most 1800 s"
    )
    assert hint == "the API was not tried: that needs --url and --key"


@pytest.mark.slow
def test_env_points_it_at_the_one_machine_cloud(cloud: Cloud, tmp_path: Path) -> None:
    """With a key it tries the API, too, by an upload session, and erases what it uploaded there."""
    file = recording(tmp_path, wav(speech()[104_000:184_000]))
    done = smoke(cloud.printed_environment(), file)
    assert done.returncode == 0, done.stderr
    assert "5 s of sound" in done.stdout
    (name,) = re.findall(r"^uploaded (smoke/\S+) through http://127.0.0.1:", done.stdout, re.M)
    assert "Word." in done.stdout.partition(f"uploaded {name}")[2]
    assert "answered by the API after" in done.stdout and "and erased" in done.stdout
    assert cloud.client.bucket(INBOX).get_blob(name) is None
    assert cloud.files(name) == {}


@pytest.mark.slow
def test_a_problem_of_the_api_is_reported(cloud: Cloud, tmp_path: Path) -> None:
    """The key may not erase."""
    file = recording(tmp_path, wav(silence(1)))
    url = cloud.home.ports().url("gateway")
    made = cloud.command("keys", "create", "smoke", "--scope", "read", "--scope", "write")
    done = smoke(at(cloud), file, *BUCKETS, "--url", url, "--key", made.stdout.strip())
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"the API at {url}: " in done.stderr and "'erase'" in done.stderr


def test_a_problem_is_reported(cloud: Cloud, tmp_path: Path) -> None:
    done = smoke(at(cloud), recording(tmp_path, b"this is no recording"), *BUCKETS)
    assert (done.returncode, done.stdout) == (1, "")
    assert "urn:dropscribe:problem:not-audio" in done.stderr and "Traceback" not in done.stderr


def test_a_deadline_is_reported(cloud: Cloud, tmp_path: Path) -> None:
    """Nobody watches the outbox for uploads, so nothing in it is ever answered."""
    file = recording(tmp_path, wav(silence(1)))
    done = smoke(at(cloud), file, "--inbox", OUTBOX, "--outbox", OUTBOX, "--seconds", "0")
    assert done.returncode == 1
    assert "no answer within 0 s" in done.stderr and "Traceback" not in done.stderr
    assert "an execution of the workflow" in done.stderr, "what to look at"


def test_a_missing_bucket_is_reported(cloud: Cloud) -> None:
    done = smoke(at(cloud), "--inbox", "no-such-inbox", "--outbox", OUTBOX)
    assert done.returncode == 1
    assert "gs://no-such-inbox, or an object in it, does not exist" in done.stderr


@pytest.fixture
def forbidding() -> Iterator[str]:
    """A Cloud Storage that lets nobody do anything."""

    class Forbid(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(
                {"error": {"code": 403, "message": "no storage.objects.create"}}
            ).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Forbid) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_missing_right_is_reported(forbidding: str) -> None:
    done = smoke({"STORAGE_EMULATOR_HOST": forbidding}, *BUCKETS)
    assert done.returncode == 1
    assert (
        f"no permission for gs://{INBOX} (403)" in done.stderr
        and "roles/storage.objectCreator" in done.stderr
    )


def test_missing_credentials_are_reported(tmp_path: Path) -> None:
    done = smoke({"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}, *BUCKETS)
    assert done.returncode == 1
    assert "gcloud auth application-default login" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_terraform_is_reported(tmp_path: Path) -> None:
    done = smoke({"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "terraform is not installed" in done.stderr and "INBOX=" in done.stderr


def test_terraforms_outputs_name_the_deployment() -> None:
    values = {
        "inbox": "in",
        "outbox": "out",
        "workflow": "projects/p/locations/l/workflows/w",
        "upload_command": "…",
    }
    told = json.dumps(
        {
            name: {"value": value, "type": "string", "sensitive": False}
            for name, value in values.items()
        }
    )
    found = from_outputs(told)
    assert (found.inbox, found.outbox, found.work) == ("in", "out", None)
    assert (found.project, found.region) == ("p", "l")


@pytest.mark.parametrize(
    ("told", "says"),
    [("{}", "run `make deploy` first"), ('{"inbox": {"value": "in"}}', "lack outbox")],
)
def test_outputs_that_name_no_deployment_are_reported(told: str, says: str) -> None:
    with pytest.raises(Failed, match=says):
        from_outputs(told)


def test_one_bucket_alone_is_refused() -> None:
    with pytest.raises(Failed, match="name both"):
        find_deployment(inbox="in")
    assert find_deployment("in", "out") == Deployment(inbox="in", outbox="out")
