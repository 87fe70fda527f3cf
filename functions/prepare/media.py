"""Any recording -> 16 kHz samples on the recording's own timeline. The only module that knows
PyAV."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO, Literal, NoReturn

import av
import numpy as np
from av.codec.codec import UnknownCodecError
from av.format import Flags
from av.stream import Discard

from functions.prepare.guarded_reader import Reading
from functions.prepare.headers import Promise
from functions.prepare.resampling import Apart, Mixed, Samples
from shared.model.artifacts import SAMPLE_RATE, Media, StageWarning
from shared.model.errors import (
    EmptyRecording,
    NoSound,
    NotAudio,
    RecordingTooLong,
    TruncatedRecording,
)

Channels = Literal["mix", "split"]

PLAYLISTS = frozenset({"concat", "dash", "hls", "imf", "sdp", "webm_dash_manifest"})
"""Demuxers that read files named in the file."""
MEASURED = frozenset({"aiff", "caf", "flac", "matroska", "mp4", "w64", "wav"})
"""Containers whose header holds a length the writer measured, not one guessed from a bit rate."""
MARGIN = 1.1
"""How far a header may pass the limit before it is believed without decoding."""
SPARSEST = 0.02
"""Seconds that a byte may last. The narrowest speech codecs write 60 bytes a second, and only
silence takes less: what is sparser is a small file made to unfold to hours."""
UNFOLDED = 300.0
"""Seconds that a file may last whatever its size, since silence and gaps take next to nothing."""
SLOWEST, FASTEST = 2_000, 768_000
"""Sample rates that are converted. Speech is lost below, and no converter is faster; at rates far
beyond either, a frame becomes, or its filter takes, gigabytes."""

JITTER = 0.02
"""Seconds by which a timestamp may be late and still mean that nothing is missing."""
OVERLAP = 1.0
"""Seconds by which a timestamp may be early; more is a clock that began anew."""
LEAP = 10.0
"""Seconds. In formats made for broadcast and chaining, a longer leap is a clock that began anew,
not a gap."""
SILENCE = 30 * SAMPLE_RATE
"""Most samples of silence made at once."""
INTERRUPTIONS = 100
"""Times the demuxer may stumble before the rest is given up."""
HOPELESS = 10_000
"""Packets by which the corrupt may outnumber the good before the rest is given up."""


@contextmanager
def recording(
    file: BinaryIO, max_seconds: float, channels: Channels = "mix"
) -> "Iterator[Recording]":
    """Open a seekable file as a recording. Nothing but this file is ever opened, whatever it
    says."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise EmptyRecording("the file holds 0 bytes")
    head, promised = beginning(file), Promise(file, size)
    reading = Reading(file)
    with opened(reading, head) as container:
        made = Recording(
            container,
            reading,
            size,
            promised,
            max_seconds,
            Mixed() if channels == "mix" else Apart(),
        )
        made.refuse_if_declared_too_long()
        yield made


