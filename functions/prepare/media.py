"""Any recording -> samples at 16 kHz on the recording's own timeline."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

import av
import numpy as np
from av.stream import Discard

from functions.prepare.container import (
    declared_seconds,
    format_name,
    open_container,
    select_audio_stream,
    start_seconds,
    timestamps_may_restart,
)
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.headers import ENCRYPTED, FileHeader, read_file_header
from functions.prepare.length_checks import LengthLimits, check_complete
from functions.prepare.losses import Losses
from functions.prepare.mp3_header import MAX_FRAME
from functions.prepare.mp3_sections import Mp3Sections
from functions.prepare.resampling import Downmix, Samples, SplitChannels
from functions.prepare.timeline import Timeline
from shared.model.artifacts import SAMPLE_RATE, Media, StageWarning
from shared.model.errors import EmptyRecording, NoSound, NotAudio

Channels = Literal["mix", "split"]

MEASURED_FORMATS = frozenset(
    {"aiff", "ape", "dsf", "flac", "flv", "matroska", "mp4", "mpc", "mpc8", "nistsphere"}
    | {"ogg", "tak", "tta", "wv"}
)
"""Formats whose header, or in Ogg whose last page, holds a length that the writer measured. In
others it is a guess of libav's from a bit rate, or from the file's size."""
SIZED_FORMATS = frozenset({"caf", "w64", "wav"})
"""Formats whose length libav takes from the file's size, which is right unless something follows or
is missing."""
LONGEST_STREAM_FORMATS = frozenset({"asf", "flv", "matroska"})
"""Formats whose header holds only the length of the longest stream."""
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 2_000, 768_000
"""Hz. Speech is lost below, and no sound card is faster; at rates far beyond either, a frame or the
resampler's filter takes gigabytes."""
MAX_SILENCE = 30 * SAMPLE_RATE
"""Samples of silence made at once."""
MAX_DEMUX_ERRORS = 10_000
"""Errors of the demuxer after which the rest of the file is given up. Some read on by 32 bytes an
error."""
MAX_EXCESS_CORRUPT = 10_000
"""Packets by which the corrupt may outnumber the good while decoding."""


@contextmanager
def open_recording(
    file: BinaryIO, max_seconds: float, channels: Channels = "mix"
) -> "Iterator[Recording]":
    """Yields a seekable file as a recording. No other file is opened, whatever this one names.

    Raises EmptyRecording, NotAudio, NoSound, TruncatedRecording or RecordingTooLong.
    """
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise EmptyRecording("the file holds 0 bytes")
    header = read_file_header(file, size)
    limits = LengthLimits(size, max_seconds)
    resampler = Downmix() if channels == "mix" else SplitChannels()
    reader = GuardedReader(file)
    with explain_refusal(header), open_container(reader) as container:
        recording = Recording(container, reader, size, header, limits, resampler)
        recording.check_declared_length()
        yield recording


@contextmanager
def explain_refusal(header: FileHeader) -> Iterator[None]:
    """Raise the reason that the header gives for a file of which nothing can be decoded."""
    if header.is_encrypted:
        raise NotAudio(ENCRYPTED)
    try:
        yield
    except (EmptyRecording, NotAudio, NoSound) as error:
        reason = header.refusal
        if reason is None:
            raise
        raise reason from error


