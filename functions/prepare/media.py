"""Any recording -> samples at 16 kHz on the recording's own timeline."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

import av
import numpy as np

from functions.prepare.length_checks import LengthLimits
from functions.prepare.resampling import Downmix, SplitChannels
from functions.prepare.sample_buffer import Samples
from functions.prepare.section import Section
from functions.prepare.section_chain import SectionChain
from functions.prepare.timeline import Timeline
from functions.prepare.tracks import PREFERRED_TRACK, OtherTracks, TrackChoice
from shared.model.artifacts import SAMPLE_RATE, Media, StageWarning
from shared.model.errors import EmptyRecording, NotAudio

Channels = Literal["mix", "split"]

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 2_000, 768_000
"""Hz. Speech is lost below, and no sound card is faster; at rates far beyond either, a frame or the
resampler's filter takes gigabytes."""
MAX_SILENCE = 30 * SAMPLE_RATE
"""Samples of silence made at once."""


@contextmanager
def open_recording(
    file: BinaryIO,
    max_seconds: float,
    channels: Channels = "mix",
    track: TrackChoice = PREFERRED_TRACK,
) -> "Iterator[Recording]":
    """Yields a seekable file as a recording. No other file is opened, whatever this one names.

    Raises BadOption, EmptyRecording, NotAudio, NoSound, TruncatedRecording or RecordingTooLong.
    """
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise EmptyRecording("the file holds 0 bytes")
    limits = LengthLimits(size, max_seconds)
    resampler = Downmix() if channels == "mix" else SplitChannels()
    timeline = Timeline()
    chain = SectionChain(file, size, timeline, track)
    recording = Recording(chain, timeline, size, limits, resampler)
    try:
        recording.open_section()
        if chain.section is None:
            chain.check()
        yield recording
    finally:
        chain.close()


