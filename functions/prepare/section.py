"""One section of a recording, opened with libav: its main sound, frame by frame."""

from collections.abc import Iterator
from typing import Any

import av
from av.stream import Discard

from functions.prepare.amr_frames import DamagedFrame, check_frame, is_pause
from functions.prepare.checked_decoder import MAX_DEMUX_ERRORS, CheckedDecoder
from functions.prepare.chunk_index import ChunkIndex
from functions.prepare.container import (
    BROADCAST_FORMATS,
    CODECS_WITH_SUMS,
    INTERLEAVED_FORMATS,
    LONGEST_STREAM_FORMATS,
    begins_with_sound,
    codec_name,
    declared_seconds,
    format_name,
    longest_packet,
    start_seconds,
    timestamps_may_leap,
)
from functions.prepare.frame_lengths import LastPacket
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.headers import FileHeader
from functions.prepare.length_checks import check_complete
from functions.prepare.losses import Losses
from functions.prepare.lost_sound import RAW_FORMATS, LostSound
from functions.prepare.measured_length import MeasuredLength
from functions.prepare.ogg_page_times import OggPageTimes
from functions.prepare.packet_counts import MAX_SILENT_RUN, PacketCounts
from functions.prepare.section_file import SectionFile
from functions.prepare.timeline import Timeline
from functions.prepare.tracks import OtherTracks, TrackChoice, find_other_tracks, select_track
from functions.prepare.trailing_bytes import SHARED_FORMATS
from functions.prepare.unread_bytes import UnreadBytes
from shared.model.errors import EmptyRecording, NotAudio, Permanent, TruncatedRecording

WAVPACK = "wv"
WAVPACK_BLOCK = b"wvpk"
MAX_EXCESS_CORRUPT = 10_000
"""Packets by which the corrupt may outnumber the good while decoding."""
MIN_RESUMED_SECONDS = 0.5
"""Seconds that the bytes behind the last sound of a broadcast must be worth to be opened anew."""
MAX_CORRUPT_RUN = 10
"""Packets of a broadcast that cannot be decoded in a row, after which the codec may be another."""
TS_PACKET = 188
"""Bytes of a transport stream's packets, each of which holds a part of a packet of sound."""


