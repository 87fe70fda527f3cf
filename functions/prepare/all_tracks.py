"""All sound tracks of a recording at once, as recorders write that have one for each person."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

import numpy as np

from functions.prepare.full_scale import FullScale
from functions.prepare.media import Channels, Recording, open_recording
from functions.prepare.mixing import Mixer, mix_weights
from functions.prepare.resampling import (
    BLOCK,
    MAX_SPLIT_CHANNELS,
    cancellation_warnings,
    full_scale_warnings,
    masking_warnings,
)
from functions.prepare.sample_buffer import BlockBuffer, Rows, Samples
from functions.prepare.stage_warning import prepare_warning
from functions.prepare.timeline import MAX_WARNINGS, around
from functions.prepare.track_file import buffered_view
from functions.prepare.tracks import TrackChoice
from shared.model.artifacts import SAMPLE_RATE, Media, StageWarning
from shared.model.audio import FULL_SCALE
from shared.model.errors import BadOption, EmptyRecording, NotAudio, Permanent

MAX_TRACKS = 32
"""Tracks that are decoded at once. Each takes a few megabytes."""
MAX_APART = 0.1
"""Seconds by which a section may begin earlier in one track than in another without a warning."""
TRACK_FAILURES = (EmptyRecording, NotAudio)
"""Why a track cannot be heard, though others may be."""


class Track:
    """One track, and the samples of it that wait for those of the others."""

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self._choice = TrackChoice(number, decoded_beside=count)
        self.recording: Recording | None = None
        """None if it could not be opened."""
        self.failure: Permanent | None = None
        self.pending: Samples | None = None
        """None before its first samples."""
        self.has_ended = False
        self._samples: Iterator[Samples] = iter(())

    def open(
        self, file: BinaryIO, max_seconds: float, channels: Channels, stack: ExitStack
    ) -> None:
        view = buffered_view(file)
        opened = open_recording(view, max_seconds, channels, self._choice)
        try:
            self.recording = stack.enter_context(opened)
        except TRACK_FAILURES as failure:
            self._fail(failure)
            return
        self._samples = self.recording.samples()

    def fill(self) -> None:
        """Decode until samples are pending, or the track has ended."""
        while not self.has_ended and not self.length:
            try:
                self.pending = next(self._samples)
            except StopIteration:
                self.has_ended = True
            except TRACK_FAILURES as failure:
                self._fail(failure)

    @property
    def length(self) -> int:
        """The samples that are pending."""
        return 0 if self.pending is None else self.pending.shape[1]

    def take(self, length: int) -> Samples | None:
        """Returns the next samples, with silence behind the track's end. None if the track never
        had any."""
        if self.pending is None:
            return None
        taken = self.pending[:, :length]
        self.pending = self.pending[:, length:]
        missing = length - taken.shape[1]
        return np.pad(taken, ((0, 0), (0, missing)))

    def _fail(self, failure: Permanent) -> None:
        self.failure = failure
        self.has_ended = True


@contextmanager
def open_all_tracks(
    file: BinaryIO, max_seconds: float, channels: Channels
) -> "Iterator[AllTracks]":
    """Yields a recording of all sound tracks of a seekable file.

    Raises what `open_recording` does, and BadOption if there are more than MAX_TRACKS.
    """
    with open_recording(file, max_seconds, channels) as recording:
        count = max(1, recording.track_count)
    if count > MAX_TRACKS:
        raise BadOption(f"track is all, which takes up to {MAX_TRACKS}; the recording has {count}")
    tracks = [Track(number, count) for number in range(1, count + 1)]
    with ExitStack() as stack:
        for track in tracks:
            track.open(file, max_seconds, channels, stack)
        yield AllTracks(tracks, channels)


class AllTracks:
    """The tracks of a recording, which are decoded side by side, once, from beginning to end.

    Each has its own timeline, which begins where the container does. A track that ends before the
    others is followed by silence. The mix is that of channels; split channels are those of the
    first track, then those of the second, and so on.
    """

    def __init__(self, tracks: list[Track], channels: Channels) -> None:
        self._tracks = tracks
        self._is_mixed = channels == "mix"
        self._mixer = Mixer(mix_weights(["FC"]))
        self._full_scale = FullScale()
        self._samples_made = 0

    @property
    def expected_seconds(self) -> float:
        """The length of the longest track, as far as it is known."""
        return max(recording.expected_seconds for recording in self._recordings)

    @property
    def media(self) -> Media:
        """Complete once all is decoded. Format, codec and rate are the first track's."""
        of_tracks = [recording.media for recording in self._recordings]
        channels = sum(media.channels for media in of_tracks)
        duration = self._samples_made / SAMPLE_RATE
        return of_tracks[0].model_copy(update={"channels": channels, "duration": duration})

    @property
    def warnings(self) -> tuple[StageWarning, ...]:
        """Complete once all is decoded."""
        return (
            *self._track_warnings(),
            *self._joint_warnings(),
            *cancellation_warnings(self._mixer.cancelled_seconds),
            *masking_warnings(self._mixer.masked_seconds),
            *full_scale_warnings(self._full_scale),
        )

    def samples(self) -> Iterator[Samples]:
        """Yields the sound in arrays of any length: a row for the mix, or one per channel.

        Raises BadOption for too many channels, and what the samples of a recording raise. A track
        that cannot be decoded is left out if another can.
        """
        rows = self._mixed_rows() if self._is_mixed else self._split_rows()
        for samples in rows:
            self._samples_made += samples.shape[1]
            yield samples
        failures = [track.failure for track in self._tracks if track.failure is not None]
        if len(failures) == len(self._tracks):
            raise failures[0]

    @property
    def _recordings(self) -> list[Recording]:
        """The recordings of the tracks that could be decoded, or of all if none could."""
        opened = [track for track in self._tracks if track.recording is not None]
        whole = [track for track in opened if track.failure is None]
        return [track.recording for track in whole or opened if track.recording is not None]

    def _mixed_rows(self) -> Iterator[Samples]:
        """Yields the mix of all tracks, each of which is a channel."""
        blocks = BlockBuffer[Rows](BLOCK)
        for rows in self._rows():
            scaled = rows.astype(np.float32) / FULL_SCALE
            for block in blocks.push(scaled):
                mixed = self._mixer_of(block).push(block)
                yield self._full_scale.convert(mixed)
        for rest in blocks.flush():
            mixed = self._mixer_of(rest).flush(rest)
            yield self._full_scale.convert(mixed)

    def _split_rows(self) -> Iterator[Samples]:
        for rows in self._rows():
            channels = len(rows)
            if channels > MAX_SPLIT_CHANNELS:
                limit = f"channels is split, which takes up to {MAX_SPLIT_CHANNELS}"
                raise BadOption(f"{limit}; the sound tracks have {channels}")
            yield rows

    def _rows(self) -> Iterator[Samples]:
        """Yields the channels of all tracks, as far as each track has been decoded."""
        while True:
            for track in self._tracks:
                track.fill()
            length = self._common_length()
            if not length:
                return
            taken = [track.take(length) for track in self._tracks]
            yield np.concatenate([rows for rows in taken if rows is not None])

    def _common_length(self) -> int:
        """Returns how many samples all tracks have that go on; 0 at the end."""
        going_on = [track.length for track in self._tracks if not track.has_ended]
        if going_on:
            return min(going_on)
        return max(track.length for track in self._tracks)

    def _mixer_of(self, block: Rows) -> Mixer:
        """Returns the mixer, which is made for the first block."""
        if not self._samples_made and len(block) != self._mixer.channels:
            roles = [f"track {number}" for number in range(len(block))]
            self._mixer = Mixer(mix_weights(roles))
        return self._mixer

    def _track_warnings(self) -> list[StageWarning]:
        """Returns the warnings of the tracks: once what holds for all, otherwise with the track's
        number."""
        found = []
        of_tracks = [warnings_of(track) for track in self._tracks]
        for track, warnings in zip(self._tracks, of_tracks, strict=True):
            for warning in warnings:
                is_of_all = all(warning in others for others in of_tracks)
                named = warning if is_of_all else name_track(warning, track.number)
                if named not in found:
                    found.append(named)
        return found

    def _joint_warnings(self) -> list[StageWarning]:
        """Returns a warning for each section that begins earlier in one track than in another."""
        starts: dict[int, list[float]] = {}
        for recording in self._recordings:
            for offset, position in recording.section_starts.items():
                starts.setdefault(offset, []).append(position)
        warnings = []
        for positions in starts.values():
            first, last = min(positions), max(positions)
            apart = last - first
            if apart > MAX_APART:
                message = (
                    f"the tracks of joined recordings are up to {apart:.1f} s apart from here on, "
                    "because one of them was shorter before"
                )
                warnings.append(prepare_warning("time_uncertain", message, around(last)))
        return warnings[:MAX_WARNINGS]


def warnings_of(track: Track) -> tuple[StageWarning, ...]:
    """Returns the warnings of a track, and one if it could not be decoded."""
    if track.recording is None or track.failure is not None:
        if track.failure is None or isinstance(track.failure, EmptyRecording):
            return ()
        reason = f"the track could not be read: {track.failure}"
        return (prepare_warning("not_read", reason),)
    return track.recording.warnings


def name_track(warning: StageWarning, number: int) -> StageWarning:
    message = f"sound track {number}: {warning.message}"
    return warning.model_copy(update={"message": message})