class Recording:
    """A recording that is decoded once, from beginning to end.

    Time 0 is where its container says that its content begins, which is the start of its earliest
    stream: where the picture begins before the sound, the sound is preceded by silence. Where
    timestamps leave a gap, there is silence. Formats without timestamps are decoded without gaps.
    A file may be several recordings joined; each is a section, which begins where the one before
    ends.
    """

    def __init__(
        self,
        chain: SectionChain,
        timeline: Timeline,
        size: int,
        limits: LengthLimits,
        resampler: Downmix | SplitChannels,
    ) -> None:
        self._chain = chain
        self._timeline = timeline
        self._size = size
        self._limits = limits
        self._resampler = resampler
        self._other_tracks = OtherTracks()
        self._format = ""
        self._codec = ""
        self._sample_rate = 0
        self._channels = 0
        self._samples_made = 0

    @property
    def expected_seconds(self) -> float:
        """The length, judged by the header and by how much of the file has been read.

        Never less than the sound decoded so far.
        """
        decoded = self._timeline.position
        section = self._chain.section
        if section is None:
            return decoded
        extrapolated = 0.0
        fraction_read = section.bytes_read / self._size
        if fraction_read > 0:
            extrapolated = decoded / fraction_read
        return max(section.declared_end, extrapolated, decoded)

    @property
    def track_count(self) -> int:
        """The sound tracks of the open section; 0 if none is open."""
        section = self._chain.section
        return 0 if section is None else section.track_count

    @property
    def section_starts(self) -> dict[int, float]:
        """The position of each section that was opened so far, by its first byte in the file."""
        return self._chain.starts

    @property
    def media(self) -> Media:
        """Complete once all is decoded. Format, codec, rate and channels are the first sound's."""
        return Media(
            container=self._format,
            codec=self._codec,
            duration=self._samples_made / SAMPLE_RATE,
            sample_rate=self._sample_rate,
            channels=self._channels,
            bytes=self._size,
        )

    @property
    def warnings(self) -> tuple[StageWarning, ...]:
        """Complete once all is decoded."""
        is_silent = self._resampler.is_silent
        return (
            *self._chain.warnings,
            *self._timeline.warnings,
            *self._chain.losses.warnings,
            *self._resampler.warnings(),
            *self._other_tracks.warnings(is_silent=is_silent),
        )

    def open_section(self) -> None:
        """Open the next section, if there is one.

        Raises RecordingTooLong if the length in its header is measured and clearly too long.
        """
        self._chain.open_next()
        section = self._chain.section
        if section is None:
            return
        self._note_other_tracks(section)
        probable = section.length.probable_seconds
        if probable is not None:
            holds_all = section.length.holds_all_of_its_index(section.size)
            self._limits.check_declared(probable, holds_all=holds_all)

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
        self._chain.check()
        if not self._samples_made:
            raise EmptyRecording("it holds no sound")

    def _sound(self) -> Iterator[Samples]:
        while self._chain.section is not None:
            failure = yield from self._section_sound(self._chain.section)
            self._chain.end_section(failure)
            self.open_section()
        yield from self._resampler.flush()

    def _section_sound(self, section: Section) -> Generator[Samples, None, NotAudio | None]:
        """Yields a section's sound. Returns why it could not be decoded to its end, or None."""
        try:
            for frame in section.frames():
                self._note_format(section, frame)
                yield from self._convert(section, frame)
        except NotAudio as failure:
            return failure
        return None

    def _note_other_tracks(self, section: Section) -> None:
        """Note the tracks that are not used: those of the section that has the most.

        Where a broadcast changes, libav sees the streams after the change beside those before it. A
        later section then has fewer, and its own track is one of those noted.
        """
        others = section.other_tracks
        is_first = not self._timeline.position
        count = len(others.descriptions)
        noted_count = len(self._other_tracks.descriptions)
        is_better_known = count < noted_count if section.is_broadcast else count > noted_count
        if is_first or is_better_known:
            self._other_tracks = others

    def _note_format(self, section: Section, frame: Any) -> None:
        if self._format:
            return
        self._format = section.format
        self._codec = section.codec
        self._sample_rate = frame.sample_rate
        self._channels = frame.layout.nb_channels

    def _convert(self, section: Section, frame: Any) -> Iterator[Samples]:
        """Yields the silence that is missing before a frame, and its sound."""
        check_sample_rate(frame.sample_rate)
        timestamp = section.timestamp(frame)
        position = self._timeline.position
        longest = self._limits.longest_gap(position)
        missing = self._timeline.missing_before(timestamp, longest)
        missing = max(0.0, missing + section.take_lost_seconds())
        self._note_gap(section, missing)
        duration = frame.samples / frame.sample_rate
        added = missing + duration
        self._limits.check_decoded(position + added)
        if missing:
            yield from self._fill_gap(frame, missing)
        yield from self._resampler.convert(frame)
        self._timeline.advance(added)

    def _note_gap(self, section: Section, seconds: float) -> None:
        """Note a gap, but not the time before the sound in which there is only a picture."""
        position = self._timeline.position
        if position or not section.has_other_streams:
            is_damage = section.is_damaged
            losses = self._chain.losses
            losses.note_gap(position, seconds, section.format, section.codec, is_damage=is_damage)
        section.is_damaged = False

    def _fill_gap(self, frame: Any, seconds: float) -> Iterator[Samples]:
        """Yields the samples before the gap that libav still holds, then silence."""
        yield from self._resampler.flush()
        end_seconds = self._timeline.position + seconds
        end = round(end_seconds * SAMPLE_RATE)
        length = end - self._samples_made
        rows = self._resampler.rows(frame)
        yield from silence(rows, length)


def check_sample_rate(rate: int) -> None:
    """Raise NotAudio if it cannot be converted."""
    is_convertible = MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE
    if not is_convertible:
        convertible = f"from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} can be converted"
        raise NotAudio(f"its sample rate is {rate} Hz; {convertible}")


def silence(rows: int, length: int) -> Iterator[Samples]:
    """Yields `length` samples of silence, at most MAX_SILENCE at once."""
    remaining = length
    while remaining > 0:
        columns = min(MAX_SILENCE, remaining)
        yield np.zeros((rows, columns), np.int16)
        remaining -= columns
