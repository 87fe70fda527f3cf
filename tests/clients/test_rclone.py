"""rclone works as on Google.

`make clients` installs it on Debian, as root.
"""

import json
import shutil
from pathlib import Path

import pytest

from emulators.storage.tests.server import BucketServer
from tests.clients.commands import Command
from tests.clients.conftest import names_in

pytestmark = pytest.mark.skipif(
    shutil.which("rclone") is None, reason="rclone is not installed (make clients)"
)


@pytest.fixture
def rclone(server: BucketServer, tmp_path: Path) -> Command:
    remote = {
        "TYPE": "google cloud storage",
        "ANONYMOUS": "true",
        "ENDPOINT": f"{server.url}/storage/v1/",
        "BUCKET_POLICY_ONLY": "true",
    }
    environment = {f"RCLONE_CONFIG_LOCAL_{key}": value for key, value in remote.items()}
    config = str(tmp_path / "rclone.conf")
    return Command(("rclone", "--config", config, "--retries", "1"), environment, tmp_path)


def test_a_file_goes_in_and_out(rclone: Command, bucket: str, recording: Path) -> None:
    place = f"local:{bucket}/a/ü b.wav"
    rclone.output("copyto", str(recording), place)
    (found,) = json.loads(rclone.output("lsjson", f"local:{bucket}/a"))
    assert (found["Name"], found["Size"]) == ("ü b.wav", recording.stat().st_size)
    data = recording.read_bytes()
    assert rclone.output("cat", place) == data
    assert rclone.output("cat", "--offset", "10", "--count", "5", place) == data[10:15]
    rclone.output("copyto", place, "back.wav")
    assert (rclone.folder / "back.wav").read_bytes() == data


def test_a_large_file_is_uploaded_in_parts(rclone: Command, bucket: str, recording: Path) -> None:
    data = recording.read_bytes() * 30  # more than the 16 MiB of a part
    (rclone.folder / "large").mkdir()
    (rclone.folder / "large" / "a.bin").write_bytes(data)
    rclone.output("sync", "large", f"local:{bucket}/large")
    rclone.output("check", "large", f"local:{bucket}/large")
    rclone.output("rcat", f"local:{bucket}/piped.bin", stdin=data)
    assert rclone.output("cat", f"local:{bucket}/piped.bin") == data


def test_objects_are_copied_moved_and_deleted(
    rclone: Command, bucket: str, server: BucketServer, recording: Path
) -> None:
    rclone.output("copyto", str(recording), f"local:{bucket}/a")
    rclone.output("copyto", f"local:{bucket}/a", f"local:{bucket}/folder/copy")
    rclone.output("moveto", f"local:{bucket}/a", f"local:{bucket}/folder/moved")
    assert names_in(server, bucket) == ["folder/copy", "folder/moved"]
    rclone.output("deletefile", f"local:{bucket}/folder/copy")
    assert rclone.output("lsf", f"local:{bucket}/folder") == b"moved\n"
    rclone.output("delete", f"local:{bucket}/folder")
    assert names_in(server, bucket) == []


def test_a_missing_object_is_not_found(rclone: Command, bucket: str) -> None:
    done = rclone.run("deletefile", f"local:{bucket}/missing")
    assert done.returncode != 0
