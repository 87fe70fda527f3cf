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
    start_seconds,
    timestamps_may_restart,
)
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.headers import DeclaredLength
from functions.prepare.length_checks import LengthLimits, check_complete
from functions.prepare.resampling import Downmix, SplitChannels
from functions.prepare.sample_buffer import Samples
from functions.prepare.timeline import Timeline
from functions.prepare.tracks import other_tracks_warnings, select_track
from shared.model.artifacts import SAMPLE_RATE, Media, StageWarning
from shared.model.errors import EmptyRecording, NotAudio

Channels = Literal["mix", "split"]

MEASURED_FORMATS = frozenset({"aiff", "caf", "flac", "matroska", "mp4", "w64", "wav"})
"""Formats whose header holds a length that the writer measured, not a guess from a bit rate."""
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 2_000, 768_000
"""Hz. Speech is lost below, and no sound card is faster; at rates far beyond either, a frame or the
resampler's filter takes gigabytes."""
MAX_SILENCE = 30 * SAMPLE_RATE
"""Samples of silence made at once."""
MAX_DEMUX_ERRORS = 100
"""Errors of the demuxer after which the rest of the file is given up."""
MAX_EXCESS_CORRUPT = 10_000
"""Packets by which the corrupt may outnumber the good while decoding."""


@contextmanager
def open_recording(
    file: BinaryIO, max_seconds: float, channels: Channels = "mix", track: int | None = None
) -> "Iterator[Recording]":
    """Yields a seekable file as a recording. No other file is opened, whatever this one names.

    `track` is the number of its sound track, from 1. Raises BadOption, EmptyRecording, NotAudio,
    NoSound, TruncatedRecording or RecordingTooLong.
    """
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise EmptyRecording("the file holds 0 bytes")
    file.seek(0)
    first_bytes = file.read(12)
    header = DeclaredLength(file, size)
    limits = LengthLimits(size, max_seconds)
    resampler = Downmix() if channels == "mix" else SplitChannels()
    reader = GuardedReader(file)
    with open_container(reader, first_bytes) as container:
        stream = select_track(container, track)
        recording = Recording(container, stream, reader, size, header, limits, resampler)
        recording.check_declared_length()
        yield recording


class Recording:
    """A recording that is decoded once, from beginning to end.

    Time 0 is where its container says that its content begins, which is the start of its earliest
    stream: where the picture begins before the sound, the sound is preceded by silence. Where
    timestamps leave a gap, there is silence. Formats without timestamps are decoded without gaps.
    """

    def __init__(
        self,
        container: Any,
        stream: Any,
        reader: GuardedReader,
        size: int,
        header: DeclaredLength,
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
        self._stream = stream
        self._timeline = Timeline(
            start_seconds(container), may_restart=timestamps_may_restart(container)
        )
        self._packet_counts = PacketCounts()
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
        other_tracks = other_tracks_warnings(
            self._container, self._stream, is_silent=self._resampler.is_silent
        )
        return (*self._packet_warnings(), *self._resampler.warnings(), *other_tracks)

    def _packet_warnings(self) -> list[StageWarning]:
        corrupt = self._packet_counts.corrupt
        if not corrupt:
            return []
        packets = self._packet_counts.good + corrupt
        message = f"{corrupt} of {packets} packets could not be decoded and were skipped"
        warning = StageWarning(code="corrupt_packets", stage="prepare", message=message)
        return [warning]

    def check_declared_length(self) -> None:
        """Raise RecordingTooLong if the header's length is measured and clearly too long."""
        if not self._length_is_measured:
            return
        declared = self._declared_seconds
        if declared is not None:
            self._limits.check_declared(declared)

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
            missing = self._timeline.missing_before(timestamp(frame))
            added = missing + duration
            self._limits.check_decoded(self._timeline.position + added)
            if missing:
                yield from self._fill_gap(frame, missing)
            yield from self._resampler.convert(frame)
            self._timeline.advance(added)
        yield from self._resampler.flush()

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
            if packet.stream_index == self._stream.index:
                yield from self._decode(packet)

    def _note_end(self, packet: Any) -> None:
        duration = packet.duration or 0
        end = packet.pts + duration
        end_seconds = float(end * packet.time_base)
        position = end_seconds - self._timeline.start
        self._last_packet_end = max(self._last_packet_end, position)

    def _packets(self) -> Iterator[Any]:
        """Yields the audio packets; in Matroska those of all streams.

        Matroska's header holds only the length of the longest stream, so the end of each counts.
        """
        streams = self._container.streams if self._format == "matroska" else [self._stream]
        for stream in set(self._container.streams) - set(streams):
            stream.discard = Discard.all
        for _ in range(MAX_DEMUX_ERRORS):
            try:
                yield from self._container.demux(list(streams))
                break
            except av.FFmpegError:
                self._packet_counts.add_corrupt()
            except IndexError:
                # All is read. PyAV 18 looks up streams that appeared on the way in its list of
                # streams, where they are not.
                break
        self._reader.raise_failure()

    def _decode(self, packet: Any) -> list[Any]:
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:
            self._packet_counts.add_corrupt()
            self._packet_counts.check(max_excess=MAX_EXCESS_CORRUPT)
            return []
        if frames:
            self._sample_rate = frames[0].sample_rate
            self._channels = frames[0].layout.nb_channels
            self._packet_counts.add_good()
            self._reader.lift_limit()
        return frames

    def _check_decoded(self) -> None:
        """Raise NotAudio, EmptyRecording or TruncatedRecording if what was decoded is."""
        self._packet_counts.check()
        if not self._samples_made:
            raise EmptyRecording("it holds no sound")

        decoded = self._timeline.position
        measured = self._declared_seconds if self._length_is_measured else None
        by_size = decoded / (self._header.fraction_present or 1.0)
        declared = max(measured or 0.0, by_size)
        check_complete(declared, present=max(decoded, self._last_packet_end))

    @property
    def _declared_seconds(self) -> float | None:
        return declared_seconds(self._container, self._stream)

    @property
    def _length_is_measured(self) -> bool:
        if self._format == "mp3":
            return self._header.has_frame_count
        return self._format in MEASURED_FORMATS


class PacketCounts:
    """How many packets could be decoded.

    Packets that cannot be decoded count as corrupt only once a good one follows, since tags often
    trail the last packet.
    """

    def __init__(self) -> None:
        self.good = 0
        self.corrupt = 0
        self._trailing = 0

    def add_good(self) -> None:
        self.good += 1
        self.corrupt += self._trailing
        self._trailing = 0

    def add_corrupt(self) -> None:
        self._trailing += 1

    def check(self, max_excess: int = 0) -> None:
        """Raise NotAudio if more than `max_excess` packets more are corrupt than good."""
        undecoded = self.corrupt + self._trailing
        packets = undecoded + self.good
        excess = undecoded - self.good
        if excess > max_excess:
            raise NotAudio(f"{undecoded} of {packets} packets cannot be decoded")


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
