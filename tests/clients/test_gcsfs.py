"""gcsfs, by which pandas and dask read and write gs://, works as on Google.

`make clients` installs it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.tests.server import BucketServer
from tests.clients.conftest import names_in

PART = 2**18
"""Bytes: the smallest part of a resumable upload."""


@pytest.fixture
def files(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yields the file system. It asks for the kind of a bucket over gRPC first, with TLS, and waits
    a minute for that; the variable turns this off."""
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    gcsfs = pytest.importorskip("gcsfs", reason="gcsfs is not installed (make clients)")
    options = {"token": "anon", "project": "p", "endpoint_url": server.url}
    yield gcsfs.GCSFileSystem(skip_instance_cache=True, use_listings_cache=False, **options)


def test_a_file_goes_in_and_out(files: Any, bucket: str, recording: Path, tmp_path: Path) -> None:
    files.put(str(recording), f"{bucket}/a/call ü.wav", metadata={"language": "de"})
    assert files.exists(f"{bucket}/a/call ü.wav") and not files.exists(f"{bucket}/a/none")
    assert files.ls(f"{bucket}/a") == [f"{bucket}/a/call ü.wav"]
    assert files.info(f"{bucket}/a/call ü.wav")["size"] == recording.stat().st_size
    assert files.getxattr(f"{bucket}/a/call ü.wav", "language") == "de"
    files.get(f"{bucket}/a/call ü.wav", str(tmp_path / "back.wav"))
    assert (tmp_path / "back.wav").read_bytes() == recording.read_bytes()


def test_a_large_file_is_uploaded_in_parts(files: Any, bucket: str, recording: Path) -> None:
    data = recording.read_bytes()
    files.put(str(recording), f"{bucket}/put.wav", chunksize=PART)
    with files.open(f"{bucket}/written.wav", "wb", block_size=PART) as file:
        for start in range(0, len(data), 100_000):
            file.write(data[start : start + 100_000])
    assert files.cat(f"{bucket}/put.wav") == files.cat(f"{bucket}/written.wav") == data
    with files.open(f"{bucket}/put.wav", "rb") as file:
        file.seek(400_000)
        assert file.read(10) == data[400_000:400_010]


def test_ranges_are_read(files: Any, bucket: str) -> None:
    files.pipe(f"{bucket}/a", b"0123456789")
    assert files.cat_file(f"{bucket}/a", start=2, end=5) == b"234"
    assert files.cat_file(f"{bucket}/a", start=-3) == b"789"


def test_objects_are_copied_moved_joined_and_deleted(
    files: Any, bucket: str, server: BucketServer
) -> None:
    files.pipe({f"{bucket}/a": b"one", f"{bucket}/b": b"two"})
    files.cp(f"{bucket}/a", f"{bucket}/copy")
    files.mv(f"{bucket}/copy", f"{bucket}/moved")
    files.merge(f"{bucket}/joined", [f"{bucket}/a", f"{bucket}/b"])
    assert files.cat(f"{bucket}/joined") == b"onetwo"
    files.rm(f"{bucket}/moved")
    assert names_in(server, bucket) == ["a", "b", "joined"]
    files.rm([f"{bucket}/a", f"{bucket}/b"])
    assert names_in(server, bucket) == ["joined"]


def test_an_upload_can_be_limited_to_a_new_name(files: Any, bucket: str) -> None:
    files.pipe_file(f"{bucket}/a", b"first", mode="create")
    with pytest.raises(FileExistsError):
        files.pipe_file(f"{bucket}/a", b"second", mode="create")
    assert files.cat(f"{bucket}/a") == b"first"


def test_a_missing_object_is_not_found(files: Any, bucket: str) -> None:
    with pytest.raises(FileNotFoundError):
        files.cat(f"{bucket}/missing")
