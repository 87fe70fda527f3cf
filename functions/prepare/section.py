"""One section of a recording, opened with libav: its main sound, frame by frame."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import av
from av.stream import Discard

from functions.prepare.container import (
    OGG_CODECS_WITH_START,
    begins_with_sound,
    declared_seconds,
    format_name,
    open_container,
    start_seconds,
    timestamps_may_leap,
)
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.headers import ENCRYPTED, FileHeader, read_file_header
from functions.prepare.length_checks import check_complete
from functions.prepare.losses import Losses
from functions.prepare.measured_length import MeasuredLength
from functions.prepare.mp3_header import MAX_FRAME
from functions.prepare.packet_counts import PacketCounts
from functions.prepare.section_file import SectionFile
from functions.prepare.timeline import Timeline
from functions.prepare.tracks import OtherTracks, find_other_tracks, select_track
from functions.prepare.trailing_bytes import (
    SHARED_FORMATS,
    STREAMED_FORMATS,
    end_of_boxes,
    may_hold_sound,
)
from shared.model.errors import EmptyRecording, NoSound, NotAudio, Permanent, TruncatedRecording

LONGEST_STREAM_FORMATS = frozenset({"asf", "flv", "matroska"})
"""Formats whose header holds only the length of the longest stream."""
BROADCAST_FORMATS = frozenset({"mpeg", "mpegts"})
"""Formats that can be read from any place on, and whose streams may change on the way."""
RAW_FORMATS = frozenset({"aac", "ac3", "amr", "dts", "eac3", "loas", "mlp", "mp3", "truehd"})
"""Formats without timestamps, in which libav adds up the lengths of the packets; it gets them wrong
once the sample rate changes."""
MAX_DEMUX_ERRORS = 10_000
"""Errors of the demuxer after which the rest of the section is given up. Some read on by 32 bytes
an error."""
MAX_EXCESS_CORRUPT = 10_000
"""Packets by which the corrupt may outnumber the good while decoding."""
MIN_RESUMED_SECONDS = 0.5
"""Seconds that the bytes behind the last sound of a broadcast must be worth to be opened anew."""
MAX_CORRUPT_RUN = 10
"""Packets of a broadcast that cannot be decoded in a row, after which the codec may be another."""
MIN_REST = 4_096
"""Bytes behind the last packet that matter: half a second at 64 kbit/s."""
TS_PACKET = 188
"""Bytes."""


class Section:
    """A section that is decoded once, from beginning to end."""

    def __init__(
        self,
        file: SectionFile,
        header: FileHeader,
        reader: GuardedReader,
        container: Any,
        timeline: Timeline,
        track: int | None,
    ) -> None:
        self.file = file
        self.counts = PacketCounts()
        self.gave_up = False
        """Whether the demuxer failed so often that the rest was not read."""
        self.format = format_name(container)
        self._container = container
        self._reader = reader
        self._timeline = timeline
        self._header = header
        self._stream = select_track(container, track)
        self.length = MeasuredLength(header, container, self._stream)
        self.is_damaged = False
        """Something before the next frame could not be read."""
        self._lost_seconds = 0.0
        self._start_position = timeline.position
        self._last_packet_end = 0.0
        self._heard_until = 0
        self._first_page: int | None = None
        self._page: int | None = None
        self._first_rate = 0
        self._has_timestamps = True

    @property
    def codec(self) -> str:
        return str(self._stream.codec_context.codec.canonical_name)

    @property
    def is_broadcast(self) -> bool:
        return self.format in BROADCAST_FORMATS

    @property
    def other_tracks(self) -> OtherTracks:
        """The sound tracks of the section that are not used."""
        return find_other_tracks(self._container, self._stream)

    @property
    def declared_end(self) -> float:
        """The position in the recording where the section ends by its header; 0 if unknown."""
        declared = self._declared_seconds
        if declared is None:
            return 0.0
        return self._start_position + declared

    @property
    def size(self) -> int:
        """The bytes of the section, as far as it is known where the next begins."""
        return self.file.end - self.file.start

    @property
    def has_other_streams(self) -> bool:
        return len(self._container.streams) > 1

    @property
    def bytes_read(self) -> int:
        """The bytes of the file that have been read, up to the section's current place."""
        return self.file.start + self._reader.tell()

    @property
    def heard_until(self) -> int:
        """The place in the file where the last packet ends that was decoded."""
        end = self._heard_until
        if self.format == "ogg":
            end += self.file.page_length(end)
        return self.file.start + end

    @property
    def resume_at(self) -> int | None:
        """Where a broadcast is to be opened anew to find sound that libav did not see, or None.

        libav shows no streams that appear on the way, and no changed codec.
        """
        if not self.is_broadcast:
            return None
        rest = self.file.end - self.heard_until
        heard_bytes = self.heard_until - self.file.start
        seconds = self._timeline.position - self._start_position
        rest_seconds = seconds * rest / max(1, heard_bytes)
        return self.heard_until if rest_seconds >= MIN_RESUMED_SECONDS else None

    @property
    def has_unread_rest(self) -> bool:
        """Returns whether sound may be left behind the last packet, though libav found no more."""
        has_others = any(stream.type != "audio" for stream in self._container.streams)
        is_shared = self.format in SHARED_FORMATS and has_others
        rest = self.file.end - self.rest_start
        if self.format not in STREAMED_FORMATS or is_shared or rest < MIN_REST:
            return False
        start = self.rest_start - self.file.start
        return may_hold_sound(self.file, start, self.format)

    @property
    def rest_start(self) -> int:
        """The place in the file from where on nothing of the section was of use to libav."""
        if self.format == "mp4":
            return max(self.heard_until, self.file.start + end_of_boxes(self.file))
        return self.heard_until

    def begin(self) -> None:
        """Let the section's start be the recording's current position."""
        start = None if self._starts_unknown else start_seconds(self._container)
        self._timeline.begin_section(
            start,
            may_leap=timestamps_may_leap(self._container),
            sound_is_first=begins_with_sound(self._container, self._stream),
        )

    def close(self) -> None:
        self._container.close()

    def frames(self) -> Iterator[Any]:
        """Yields the frames of the main sound. Raises NotAudio if most of it is corrupt."""
        for packet in self._packets():
            if self._may_have_another_codec:
                self.counts.forget_trailing()
                return
            is_sound = packet.stream_index == self._stream.index
            if packet.pts is not None:
                self._note_time(packet, is_sound)
            if is_sound:
                self._note_mp3_header(packet)
                yield from self._decode(packet)
                self._note_excess(packet)

    def timestamp(self, frame: Any) -> float | None:
        """Returns a frame's timestamp in seconds, or None if there is none to rely on."""
        if not self._first_rate:
            self._first_rate = frame.sample_rate
        if self.format in RAW_FORMATS and frame.sample_rate != self._first_rate:
            self._has_timestamps = False
        is_first_page = self._page == self._first_page
        if frame.pts is None or not self._has_timestamps:
            return None
        if self._starts_unknown and is_first_page:
            return None
        return float(frame.pts * frame.time_base)

    def take_lost_seconds(self) -> float:
        """Returns how long the undecodable sound before a frame lasted, which timestamps omit."""
        lost = self._lost_seconds
        self._lost_seconds = 0.0
        self._timeline.start -= lost
        return lost

    def explain(self, failure: Permanent) -> Permanent:
        """Returns the reason that the header gives for a section that could not be decoded."""
        if isinstance(failure, TruncatedRecording):
            return failure
        return self._header.refusal or failure

    def check(self, losses: Losses) -> None:
        """Note what is missing; raise NotAudio, EmptyRecording or TruncatedRecording if all is."""
        self._check_end(losses)
        self.counts.check()
        decoded = self._timeline.position - self._start_position
        if not decoded and self.gave_up:
            raise NotAudio("its packets cannot be read")
        if not decoded:
            raise EmptyRecording("it holds no sound")

    def _check_end(self, losses: Losses) -> None:
        decoded = self._timeline.position - self._start_position
        declared = self.length.seconds_after(decoded, self.size)
        if declared is None:
            return
        present = max(decoded, self._last_packet_end - self._start_position)
        if not self.length.is_complete(self.size):
            decodable = present - self.counts.trailing_seconds
            check_complete(declared, max(decoded, decodable))
        missing = max(0.0, declared - present)
        losses.note_end(declared, missing + self.counts.trailing_seconds)

    def _note_time(self, packet: Any, is_sound: bool) -> None:
        duration = packet.duration or 0
        end = packet.pts + duration
        end_seconds = float(end * packet.time_base)
        position = end_seconds - self._timeline.start
        self._last_packet_end = max(self._last_packet_end, position)
        if not is_sound:
            self._timeline.follow_other_stream(float(packet.pts * packet.time_base))

    def _packets(self) -> Iterator[Any]:
        """Yields the audio packets; in LONGEST_STREAM_FORMATS and broadcasts those of all streams.

        In the former the end of each stream counts. In broadcasts the other streams tell whether a
        clock began anew.
        """
        needs_all = self.format in LONGEST_STREAM_FORMATS | BROADCAST_FORMATS
        streams = self._container.streams if needs_all else [self._stream]
        for stream in set(self._container.streams) - set(streams):
            stream.discard = Discard.all
        for _ in range(MAX_DEMUX_ERRORS):
            try:
                yield from self._container.demux(list(streams))
                break
            except av.FFmpegError:
                self.counts.add_demux_error()
                self.is_damaged = True
            except IndexError:
                # All is read. PyAV 18 looks up streams that appeared on the way in its list of
                # streams, where they are not.
                break
        else:
            self.gave_up = True
        self._reader.raise_failure()

    def _decode(self, packet: Any) -> list[Any]:
        try:
            frames: list[Any] = self._stream.decode(packet)
        except av.FFmpegError:
            self._note_corrupt(packet)
            self.counts.check(max_excess=MAX_EXCESS_CORRUPT)
            self._timeline.lose_sound()
            return []
        if frames:
            self.counts.add_good()
            self._note_heard(packet)
            self._reader.lift_limit()
        return frames

    def _note_mp3_header(self, packet: Any) -> None:
        mp3 = self.length.mp3
        if mp3 is not None and packet.pos is not None:
            decoded = self._timeline.position - self._start_position
            mp3.note_packet(bytes(packet), packet.pos, decoded)

    def _note_corrupt(self, packet: Any) -> None:
        mp3 = self.length.mp3
        if mp3 is not None and mp3.is_tag(packet.pos):
            return
        duration = packet.duration or 0
        self.counts.add_corrupt(float(duration * packet.time_base))
        self.is_damaged = True
        if mp3 is not None:
            self._lost_seconds += mp3.lost_seconds(packet.pos, packet.pos + packet.size)

    def _note_excess(self, packet: Any) -> None:
        """Note the bytes in a packet of MP3 that are too many to belong to its frame."""
        mp3 = self.length.mp3
        if mp3 is None or packet.size <= MAX_FRAME or self.is_damaged:
            return
        if not mp3.is_tag(packet.pos):
            lost = mp3.lost_seconds(packet.pos + MAX_FRAME, packet.pos + packet.size)
            self._lost_seconds += lost
            self.is_damaged = lost > 0

    def _note_heard(self, packet: Any) -> None:
        if packet.pos is None or packet.pos < 0:
            return
        self._page = packet.pos
        if self._first_page is None:
            self._first_page = packet.pos
        length = TS_PACKET if self.format == "mpegts" else packet.size
        if self.format == "ogg":
            length = 0  # libav gives the place of the page in which the packet begins.
        self._heard_until = max(self._heard_until, packet.pos + length)

    @property
    def _may_have_another_codec(self) -> bool:
        """Returns whether the rest of a broadcast is to be opened anew, since its sound changed."""
        is_long_run = self.counts.good > 0 and self.counts.trailing >= MAX_CORRUPT_RUN
        return is_long_run and self.resume_at is not None

    @property
    def _starts_unknown(self) -> bool:
        """Returns whether only the second page of sound tells at what time the section starts."""
        return self.format == "ogg" and self.codec not in OGG_CODECS_WITH_START

    @property
    def _declared_seconds(self) -> float | None:
        return declared_seconds(self._container, self._stream)


def open_section(file: SectionFile, timeline: Timeline, track: int | None) -> Section:
    """Returns a file's section, opened.

    libav looks ahead. If it has read into the next section, it is made to open this one again, of
    which it then sees no more than there is. `track` is the number of its sound track, from 1.
    Raises BadOption, NotAudio, NoSound or TruncatedRecording.
    """
    while True:
        end = file.end
        try:
            section = try_to_open(file, timeline, track)
        except Permanent:
            if file.end == end:
                raise
            continue
        if file.end == end:
            return section
        section.close()


def try_to_open(file: SectionFile, timeline: Timeline, track: int | None) -> Section:
    readable = cast(BinaryIO, file)
    header = read_file_header(readable, file.end - file.start)
    if header.is_encrypted:
        raise NotAudio(ENCRYPTED)
    reader = GuardedReader(readable)
    try:
        container = open_container(reader)
    except NotAudio as failure:
        raise header.refusal or failure from failure
    try:
        return Section(file, header, reader, container, timeline, track)
    except (NotAudio, NoSound) as failure:
        container.close()
        raise header.refusal or failure from failure
    except BaseException:
        container.close()
        raise