def beginning(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(12)


@contextmanager
def opened(reading: Reading, head: bytes) -> Iterator[Any]:
    """A PyAV container that can reach no other file and no network."""
    options = {
        "format_whitelist": formats(),
        "codec_whitelist": sound_codecs(),
        "protocol_whitelist": "none",
    }
    try:
        container = av.open(
            reading,
            mode="r",
            container_options=options,
            metadata_errors="replace",
            io_open=refuse_to_open,
        )
    except av.FFmpegError as error:
        reading.check()
        raise unreadable(head, error) from error
    with container:
        reading.check()
        yield container


@cache
def formats() -> str:
    """Every demuxer that reads one file and no other."""
    return ",".join(sorted(filter(None, map(demuxer, av.formats_available))))


def demuxer(name: str) -> str | None:
    try:
        found = av.ContainerFormat(name, "r")
    except ValueError:
        return None  # it can only be written
    return None if found.no_file or PLAYLISTS & set(found.name.split(",")) else str(found.name)


@cache
def sound_codecs() -> str:
    """Every decoder of sound. To describe a picture libav would decode it, and a cover may unfold
    to gigabytes."""
    return ",".join(sorted(filter(is_sound, av.codecs_available)))


def is_sound(name: str) -> bool:
    try:
        return bool(av.Codec(name, "r").type == "audio")
    except UnknownCodecError:
        return False  # it only encodes


def refuse_to_open(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a recording may not name other files")


def unreadable(head: bytes, error: av.FFmpegError) -> NotAudio | TruncatedRecording:
    if isinstance(error, MemoryError):
        return NotAudio("its header asks for more tracks or memory than any recording needs")
    if head[4:8] == b"ftyp":
        return TruncatedRecording("an MP4 file without its index (moov), which is written last")
    if isinstance(error, av.ArgumentError):
        return NotAudio(
            "the format is not accepted; playlists and manifests that name other files never are"
        )
    return NotAudio("the content is in no known audio or video format")


class Recording:
    """A recording that is decoded once, from beginning to end.

    Time 0 is where its container says that its content begins, which is the start of its earliest
    stream: where the picture begins before the sound, the sound is preceded by silence. Where
    timestamps leave a gap, there is silence. Sound whose timestamps overlap is kept whole, and what
    follows is late by that much until the next gap. Formats without timestamps are taken as they
    come.
    """

    def __init__(
        self,
        container: Any,
        reading: Reading,
        size: int,
        promised: Promise,
        max_seconds: float,
        resampler: "Mixed | Apart",
    ) -> None:
        self._container, self._reading, self._promised = container, reading, promised
        self._size, self._max_seconds = size, max_seconds
        self._name = short_name(container)
        self._stream = best_stream(container)
        self._resampler = resampler
        self._clock = Clock(container, self._stream)
        self._rate, self._channels = 0, 0
        self._written = 0
        self._good, self._corrupt, self._trailing = 0, 0, 0
        self._reached = 0.0

    @property
    def expected(self) -> float:
        """Seconds it will last, judging by its header and by how much of the file is read. Never
        less than so far."""
        read = self._reading.tell() / self._size
        return max(
            self._declared or 0.0, self._clock.now / read if read > 0 else 0.0, self._clock.now
        )

    @property
    def media(self) -> Media:
        """Complete once all is decoded."""
        return Media(
            container=self._name,
            codec=self._stream.codec_context.codec.canonical_name,
            duration=self._written / SAMPLE_RATE,
            sample_rate=self._rate,
            channels=self._channels,
            bytes=self._size,
        )

    @property
    def warnings(self) -> tuple[StageWarning, ...]:
        if not self._corrupt:
            return ()
        message = f"{self._corrupt} of {self._good + self._corrupt} packets could not be decoded and were skipped"
        return (StageWarning(code="corrupt_packets", stage="prepare", message=message),)

    def refuse_if_declared_too_long(self) -> None:
        declared = self._declared or 0.0
        if self._measured and declared > self._max_seconds * MARGIN:
            raise RecordingTooLong(
                f"it says it lasts {declared:.0f} s; the limit is {self._max_seconds:g} s"
            )
        if self._measured and declared > self._unfolded * MARGIN:
            raise RecordingTooLong(
                f"it says it lasts {declared:.0f} s, which {self._size} bytes cannot hold"
            )

    def samples(self) -> Iterator[Samples]:
        """The whole sound, in pieces of any length: a row for each channel heard for itself, or one
        for their mix."""
        try:
            yield from self._sound()
        except MemoryError as error:
            raise NotAudio("its sound asks for more memory than any recording needs") from error
        except av.FFmpegError as error:
            raise NotAudio("its sound cannot be converted") from error
        self._judge()

    def _sound(self) -> Iterator[Samples]:
        for frame in self._frames():
            if not SLOWEST <= frame.sample_rate <= FASTEST:
                raise NotAudio(
                    f"its sample rate is {frame.sample_rate} Hz; from {SLOWEST} to {FASTEST} can be converted"
                )
            missing = self._clock.missing_before(frame)
            self._limit(missing + frame.samples / frame.sample_rate)
            if missing:
                yield from self._counted(self._resampler.rest())
                length = round((self._clock.now + missing) * SAMPLE_RATE) - self._written
                yield from self._counted(silence(self._resampler.rows(frame), length))
            yield from self._counted(self._resampler.converted(frame))
            self._clock.pass_by(missing + frame.samples / frame.sample_rate)
        yield from self._counted(self._resampler.rest())

    def _frames(self) -> Iterator[Any]:
        for packet in self._packets():
            if packet.pts is not None:
                end = packet.pts + (packet.duration or 0)
                self._reached = max(
                    self._reached, float(end * packet.time_base) - self._clock.start
                )
            if packet.stream_index == self._stream.index:
                yield from self._decoded(packet)

    def _packets(self) -> Iterator[Any]:
        """In Matroska, of all streams: its header holds only the length of the longest."""
        streams = self._container.streams if self._name == "matroska" else [self._stream]
        for stream in set(self._container.streams) - set(streams):
            stream.discard = Discard.all
        for _ in range(INTERRUPTIONS):
            try:
                yield from self._container.demux(list(streams))
                break
            except av.FFmpegError:
                self._trailing += 1
            except IndexError:
                break  # all is read: PyAV 18 takes streams that appeared on the way for ones it knows, and stumbles
        self._reading.check()

    def _decoded(self, packet: Any) -> list[Any]:
        """What cannot be decoded counts as corrupt once something good follows: tags often trail
        the last packet."""
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:
            self._trailing += 1
            self._refuse_if_corrupt(but_for=HOPELESS)
            return []
        if frames:
            self._rate, self._channels = frames[0].sample_rate, frames[0].layout.nb_channels
            self._corrupt, self._trailing = self._corrupt + self._trailing, 0
            self._good += 1
            self._reading.heard()
        return frames

    def _counted(self, pieces: Iterator[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            self._written += piece.shape[1]
            yield piece

    def _limit(self, more: float) -> None:
        if self._clock.now + more > self._max_seconds:
            raise RecordingTooLong(f"it lasts longer than the limit of {self._max_seconds:g} s")
        if self._clock.now + more > self._unfolded:
            raise RecordingTooLong(
                f"it lasts longer than {self._unfolded:.0f} s, which {self._size} bytes cannot hold"
            )

    def _judge(self) -> None:
        """Refuse what turned out to be no recording, or not the whole of it."""
        self._refuse_if_corrupt()
        if not self._written:
            raise EmptyRecording("it holds no sound")
        promised, here = self._promised_seconds(), max(self._clock.now, self._reached)
        if promised - here > max(1.0, promised / 100):
            raise TruncatedRecording(
                f"it should last {promised:.1f} s, but ends after {here:.1f} s"
            )

    def _refuse_if_corrupt(self, but_for: int = 0) -> None:
        bad = self._corrupt + self._trailing
        if bad > self._good + but_for:
            raise NotAudio(f"{bad} of {bad + self._good} packets cannot be decoded")

    def _promised_seconds(self) -> float:
        return max(
            (self._declared or 0.0) if self._measured else 0.0,
            self._clock.now / (self._promised.share or 1.0),
        )

    @property
    def _unfolded(self) -> float:
        """Seconds that as many bytes may last."""
        return UNFOLDED + self._size * SPARSEST

    @property
    def _measured(self) -> bool:
        return self._name in MEASURED or (self._name == "mp3" and self._promised.counted)

    @property
    def _declared(self) -> float | None:
        """Seconds, by the header. The sound's own length where it is given: a picture may go on
        longer."""
        if self._stream.duration is not None:
            return float(self._stream.duration * self._stream.time_base)
        return (
            None
            if self._container.duration is None
            else float(self._container.duration / av.time_base)
        )


def short_name(container: Any) -> str:
    names = container.format.name.split(",")
    return "mp4" if "mp4" in names else str(names[0])


def best_stream(container: Any) -> Any:
    stream = container.streams.best("audio")
    if stream is None and moving_picture(container):
        raise NoSound("it has a picture but no audio stream")
    if stream is None:
        raise NotAudio("it has no audio stream")
    if stream.codec_context is None:
        raise NotAudio("its audio codec is not known")
    return stream


def moving_picture(container: Any) -> bool:
    return bool(container.streams.video) and not container.format.name.endswith("_pipe")


class Clock:
    """Where in the recording the next sample belongs, in seconds."""

    def __init__(self, container: Any, stream: Any) -> None:
        self.now = 0.0
        self.start = (
            0.0 if container.start_time is None else float(container.start_time / av.time_base)
        )
        self._started = container.start_time is not None
        self._restarts = bool(container.format.flags & Flags.ts_discont.value)

    def missing_before(self, frame: Any) -> float:
        """Seconds of silence that belong before this frame."""
        if frame.pts is None:
            return 0.0
        late = float(frame.pts * frame.time_base) - self.start - self.now
        if not self._started or late < -OVERLAP or (self._restarts and late > LEAP):
            self.start += late
            self._started = True
            return 0.0
        return late if late > JITTER else 0.0

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def silence(rows: int, length: int) -> Iterator[Samples]:
    for start in range(0, length, SILENCE):
        yield np.zeros((rows, min(SILENCE, length - start)), np.int16)
