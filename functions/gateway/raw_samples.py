"""Gives raw samples the header of a WAV file, without a copy of them."""

import io
import struct
from dataclasses import replace
from typing import Protocol

from functions.gateway.recording_form import RecordingForm
from shared.model.artifacts import SAMPLE_RATE
from shared.model.errors import EmptyRecording, RecordingTooLarge

SAMPLE_BYTES = 2
"""Bytes of a sample of one channel: signed 16-bit, the least significant byte first."""
HEADER_BYTES = 44
RIFF_BEGIN = 8
"""Bytes of the header that its own first length does not count."""
MAX_BYTES = 2**32 - HEADER_BYTES
"""Bytes of samples that a WAV file can have at most, for its lengths have 32 bits. They last more
than 37 hours."""
PCM = 1
"""WAV's number of the format."""
FORMAT_BYTES = 16
BITS = 8 * SAMPLE_BYTES


class RawSamples(Protocol):
    """What is read of a file of samples."""

    def seek(self, position: int, /) -> int: ...

    def read(self, length: int, /) -> bytes: ...

    def close(self) -> None: ...


class SamplesAsWav(io.RawIOBase):
    """A file of the header and, after it, the samples of another file, which it closes."""

    def __init__(self, samples: RawSamples, size: int, channels: int = 1) -> None:
        """`size` is that of the samples of all channels, in bytes."""
        self._samples = samples
        self._header = wav_header(size, channels)
        self._size = HEADER_BYTES + size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}
        self._position = max(0, begins[whence] + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Returns how many bytes were read: of the header or of the samples, not of both."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        piece = self._piece(wanted)
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self._samples.close()
        super().close()

    def _piece(self, length: int) -> bytes:
        if self._position < HEADER_BYTES:
            end = self._position + length
            return self._header[self._position : end]
        self._samples.seek(self._position - HEADER_BYTES)
        return self._samples.read(length)


def wav_header(size: int, channels: int = 1) -> bytes:
    """Returns the header of a WAV file with so many bytes of samples."""
    frame_bytes = SAMPLE_BYTES * channels
    rate_bytes = SAMPLE_RATE * frame_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - RIFF_BEGIN + size,
        b"WAVE",
        b"fmt ",
        FORMAT_BYTES,
        PCM,
        channels,
        SAMPLE_RATE,
        rate_bytes,
        frame_bytes,
        BITS,
        b"data",
        size,
    )


def with_header(form: RecordingForm) -> RecordingForm:
    """Returns the form of raw samples with a WAV file in place of them. Half a sample at the end is
    left out. Raises EmptyRecording or RecordingTooLarge."""
    size = form.size - form.size % SAMPLE_BYTES
    if size == 0:
        raise EmptyRecording("the file holds no whole sample")
    if size > MAX_BYTES:
        raise RecordingTooLarge(f"{size} bytes; the limit is {MAX_BYTES} for raw samples")
    raw = SamplesAsWav(form.file, size)
    return replace(
        form,
        file=io.BufferedReader(raw),
        file_name=f"{form.file_name}.wav",
        content_type="audio/wav",
        size=HEADER_BYTES + size,
    )
