"""How long a section is by its own header, and whether the file holds all of it."""

from typing import Any

from functions.prepare.container import (
    OGG_CODECS_WITH_START,
    codec_name,
    declared_seconds,
    format_name,
    start_seconds,
)
from functions.prepare.flac_frames import first_sample
from functions.prepare.headers import FileHeader
from functions.prepare.length_checks import MAX_MISSING
from functions.prepare.mp3_sections import Mp3Sections

MEASURED_FORMATS = frozenset(
    {"aiff", "ape", "dsf", "flac", "flv", "matroska", "mp4", "mpc", "mpc8", "nistsphere"}
    | {"ogg", "smjpeg", "tak", "tta", "wv"}
)
"""Formats whose header, or in Ogg whose last page, holds a length that the writer measured. In
others it is a guess of libav's from a bit rate, or from the file's size."""
SIZED_FORMATS = frozenset({"caf", "w64", "wav"})
"""Formats whose length libav takes from the file's size, which is right unless something follows or
is missing."""

FORMATS_WITH_LAST_TIME = frozenset({"asf", "matroska"})
"""Formats whose header holds the time of the end and a number of bytes, which tell together that
the start is missing."""


class MeasuredLength:
    """The length that a section declares, if its writer measured it."""

    def __init__(self, header: FileHeader, container: Any, stream: Any) -> None:
        self._header = header
        self._container = container
        self._stream = stream
        self._format = format_name(container)
        self.mp3: Mp3Sections | None = None
        """The headers on the way through an MP3 file."""
        if self._format == "mp3":
            self.mp3 = Mp3Sections(header.mp3)
        self._missing_start = 0.0
        self._has_packet = False
        if header.lacks_start:
            self._missing_start = start_seconds(container) or 0.0

    def note_packet(self, packet: Any, decoded: float) -> None:
        """Note what a packet declares of MP3, behind so many decoded seconds, or of FLAC."""
        if self._format == "flac" and not self._has_packet:
            self._note_first_frame(packet)
        self._has_packet = True
        if self.mp3 is not None and packet.pos is not None:
            self.mp3.note_packet(bytes(packet), packet.pos, decoded)

    def is_tag(self, packet: Any) -> bool:
        """Returns whether a packet of MP3 is no sound but a tag."""
        return self.mp3 is not None and packet.pos is not None and self.mp3.is_tag(packet.pos)

    @property
    def seconds(self) -> float | None:
        """Returns the length that the header declares, or None if libav could only guess it."""
        if self.mp3 is not None:
            return self.mp3.declared_seconds
        sound = self._header.sound
        if sound is not None and sound.seconds:
            return self._without_start(sound.seconds)
        if self._format in MEASURED_FORMATS and not self.starts_unknown:
            return self._by_libav
        return None

    @property
    def is_declared(self) -> bool:
        """Returns whether the header tells the length, in seconds or in bytes."""
        return self.seconds is not None or self._header.sound is not None

    @property
    def probable_seconds(self) -> float | None:
        """Returns the same, or else what the size of the file makes of it."""
        seconds = self.seconds
        if seconds is None and self._format in SIZED_FORMATS:
            return self._by_libav
        return seconds

    def seconds_after(self, decoded: float, size: int) -> float | None:
        """Returns the declared length, judged by what was decoded if only bytes are declared."""
        seconds = self.seconds
        fraction = self._header.fraction_present(size)
        if seconds is None and fraction:
            return decoded / fraction
        return seconds

    def missing_start(self, decoded: float, size: int) -> float:
        """Returns the seconds that come before the first sound in the file, by its numbers or by
        the bytes that are missing though the end is there."""
        if self._missing_start or self._format not in FORMATS_WITH_LAST_TIME:
            return self._missing_start
        start = start_seconds(self._container) or 0.0
        seconds = self.seconds
        fraction = self._header.fraction_present(size)
        if seconds is None or not fraction:
            return 0.0
        missing = decoded / fraction - decoded
        missing_end = max(0.0, seconds - decoded)
        missing_start = missing - missing_end
        if missing_start < MAX_MISSING:
            return 0.0  # an index behind the sound may be missing, too
        return max(0.0, min(start, missing_start))

    def is_complete(self, size: int) -> bool:
        """Returns whether all bytes are in the file, so that what is missing is damaged."""
        if self.mp3 is not None:
            return self.mp3.is_complete(size)
        if self._format == "ogg":
            return True  # only its last page tells its length
        if self._format == "mp4":
            return self.holds_all_of_its_index(size)
        return self._header.fraction_present(size) == 1.0

    def holds_all_of_its_index(self, size: int) -> bool:
        """Returns whether the last packet that an MP4 file's index names is in the file."""
        entries = self._stream.index_entries
        if self._format != "mp4" or not len(entries):
            return False
        last = entries[-1]
        last_end: int = last.pos + last.size
        return last_end <= size

    @property
    def starts_unknown(self) -> bool:
        """Returns whether only the second page of sound tells at what time the section starts."""
        if self._format != "ogg":
            return False
        codec = codec_name(self._stream)
        return codec not in OGG_CODECS_WITH_START

    def _note_first_frame(self, packet: Any) -> None:
        header = self._stream.codec_context.extradata or b""
        frame = bytes(packet)
        samples = first_sample(frame, header)
        codec = self._stream.codec_context
        rate = max(1, codec.sample_rate)
        self._missing_start = samples / rate

    def _without_start(self, seconds: float) -> float:
        """Returns a length without the time before the section's start, if it seems to hold that.

        What ASF calls a length is the time of the last end if ffmpeg wrote it.
        """
        start = start_seconds(self._container) or 0.0
        has_start = self._format == "asf" and 0 < start < seconds
        return seconds - start if has_start else seconds

    @property
    def _by_libav(self) -> float | None:
        if self._format == "ogg" and self._stream.duration is None:
            return None  # the last page is another stream's
        seconds = declared_seconds(self._container, self._stream)
        start = start_seconds(self._container) or 0.0
        may_be_end = self._format == "ogg" or self._header.is_fragmented
        if self._format == "flac":
            start = self._missing_start
            may_be_end = True
        if seconds is None or not may_be_end or seconds <= start:
            return seconds
        return seconds - start  # libav may give the time of the end
