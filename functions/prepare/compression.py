"""Recordings that were compressed before their upload, as `gsutil cp -Z` does: read as if not.

The content decides, not the object's Content-Encoding, which can be missing or wrong.
"""

import io
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from shared.model.errors import NotAudio, RecordingTooLarge, TruncatedRecording

GZIP_START = b"\x1f\x8b\x08"
GZIP_FORMAT = 16 + zlib.MAX_WBITS
"""The `wbits` with which zlib reads gzip."""
OTHER_COMPRESSION = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x1f\x9d": "compress",
    b"Rar!\x1a\x07": "rar",
}
"""Formats that are refused, by their first bytes. None of them begins a recording."""
MAX_LAYERS = 2
"""gzip inside gzip is what a client leaves that compresses a file which is compressed already."""
PACKED_BLOCK = 16 << 10
"""Compressed bytes that are read at a time."""
UNPACKED_BLOCK = 1 << 20
"""Unpacked bytes that are held at a time."""
CHECKPOINT_DISTANCE = 8 << 20
"""Unpacked bytes between two places at which unpacking can begin. Each takes about 50 KB of
memory, so 5 GB take 30 MB."""


def unpacked(file: BinaryIO, max_bytes: float) -> BinaryIO:
    """Returns the recording that is compressed in a seekable file, or the file if none is.

    Raises NotAudio for a compression that cannot be read, TruncatedRecording for gzip data without
    their end, and RecordingTooLarge for more than `max_bytes` of unpacked data.
    """
    for _ in range(MAX_LAYERS):
        if not is_gzip(file):
            break
        unbuffered = GzipReader(file, max_bytes)
        file = cast(BinaryIO, io.BufferedReader(unbuffered, buffer_size=UNPACKED_BLOCK))
    refuse_other_compression(file)
    file.seek(0)
    return file


def is_gzip(file: BinaryIO) -> bool:
    file.seek(0)
    start = file.read(4)
    if len(start) < 4:
        return False
    reserved_flags = start[3] & 0b11100000
    return start.startswith(GZIP_START) and not reserved_flags


def refuse_other_compression(file: BinaryIO) -> None:
    """Raises NotAudio if the file is compressed in a way that is not read."""
    if is_gzip(file):
        raise NotAudio(f"it is compressed with gzip more than {MAX_LAYERS} times")
    file.seek(0)
    start = file.read(8)
    for first_bytes, name in OTHER_COMPRESSION.items():
        if start.startswith(first_bytes):
            raise NotAudio(
                f"it is compressed with {name}; upload the recording itself, or use gzip"
            )


def named_encoding(error: NotAudio, content_encoding: str | None) -> NotAudio:
    """Returns the error with the encoding that the object claims, which may explain it."""
    if content_encoding in (None, "", "identity", "gzip"):
        return error
    encoding = f"it is stored with Content-Encoding {content_encoding}"
    return NotAudio(f"{error}; {encoding}, so upload it without that, or use gzip")


@dataclass(frozen=True)
class Checkpoint:
    """A place in the unpacked content at which unpacking can begin."""

    position: int
    packed_position: int
    decoder: Any
    """A zlib decompressor that has read everything before it."""


class GzipReader(io.RawIOBase):
    """The content of a seekable gzip file, as a seekable file without a buffer.

    Everything is unpacked once at the start, which measures the content and leaves checkpoints. So
    the content needs no room on disk, which for a function is memory.
    """

    def __init__(self, packed: BinaryIO, max_bytes: float) -> None:
        self._packed = packed
        start = Checkpoint(0, 0, new_decoder())
        self._checkpoints = [start]
        self._position = 0
        self._restore(start)
        self._size = self._measure(max_bytes)
        self._restore(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origins = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._position,
            io.SEEK_END: self._size,
        }
        position = origins[whence] + offset
        self._position = max(0, position)
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size:
            return 0
        self._unpack_to(self._position)
        offset = self._position - self._block_start
        end = offset + len(buffer)
        data = self._block[offset:end]
        count = len(data)
        buffer[:count] = data
        self._position += count
        return count

    def close(self) -> None:
        self._packed.close()
        super().close()

    def _measure(self, max_bytes: float) -> int:
        """Returns the size of the content, and leaves checkpoints in it."""
        while self._next_block():
            end = self._block_end
            if end > max_bytes:
                limit = f"the limit is {max_bytes / 1e9:g} GB"
                raise RecordingTooLarge(f"unpacked, it has more than {end} bytes; {limit}")
            last = self._checkpoints[-1]
            distance = end - last.position
            if distance >= CHECKPOINT_DISTANCE:
                decoder = self._decoder.copy()
                checkpoint = Checkpoint(end, self._packed_position, decoder)
                self._checkpoints.append(checkpoint)
        return self._block_end

    def _unpack_to(self, position: int) -> None:
        """Makes the block that holds a position the current one."""
        positions = [checkpoint.position for checkpoint in self._checkpoints]
        following = bisect_right(positions, position)
        nearest = self._checkpoints[following - 1]
        is_behind = position < self._block_start
        is_far = nearest.position > self._block_end
        if is_behind or is_far:
            self._restore(nearest)
        while position >= self._block_end:
            self._next_block()

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._decoder = checkpoint.decoder.copy()
        self._packed_position = checkpoint.packed_position
        self._block_start = checkpoint.position
        self._block = b""

    @property
    def _block_end(self) -> int:
        return self._block_start + len(self._block)

    def _next_block(self) -> bool:
        """Unpacks the next block. Returns False at the end."""
        self._block_start = self._block_end
        self._block = b""
        while not self._block:
            if self._decoder.eof and not self._begin_member():
                return False
            self._block = self._decode()
        return True

    def _decode(self) -> bytes:
        """Returns what some more compressed bytes unpack to, which may be nothing."""
        self._packed.seek(self._packed_position)
        packed = self._packed.read(PACKED_BLOCK)
        try:
            data = self._decoder.decompress(packed, UNPACKED_BLOCK)
        except zlib.error as error:
            place = f"after {self._block_start} unpacked bytes"
            raise TruncatedRecording(f"its gzip data are damaged {place}") from error
        decoder = self._decoder
        unread = len(decoder.unconsumed_tail) + len(decoder.unused_data)
        self._packed_position += len(packed) - unread
        is_at_end = not packed and not data
        if is_at_end and not decoder.eof:
            raise TruncatedRecording(f"its gzip data end after {self._block_start} unpacked bytes")
        return cast(bytes, data)

    def _begin_member(self) -> bool:
        """Begins the next gzip member, if one follows. Zeros before it are padding; anything else
        is not part of the content, as for gzip itself."""
        self._packed.seek(self._packed_position)
        while padding := self._packed.read(PACKED_BLOCK):
            member = padding.lstrip(b"\0")
            self._packed_position += len(padding) - len(member)
            if member:
                break
        self._packed.seek(self._packed_position)
        if self._packed.read(len(GZIP_START)) != GZIP_START:
            return False
        self._decoder = new_decoder()
        return True


def new_decoder() -> Any:
    return zlib.decompressobj(GZIP_FORMAT)
