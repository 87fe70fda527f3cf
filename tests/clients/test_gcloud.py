"""`gcloud storage` works as on Google.

It is skipped where the Google Cloud CLI is not installed.
"""

import json
import shutil
from pathlib import Path

import pytest

from emulators.storage.tests.server import BucketServer
from tests.clients.commands import Command
from tests.clients.conftest import names_in

pytestmark = pytest.mark.skipif(
    shutil.which("gcloud") is None, reason="the Google Cloud CLI (gcloud) is not installed"
)


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gcloud")


@pytest.fixture
def gcloud(server: BucketServer, configuration: Path, tmp_path: Path) -> Command:
    environment = {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{server.url}/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_PROJECT": "test-project",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "true",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_STORAGE_RESUMABLE_THRESHOLD": "200Ki",
        "CLOUDSDK_CONFIG": str(configuration),
    }
    return Command(("gcloud", "storage"), environment, tmp_path)


def test_a_file_goes_in_and_out(gcloud: Command, bucket: str, recording: Path) -> None:
    small = gcloud.folder / "small.wav"
    small.write_bytes(recording.read_bytes()[:90_000])
    url = f"gs://{bucket}/folder"
    gcloud.output("cp", str(small), f"{url}/small.wav")  # multipart
    described = "--custom-metadata=language=de"
    gcloud.output("cp", described, str(recording), f"{url}/call ü.wav")  # resumable
    assert gcloud.output("cat", "-r", "5-9", f"{url}/small.wav") == small.read_bytes()[5:10]
    gcloud.output("cp", f"{url}/call ü.wav", "back.wav")
    assert (gcloud.folder / "back.wav").read_bytes() == recording.read_bytes()
    listed = gcloud.output("ls", url).decode().split("\n")
    assert listed[:-1] == [f"{url}/call ü.wav", f"{url}/small.wav"]
    found = json.loads(gcloud.output("objects", "describe", f"{url}/call ü.wav", "--format=json"))
    assert found["custom_fields"]["language"] == "de"


@pytest.mark.slow  # over HTTP: emulators/storage/tests
def test_a_file_that_is_packed_on_its_way_is_stored_unpacked(
    gcloud: Command, bucket: str, recording: Path
) -> None:
    small = gcloud.folder / "small.wav"
    small.write_bytes(recording.read_bytes()[:90_000])
    for path in (small, recording):  # multipart and resumable
        gcloud.output("cp", "-J", str(path), f"gs://{bucket}/{path.name}")
        assert gcloud.output("cat", f"gs://{bucket}/{path.name}") == path.read_bytes()


@pytest.mark.slow  # Google's Python client does the same with each change: emulators/storage/tests
def test_objects_are_copied_moved_and_deleted(
    gcloud: Command, bucket: str, server: BucketServer, recording: Path
) -> None:
    url = f"gs://{bucket}"
    gcloud.output("cp", str(recording), f"{url}/a")
    gcloud.output("cp", f"{url}/a", f"{url}/copy")
    gcloud.output("mv", f"{url}/copy", f"{url}/moved")
    assert names_in(server, bucket) == ["a", "moved"]
    gcloud.output("rm", f"{url}/moved")
    assert names_in(server, bucket) == ["a"]


@pytest.mark.slow  # as the one before
def test_preconditions_and_missing_objects_are_refused(
    gcloud: Command, bucket: str, recording: Path
) -> None:
    url = f"gs://{bucket}/a"
    gcloud.output("cp", str(recording), url, "--if-generation-match=0")
    refused = gcloud.run("cp", str(recording), url, "--if-generation-match=0")
    assert refused.returncode != 0 and b"412" in refused.stderr
    assert gcloud.run("cat", f"{url}/missing").returncode != 0
