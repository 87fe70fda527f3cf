"""`dropscribe keys create --admin` stores the first key of a deployment, by its digest only."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from local.cli import main
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.key_store import KeyStore
from shared.ports.documents import Documents
from shared.runtime.wiring import load_object
from shared.settings import settings


@pytest.fixture(params=["sqlite", "firestore"])
def documents(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Documents]:
    """Points the environment at a deployment. Returns its documents."""
    for bucket in ("INBOX", "OUTBOX", "WORK"):
        monkeypatch.setenv(f"DROPSCRIBE_{bucket}", bucket.lower())
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
    monkeypatch.setenv("DROPSCRIBE_WORKFLOW", "projects/a-project/locations/l/workflows/w")
    monkeypatch.setenv("DROPSCRIBE_FIRESTORE_DATABASE", "operators")
    if request.param == "sqlite":
        monkeypatch.setenv("DROPSCRIBE_JOB_DOCUMENTS", "shared.adapters.sqlite:SqliteDocuments")
        monkeypatch.setenv("DROPSCRIBE_JOB_DATABASE", str(tmp_path / "jobs.sqlite"))
    else:
        request.getfixturevalue("firestore_host")
    settings.cache_clear()
    load_object.cache_clear()
    if request.param == "sqlite":
        yield SqliteDocuments()
    else:
        from shared.adapters.firestore import FirestoreDocuments

        yield FirestoreDocuments()
    settings.cache_clear()
    load_object.cache_clear()


def test_the_first_key_may_do_everything(documents: Documents) -> None:
    result = CliRunner().invoke(main, ["keys", "create", "operator", "--admin"])
    assert result.exit_code == 0, result.output
    secret = result.stdout.strip()
    key = KeyStore(documents, time.time).find(secret)
    assert key is not None
    assert (key.name, key.scopes, key.folder) == (
        "operator",
        ("admin", "erase", "read", "write"),
        "",
    )
    stored = documents.get(f"keys/{key.digest}")
    assert secret[len(key.prefix) :] not in repr(stored)


def test_scopes_folder_and_expiry_can_be_chosen(documents: Documents) -> None:
    chosen = ["--scope", "admin", "--folder", "team-a", "--expires", "2199-01-01"]
    result = CliRunner().invoke(main, ["keys", "create", "a", "--admin", *chosen])
    key = KeyStore(documents, time.time).find(result.stdout.strip())
    assert key is not None and key.valid_until is not None
    assert (key.scopes, key.folder, key.valid_until.year) == (("admin",), "team-a/", 2199)


def test_a_wrong_folder_is_refused_before_anything_is_stored(documents: Documents) -> None:
    result = CliRunner().invoke(main, ["keys", "create", "a", "--admin", "--folder", "../x"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: folder: ")
