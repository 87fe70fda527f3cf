"""Makes the key of the person who runs the one-machine cloud."""

import time
from pathlib import Path
from pkgutil import resolve_name
from typing import cast, get_args

from local.layout import Layout, write_private
from local.processes import JOB_DOCUMENTS, client_environment
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.key_store import KeyStore
from shared.model.api import Scope
from shared.ports.documents import Documents

NAME = "made by dropscribe up"


def ensure_first_key(home: Layout) -> bool:
    """Make a key with all scopes, and store it in the file `home.key`, which only its owner may
    read. Returns False if the file has a valid key.

    Raises JobStoreUnavailable.
    """
    keys = KeyStore(documents_of(home), clock=time.time)
    if has_valid_key(home.key, keys):
        return False
    scopes: tuple[Scope, ...] = get_args(Scope)
    _, secret = keys.create(NAME, scopes, folder="", expires=None)
    write_private(home.key, secret)
    return True


def documents_of(home: Layout) -> Documents:
    """Returns the documents in which the gateway of this cloud looks for keys."""
    environment = client_environment(home, home.ports())
    class_path = environment["DROPSCRIBE_JOB_DOCUMENTS"]
    if class_path == JOB_DOCUMENTS:
        return SqliteDocuments(home.jobs)
    return cast(Documents, resolve_name(class_path)())


def has_valid_key(file: Path, keys: KeyStore) -> bool:
    if not file.exists():
        return False
    secret = file.read_text().strip()
    return keys.find(secret) is not None
