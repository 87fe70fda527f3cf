"""A store that refuses what the table of rights does not allow, as Google's access control does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import Artifact, Source
from shared.ports.blobs import JSON, Blob, PlannedUpload

RIGHTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "rights.yaml").read_text()
)
STAGES_OF_PARTS = ("prepare", "align")
"""Stages of whose results some are read: words and chunks."""
ENDINGS_OF_PARTS = (".json", "-chunks.wav")


class RightMissing(Exception):
    """What an identity did that it may not do. On Google it would get 403."""


class LimitedBlobs(MemoryBlobs):
    """The objects of another store, as one identity may use them."""

    def __init__(self, identity: str, objects: MemoryBlobs) -> None:
        super().__init__()
        self._rights = RIGHTS[identity]
        self._behind = objects

    def find(self, uri: str) -> Blob | None:
        self._require(uri, "get")
        return self._behind.find(uri)

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        self._require(prefix, "list")
        return self._behind.list(prefix, start=start, end=end, glob=glob)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        self._require(uri, "get")
        return self._behind.read(uri, generation)

    def open(self, source: Source) -> BinaryIO:
        self._require(source.uri, "get")
        return self._behind.open(source)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        self._require(uri, "create")
        return self._behind.put_if_absent(uri, content, sha256)

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        self._require(uri, "create")
        if if_generation_match:
            self._require(uri, "delete")
        return self._behind.put(
            uri,
            data,
            if_generation_match=if_generation_match,
            content_type=content_type,
            metadata=metadata,
        )

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        self._require(uri, "create")
        return self._behind.open_upload(uri, upload)

    def delete(self, uri: str, generation: int) -> bool:
        self._require(uri, "delete")
        return self._behind.delete(uri, generation)

    def _require(self, uri: str, permission: str) -> None:
        """Raises RightMissing."""
        if permission not in self._permissions(uri):
            raise RightMissing(f"{permission} of {uri}")

    def _permissions(self, uri: str) -> set[str]:
        """Returns what the identity may do with an object, or with a bucket if it is a prefix."""
        bucket, _, name = uri.removeprefix("gs://dropscribe-").partition("/")
        access = self._rights.get("buckets", {}).get(bucket, "")
        found = {
            "": set(),
            "list": {"list"},
            "read": {"list", "get"},
            "write": {"list", "get", "create", "delete"},
        }[access]
        reads = self._rights.get("reads", {}).get(bucket)
        if reads == "words and chunks" and is_of_parts(name):
            found.add("get")
        if self._rights.get("writes", {}).get(bucket) == "edits" and name.endswith("/edits.json"):
            found |= {"get", "create", "delete"}
        if may_delete(self._rights.get("deletes", {}).get(bucket, ""), name):
            found.add("delete")
        return found


def is_of_parts(name: str) -> bool:
    parts = name.split("/")
    return len(parts) > 2 and parts[1] in STAGES_OF_PARTS and name.endswith(ENDINGS_OF_PARTS)


def may_delete(objects: str, name: str) -> bool:
    """Returns whether an object is one of those that the word in the table means."""
    match objects:
        case "everything":
            return True
        case "audio":
            return name.endswith(".wav")
        case "recordings":
            return not name.endswith("/options.json") and name != "options.json"
    return False
