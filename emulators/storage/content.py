"""The content files: one per content, named by a random id, written once and never changed.

With a random id instead of a hash, two uploads of the same bytes never share a file, so deleting
one cannot race with storing the other. Copies share the file of their source, and the index knows
when the last of them is deleted.

A content exists once the index has a row for it, so its file is written under its final name. A
rename would cost one more sync for nothing. File and folder are synced before the row is committed,
so no row refers to missing or incomplete bytes, even after a power cut. A crash may leave a file
without a row, which `sweep` deletes.
"""

import base64
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from emulators.storage.errors import BadDigest

BLOCK = 1 << 20
"""Bytes that are read, written or sent at once."""


@dataclass(frozen=True)
class Content:
    """A complete content file, with its size and its digests in base64."""

    id: str
    size: int
    crc32c: str
    md5: str

    def verify(self, claimed: Mapping[str, str]) -> None:
        """Raises BadDigest if a digest from the client ("crc32c", "md5") is not the content's."""
        for kind, calculated in (("crc32c", self.crc32c), ("md5", self.md5)):
            if kind in claimed and claimed[kind] != calculated:
                provided = claimed[kind]
                raise BadDigest(
                    f'Provided {kind} "{provided}" doesn\'t match calculated {kind} "{calculated}".'
                )


class Writer:
    """A content file that grows, with its hashes.

    It is closed between blocks, because an upload may pause for days.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.touch()
        self.size = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.crc32c = 0

    @property
    def id(self) -> str:
        return self.path.name

    def write(self, data: bytes) -> None:
        """Appends to the file. Overwrites the bytes of an earlier write that failed half-way."""
        with self.path.open("r+b") as file:
            file.seek(self.size)
            file.write(data)
        self.count(data)

    def count(self, data: bytes) -> None:
        self.md5.update(data)
        self.crc32c = google_crc32c.extend(self.crc32c, data)
        self.size += len(data)

    def recover(self, limit: int | None) -> None:
        """Continues a file that an earlier process wrote, from at most `limit` bytes."""
        with self.path.open("rb") as file:
            while block := file.read(BLOCK if limit is None else min(BLOCK, limit - self.size)):
                self.count(block)

    def seal(self) -> Content:
        """Makes the content durable and returns it. Nothing may be written afterwards."""
        with self.path.open("r+b") as file:
            file.truncate(self.size)
            os.fsync(file.fileno())
        sync_folder(self.path.parent)
        return Content(
            self.id, self.size, encoded(self.crc32c.to_bytes(4, "big")), encoded(self.md5.digest())
        )


class Contents:
    """The folder of content files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self) -> Writer:
        return Writer(self.folder / uuid.uuid4().hex)

    def resume(self, content_id: str, limit: int | None) -> Writer:
        writer = Writer(self.folder / content_id)
        writer.recover(limit)
        return writer

    def open(self, content_id: str) -> BinaryIO:
        return (self.folder / content_id).open("rb")

    def delete(self, content_id: str) -> None:
        """Deletes a content file. A reader that has it open can read on."""
        (self.folder / content_id).unlink(missing_ok=True)

    def sweep(self, wanted: set[str]) -> None:
        """Deletes the files that no row names, which a crash left behind."""
        for entry in os.scandir(self.folder):
            if entry.name not in wanted:
                Path(entry.path).unlink()


async def write_stream(stream: AsyncIterator[bytes], writer: Writer) -> None:
    """Writes a request body block by block. Bytes before a broken connection are kept.

    Hashing and writing run on the event loop: in a thread they were not measurably faster.
    """
    block = bytearray()
    try:
        async for piece in stream:
            block += piece
            if len(block) >= BLOCK:
                writer.write(bytes(block))
                block.clear()
    finally:
        writer.write(bytes(block))


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