class Section:
    """A section that is decoded once, from beginning to end."""

    def __init__(
        self,
        file: SectionFile,
        header: FileHeader,
        reader: GuardedReader,
        container: Any,
        timeline: Timeline,
        track: TrackChoice,
    ) -> None:
        self.file = file
        self.counts = PacketCounts()
        self.gave_up = False
        """Whether so much was without sound that the rest was not read."""
        self.format = format_name(container)
        self._container = container
        self._reader = reader
        self._timeline = timeline
        self._header = header
        self._stream = select_track(container, track.number)
        self.decoder = CheckedDecoder(file, self._stream)
        self._decoded_beside = track.decoded_beside
        self.last_packet = LastPacket(self.codec)
        self.length = MeasuredLength(header, container, self._stream)
        self.is_damaged = False
        """Something before the next frame could not be read."""
        self._lost = LostSound(file, self.format, self.codec, self.length.mp3)
        self._index = ChunkIndex(self._stream, self.format)
        self._pages = OggPageTimes(file, self._stream)
        self.start_position = timeline.position
        """The position in the recording where the section begins."""
        self._last_packet_end = 0.0
        self._heard_until = 0
        self._longest_packet = longest_packet(container, self._stream)
        self._first_rate = 0
        self._has_timestamps = True

    @property
    def codec(self) -> str:
        return codec_name(self._stream)

    @property
    def is_broadcast(self) -> bool:
        return self.format in BROADCAST_FORMATS

    @property
    def other_tracks(self) -> OtherTracks:
        """The sound tracks of the section that are not used."""
        return find_other_tracks(self._container, self._stream, self._decoded_beside)

    @property
    def track_count(self) -> int:
        return len(self._container.streams.audio)

    @property
    def declared_end(self) -> float:
        """The position in the recording where the section ends by its header; 0 if unknown."""
        declared = declared_seconds(self._container, self._stream)
        if declared is None:
            return 0.0
        return self.start_position + declared

    @property
    def size(self) -> int:
        """The bytes of the section, as far as it is known where the next begins."""
        return self.file.end - self.file.start

    @property
    def has_other_streams(self) -> bool:
        streams = self._container.streams
        return len(streams) > 1

    @property
    def bytes_read(self) -> int:
        """The bytes of the file that have been read, up to the section's current place."""
        read_of_section = self._reader.tell()
        return self.file.start + read_of_section

    @property
    def heard_until(self) -> int:
        """The place in the file where the last packet ends that was decoded."""
        end = self._heard_until
        if self.format == "ogg":
            page_length = self.file.page_length(end)
            end += page_length
        return self.file.start + end

    @property
    def resume_at(self) -> int | None:
        """Where a broadcast or a WavPack file is to be opened anew to find sound that libav did not
        see, or None.

        In broadcasts libav shows no streams that appear on the way, and no changed codec. Of
        WavPack it reads no further than to a block whose header is damaged.
        """
        if self.format == WAVPACK:
            heard_until = self._heard_until
            next_block = self.file.find(WAVPACK_BLOCK, heard_until + 1)
            return None if next_block is None else self.file.start + next_block
        if not self.is_broadcast:
            return None
        heard_until = self.heard_until
        heard_bytes = heard_until - self.file.start
        rest = self.file.end - heard_until
        rest_seconds = self._decoded_seconds * rest / max(1, heard_bytes)
        if rest_seconds < MIN_RESUMED_SECONDS:
            return None
        return heard_until

    def resume(self, start_position: float) -> None:
        """Let this be the rest of a section that began at an earlier position of the recording."""
        self.decoder.keep_checking()
        if self.format == WAVPACK:
            self.start_position = start_position

    @property
    def missing_start(self) -> float:
        """The seconds of the section's stream that come before the first sound in the file."""
        by_header = self.length.missing_start(self._decoded_seconds, self.size)
        return by_header or self._pages.missing_start

    def unread_bytes(self) -> UnreadBytes:
        """Returns what was not read of the section, which was decoded to its end."""
        return UnreadBytes(
            self.file,
            self._header,
            self.format,
            heard_until=self.heard_until,
            first_place=self._lost.first_place,
            skipped_start=self._lost.skipped_start,
            is_shared=self._is_shared,
        )

    def begin(self) -> None:
        """Let the section's start be the recording's current position."""
        start = None
        if not self.length.starts_unknown:
            start = start_seconds(self._container)
        self._timeline.begin_section(
            start,
            may_leap=timestamps_may_leap(self._container),
            sound_is_first=begins_with_sound(self._container, self._stream),
        )

    def close(self) -> None:
        self._container.close()

    def frames(self) -> Iterator[Any]:
        """Yields the frames of the main sound. Raises NotAudio if most of it is corrupt."""
        packets = self._packets()
        if self.format == "ogg":
            packets = self._pages.correct(packets)
        for packet in packets:
            if self._may_have_another_codec:
                self.counts.forget_trailing()
                return
            is_sound = packet.stream_index == self._stream.index
            if packet.pts is not None:
                self._note_time(packet, is_sound)
            if is_sound:
                self.last_packet.note(packet)
                self.length.note_packet(packet, self._decoded_seconds)
                yield from self._decode(packet)
                self._note_excess(packet)
            if self.counts.silent_run > MAX_SILENT_RUN:
                self.gave_up = True
                return

    def timestamp(self, frame: Any) -> float | None:
        """Returns a frame's timestamp in seconds, or None if there is none to rely on."""
        if not self._first_rate:
            self._first_rate = frame.sample_rate
        if self.format in RAW_FORMATS and frame.sample_rate != self._first_rate:
            self._has_timestamps = False
        if frame.pts is None or not self._has_timestamps:
            return None
        seconds = frame.pts * frame.time_base
        return float(seconds) + self._index.late_seconds

    def take_lost_seconds(self) -> float:
        """Returns how long the undecodable sound before a frame lasted, which timestamps omit."""
        lost = self._lost.take()
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
        if self._decoded_seconds:
            return
        if self.gave_up:
            raise NotAudio("its packets cannot be read")
        raise EmptyRecording("it holds no sound")

    def _check_end(self, losses: Losses) -> None:
        """Note how much of the end is missing. Raises TruncatedRecording if it is much."""
        is_resumed_later = self.format == WAVPACK and self.resume_at is not None
        if is_resumed_later:
            return
        decoded = self._decoded_seconds
        declared = self.length.seconds_after(decoded, self.size)
        if declared is None:
            return
        by_packets = self._last_packet_end - self.start_position
        present = max(decoded, by_packets)
        trailing = self.counts.trailing_seconds
        if not self.length.is_complete(self.size):
            decodable = present
            if self.codec not in CODECS_WITH_SUMS:
                decodable -= trailing  # other bytes than sound may stand where the end is missing
            check_complete(declared, max(decoded, decodable))
        missing = max(0.0, declared - present)
        undecoded = max(0.0, declared - decoded)
        losses.note_end(declared, min(missing + trailing, undecoded))

    def _note_time(self, packet: Any, is_sound: bool) -> None:
        """Note when a packet begins and ends by its timestamp."""
        start = packet.pts
        end = start
        if not packet.is_corrupt:  # a packet that the end of the file cuts off is not there
            end += packet.duration or 0
        end_seconds = float(end * packet.time_base)
        position = end_seconds - self._timeline.start
        self._last_packet_end = max(self._last_packet_end, position)
        if not is_sound:
            timestamp = float(start * packet.time_base)
            self._timeline.follow_other_stream(timestamp)

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
        if is_pause(packet, self.codec):
            self.counts.silent_run += 1
            self._note_heard(packet)
            return []  # the next timestamp tells how long it is silent
        try:
            check_frame(packet, self.codec)
            frames = self.decoder.decode(packet)
        except DamagedFrame:
            self._note_damaged_frame(packet)
            return []
        except av.FFmpegError:
            self._note_corrupt(packet)
            self.counts.check(max_excess=MAX_EXCESS_CORRUPT)
            self._timeline.lose_sound()
            return []
        if frames:
            if self._index.note_packet(packet) or self._pages.take_loss():
                self.is_damaged = True
            self.counts.add_good()
            seconds = sum(frame.samples / frame.sample_rate for frame in frames)
            if self._lost.note_good(packet, seconds):
                self.is_damaged = True
            self._note_heard(packet)
            self._reader.lift_limit()
        return frames

    def _note_corrupt(self, packet: Any) -> None:
        if self.length.is_tag(packet):
            return
        duration = packet.duration or 0
        seconds = duration * packet.time_base
        self.counts.add_corrupt(float(seconds))
        self.is_damaged = True
        self._lost.note_corrupt(packet)

    def _note_damaged_frame(self, packet: Any) -> None:
        """Note a packet of AMR that is no frame. Several in a row count as one, since the demuxer
        makes many of a few damaged bytes."""
        self.counts.silent_run += 1
        if self.is_damaged:
            self._lost.note_corrupt(packet)
        else:
            self._note_corrupt(packet)
        self._timeline.lose_sound()

    def _note_excess(self, packet: Any) -> None:
        """Note the bytes in a packet of MPEG audio that are too many to belong to its frame."""
        if self.is_damaged or self.length.is_tag(packet):
            return
        self.is_damaged = self._lost.note_excess(packet)

    def _note_heard(self, packet: Any) -> None:
        if packet.pos is None or packet.pos < 0:
            return
        length = min(packet.size, self._longest_packet)
        if self.format == "mpegts":
            length = TS_PACKET
        if self.format == "ogg":
            length = 0  # libav gives the place of the page in which the packet begins
        end = self._lost.place_of(packet) + length
        self._heard_until = max(self._heard_until, int(end))

    @property
    def _may_have_another_codec(self) -> bool:
        """Returns whether the rest of a broadcast is to be opened anew, since its sound changed."""
        counts = self.counts
        if not counts.good or counts.trailing < MAX_CORRUPT_RUN:
            return False
        return self.resume_at is not None

    @property
    def _is_shared(self) -> bool:
        """Returns whether packets of other streams may follow the last one of the sound.

        Flash video has one stream of sound; libav shows a second one where its codec changes.
        """
        if self.format in INTERLEAVED_FORMATS:
            return self.has_other_streams
        has_pictures = any(stream.type != "audio" for stream in self._container.streams)
        return self.format in SHARED_FORMATS and has_pictures

    @property
    def _decoded_seconds(self) -> float:
        """The section's sound so far, with the silence in its gaps."""
        return self._timeline.position - self.start_position
