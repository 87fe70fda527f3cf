"""Every address that a client uses for a method is taken for the same one."""

import pytest

from emulators.storage.addresses import canonical


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("/b", "/storage/v1/b"),
        ("/b/inbox/o/a%2Fb", "/storage/v1/b/inbox/o/a%2Fb"),
        ("/storage/v1/b/inbox/o", "/storage/v1/b/inbox/o"),
        ("/upload/b/inbox/o", "/upload/storage/v1/b/inbox/o"),
        ("/upload/storage/v1/b/inbox/o", "/upload/storage/v1/b/inbox/o"),
        ("/resumable/upload/storage/v1/b/inbox/o", "/upload/storage/v1/b/inbox/o"),
        ("/resumable/upload/b/inbox/o", "/upload/storage/v1/b/inbox/o"),
        ("/download/b/inbox/o/a", "/download/storage/v1/b/inbox/o/a"),
        ("/storage/v1/b/", "/storage/v1/b"),
        ("/b/inbox/o/", "/storage/v1/b/inbox/o"),
        ("/upload/storage/v1/b/inbox/o/", "/upload/storage/v1/b/inbox/o"),
        ("//storage/v1/b/inbox/o", "/storage/v1/b/inbox/o"),
        ("//upload/storage/v1/b/inbox/o", "/upload/storage/v1/b/inbox/o"),
        ("//inbox//a", "/inbox//a"),
    ],
)
def test_a_method_has_one_address(sent: str, meant: str) -> None:
    assert canonical(sent) == meant


@pytest.mark.parametrize(
    "path",
    [
        "/bucket/b/o/a",
        "/bbb/o",
        "/upload/x",
        "/resumable/b/o",
        "/batch/storage/v1",
        "/health",
        "/bucket/folder/",
        "/storage/v1/b/inbox/o/a/",
    ],
)
def test_other_paths_are_left_alone(path: str) -> None:
    assert canonical(path) == path
