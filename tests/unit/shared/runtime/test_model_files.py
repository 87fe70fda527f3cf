"""Files of installed packages are found or named, and digests identify their contents."""

import hashlib
from pathlib import Path

import pytest

from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import file_digest, files_digest, packaged_file


def test_a_file_of_an_installed_package_is_found() -> None:
    assert packaged_file("pytest", "py.typed").is_file()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelUnavailable, match="no_such_package"):
        packaged_file("no_such_package", "model.bin")


def test_a_file_that_a_package_lacks_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"pytest has no file model\.bin"):
        packaged_file("pytest", "model.bin")


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"weights")
    assert file_digest(file) == f"sha256:{hashlib.sha256(b'weights').hexdigest()}"


def test_the_digest_of_files_changes_with_any_file_and_their_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    before = files_digest([first, second])
    assert files_digest([first, second]) == before
    assert files_digest([second, first]) != before

    second.write_bytes(b"3")
    assert files_digest([first, second]) != before
