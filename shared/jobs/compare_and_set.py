"""Changes a document without losing what others write at the same time."""

from collections.abc import Callable
from typing import TypeVar

from shared.model.contracts import WireModel
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Documents

Model = TypeVar("Model", bound=WireModel)

MAX_CONFLICTS = 20
"""Conflicts in a row before a write is given up. Each one means that another writer succeeded."""


def compare_and_set(
    documents: Documents,
    path: str,
    model: type[Model],
    change: Callable[[Model | None], Model | None],
) -> Model | None:
    """Read, apply `change`, write if unchanged; retry on conflict.

    Returns the new model, or None if `change` returned None. Raises JobStoreUnavailable.
    """
    for _ in range(MAX_CONFLICTS):
        found = documents.get(path)
        document, version = found or (None, None)
        before = None if document is None else model.model_validate(document)
        after = change(before)
        if after is None:
            return None
        changed = after.model_dump(mode="json")
        is_written = documents.put(path, changed, if_version=version)
        if is_written:
            return after
    raise JobStoreUnavailable(f"{MAX_CONFLICTS} writes in a row met a conflict")