class Recording:
    """A recording that is decoded once, from beginning to end.

    Time 0 is where its container says that its content begins, which is the start of its earliest
    stream: where the picture begins before the sound, the sound is preceded by silence. Where
    timestamps leave a gap, there is silence. Formats without timestamps are decoded without gaps.
    """

    def __init__(
        self,
        container: Any,
        reader: GuardedReader,
        size: int,
        header: FileHeader,
        limits: LengthLimits,
        resampler: Downmix | SplitChannels,
    ) -> None:
        self._container = container
        self._reader = reader
        self._size = size
        self._header = header
        self._limits = limits
        self._resampler = resampler
        self._format = format_name(container)
        self._stream = select_audio_stream(container)
        self._timeline = Timeline(
            start_seconds(container), may_restart=timestamps_may_restart(container)
        )
        self._losses = Losses()
        self._packet_counts = self._losses.packets
        self._mp3 = Mp3Sections(header.mp3, size) if self._format == "mp3" else None
        self._lost_seconds = 0.0
        self._is_damaged = False
        self._sample_rate = 0
        self._channels = 0
        self._samples_made = 0
        self._last_packet_end = 0.0

    @property
    def expected_seconds(self) -> float:
        """The length, judged by the header and by how much of the file has been read.

        Never less than the sound decoded so far.
        """
        decoded = self._timeline.position
        declared = self._declared_seconds or 0.0
        bytes_read = self._reader.tell()
        fraction_read = bytes_read / self._size
        extrapolated = 0.0
        if fraction_read > 0:
            extrapolated = decoded / fraction_read
        return max(declared, extrapolated, decoded)

    @property
    def media(self) -> Media:
        """Complete once all is decoded."""
        return Media(
            container=self._format,
            codec=self._stream.codec_context.codec.canonical_name,
            duration=self._samples_made / SAMPLE_RATE,
            sample_rate=self._sample_rate,
            channels=self._channels,
            bytes=self._size,
        )

    @property
    def warnings(self) -> tuple[StageWarning, ...]:
        """Complete once all is decoded."""
        return self._losses.warnings

    def check_declared_length(self) -> None:
        """Raise RecordingTooLong if the header's length is measured and clearly too long."""
        declared = self._measured_seconds
        if declared is None and self._format in SIZED_FORMATS:
            declared = self._declared_seconds
        if declared is not None:
            self._limits.check_declared(declared, holds_all=self._holds_all_of_its_index)

    def samples(self) -> Iterator[Samples]:
        """Yields the sound in arrays of any length: a row for the mix, or one per channel.

        Raises NotAudio, EmptyRecording, RecordingTooLong or TruncatedRecording.
        """
        try:
            for samples in self._sound():
                self._samples_made += samples.shape[1]
                yield samples
        except MemoryError as error:
            raise NotAudio("its sound asks for more memory than any recording needs") from error
        except av.FFmpegError as error:
            raise NotAudio("its sound cannot be converted") from error
        self._check_decoded()

    def _sound(self) -> Iterator[Samples]:
        for frame in self._frames():
            check_sample_rate(frame.sample_rate)
            duration = frame.samples / frame.sample_rate
            missing = self._timeline.missing_before(timestamp(frame)) + self._take_lost_seconds()
            self._note_gap(missing)
            added = missing + duration
            self._limits.check_decoded(self._timeline.position + added)
            if missing:
                yield from self._fill_gap(frame, missing)
            yield from self._resampler.convert(frame)
            self._timeline.advance(added)
        yield from self._resampler.flush()

    def _take_lost_seconds(self) -> float:
        """Returns how long the undecodable sound before a frame lasted, which timestamps omit."""
        lost = self._lost_seconds
        self._lost_seconds = 0.0
        self._timeline.start -= lost
        return lost

    def _note_gap(self, seconds: float) -> None:
        """Note a gap, but not the time before the sound in which there is only a picture."""
        has_other_streams = len(self._container.streams) > 1
        position = self._timeline.position
        if position or not has_other_streams:
            self._losses.note_gap(position, seconds, is_damage=self._is_damaged)
        self._is_damaged = False

    def _fill_gap(self, frame: Any, seconds: float) -> Iterator[Samples]:
        """Yields the samples before the gap that libav still holds, then silence."""
        yield from self._resampler.flush()
        end_seconds = self._timeline.position + seconds
        end = round(end_seconds * SAMPLE_RATE)
        rows = self._resampler.rows(frame)
        yield from silence(rows, end - self._samples_made)

    def _frames(self) -> Iterator[Any]:
        for packet in self._packets():
            if packet.pts is not None:
                self._note_end(packet)
            if self._mp3 is not None and packet.pos is not None:
                self._mp3.note_packet(bytes(packet), packet.pos, self._timeline.position)
            if packet.stream_index == self._stream.index:
                yield from self._decode(packet)
                self._note_excess(packet)

    def _note_end(self, packet: Any) -> None:
        duration = packet.duration or 0
        end = packet.pts + duration
        end_seconds = float(end * packet.time_base)
        position = end_seconds - self._timeline.start
        self._last_packet_end = max(self._last_packet_end, position)

    def _packets(self) -> Iterator[Any]:
        """Yields the audio packets; in LONGEST_STREAM_FORMATS those of all streams.

        Their header holds only the length of the longest stream, so the end of each counts.
        """
        counts_all = self._format in LONGEST_STREAM_FORMATS
        streams = self._container.streams if counts_all else [self._stream]
        for stream in set(self._container.streams) - set(streams):
            stream.discard = Discard.all
        for _ in range(MAX_DEMUX_ERRORS):
            try:
                yield from self._container.demux(list(streams))
                break
            except av.FFmpegError:
                self._packet_counts.add_demux_error()
                self._is_damaged = True
            except IndexError:
                # All is read. PyAV 18 looks up streams that appeared on the way in its list of
                # streams, where they are not.
                break
        self._reader.raise_failure()

    def _decode(self, packet: Any) -> list[Any]:
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:
            self._note_corrupt(packet)
            self._packet_counts.check(max_excess=MAX_EXCESS_CORRUPT)
            return []
        if frames:
            self._sample_rate = frames[0].sample_rate
            self._channels = frames[0].layout.nb_channels
            self._packet_counts.add_good()
            self._reader.lift_limit()
        return frames

    def _note_corrupt(self, packet: Any) -> None:
        mp3 = self._mp3
        if mp3 is not None and mp3.is_tag(packet.pos):
            return
        duration = packet.duration or 0
        self._packet_counts.add_corrupt(float(duration * packet.time_base))
        self._is_damaged = True
        if mp3 is not None:
            self._lost_seconds += mp3.lost_seconds(packet.pos, packet.pos + packet.size)

    def _note_excess(self, packet: Any) -> None:
        """Note the bytes in a packet of MP3 that are too many to belong to its frame."""
        mp3 = self._mp3
        if mp3 is None or packet.size <= MAX_FRAME or self._is_damaged:
            return
        if not mp3.is_tag(packet.pos):
            lost = mp3.lost_seconds(packet.pos + MAX_FRAME, packet.pos + packet.size)
            self._lost_seconds += lost
            self._is_damaged = lost > 0

    def _check_decoded(self) -> None:
        """Raise NotAudio, EmptyRecording or TruncatedRecording if what was decoded is."""
        self._check_end()
        self._packet_counts.check()
        if not self._samples_made:
            raise EmptyRecording("it holds no sound")

    def _check_end(self) -> None:
        """Note how much of the declared length is missing; raise TruncatedRecording if too much."""
        if self._header.lacks_end_mark:
            self._losses.note_unmarked_end()
        decoded = self._timeline.position
        declared = self._measured_seconds
        fraction = self._header.fraction_present
        if declared is None and fraction:
            declared = decoded / fraction
        if declared is None:
            return
        present = max(decoded, self._last_packet_end)
        if not self._is_complete:
            check_complete(declared, present)
        missing = max(0.0, declared - present)
        self._losses.note_end(declared, missing + self._packet_counts.trailing_seconds)

    @property
    def _declared_seconds(self) -> float | None:
        return declared_seconds(self._container, self._stream)

    @property
    def _measured_seconds(self) -> float | None:
        """Returns the length that the header declares, or None if libav could only guess it."""
        if self._mp3 is not None:
            return self._mp3.declared_seconds
        sound = self._header.sound
        if sound is not None and sound.seconds:
            return sound.seconds
        if self._format in MEASURED_FORMATS:
            return self._declared_seconds
        return None

    @property
    def _is_complete(self) -> bool:
        """Returns whether the file holds all of its bytes, so that what is missing is damaged."""
        if self._format == "mp4":
            return self._holds_all_of_its_index
        if self._mp3 is not None:
            return self._mp3.is_complete
        if self._format == "ogg":
            return True  # only its last page tells its length
        return self._header.is_complete

    @property
    def _holds_all_of_its_index(self) -> bool:
        """Returns whether the last packet that an MP4 file's index names is in the file."""
        entries = self._stream.index_entries
        if self._format != "mp4" or not len(entries):
            return False
        last = entries[-1]
        return bool(last.pos + last.size <= self._size)


def check_sample_rate(rate: int) -> None:
    """Raise NotAudio if it cannot be converted."""
    is_convertible = MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE
    if not is_convertible:
        convertible = f"from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} can be converted"
        raise NotAudio(f"its sample rate is {rate} Hz; {convertible}")


def timestamp(frame: Any) -> float | None:
    """Returns a frame's timestamp in seconds, or None in a format without timestamps."""
    if frame.pts is None:
        return None
    return float(frame.pts * frame.time_base)


def silence(rows: int, length: int) -> Iterator[Samples]:
    """Yields `length` samples of silence, at most MAX_SILENCE at once."""
    remaining = length
    while remaining > 0:
        columns = min(MAX_SILENCE, remaining)
        yield np.zeros((rows, columns), np.int16)
        remaining -= columns
