"""Decodes packets whose checksums are right, or all of them if most checksums are wrong."""

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, cast

import av

from functions.prepare.container import (
    CODECS_WITH_LOCAL_DAMAGE,
    check_sums,
    codec_name,
    open_container,
)
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.section_file import SectionFile

MAX_DEMUX_ERRORS = 10_000
"""Errors of the demuxer after which the rest of a section is given up. Some read on by 32 bytes an
error."""


class SumCounts(NamedTuple):
    """The packets of a section by their checksums."""

    right: int = 0
    wrong: int = 0
    """Packets that cannot be decoded, which has hardly ever another reason."""

    @property
    def are_mostly_wrong(self) -> bool:
        """Returns whether the section would be refused if checksums counted."""
        return self.wrong > self.right


class CheckedDecoder:
    """The decoder of a section's sound.

    It fails for a packet whose checksum is wrong, of which libav would make noise. Where more than
    half are wrong, the program that wrote them is, and all are decoded. The first wrong one has all
    packets of the section counted.
    """

    def __init__(self, file: SectionFile, stream: Any) -> None:
        self.ignored_sums = SumCounts()
        """What was counted, if packets are decoded whose checksums are wrong."""
        self._file = file
        self._stream = stream
        self._decoder: Any = stream.codec_context
        self._may_ignore_sums = codec_name(stream) in CODECS_WITH_LOCAL_DAMAGE

    def keep_checking(self) -> None:
        """Never decode packets whose checksums are wrong. A section that is opened anew many times
        would be read to its end as often."""
        self._may_ignore_sums = False

    def decode(self, packet: Any) -> list[Any]:
        """Returns the frames of a packet. Raises FFmpegError if it cannot be decoded."""
        try:
            return list(self._decoder.decode(packet))
        except av.FFmpegError:
            if not self._may_ignore_sums:
                raise
            self._may_ignore_sums = False
            counts = count_sums(self._file, self._stream.index)
            if not counts.are_mostly_wrong:
                raise
        self.ignored_sums = counts
        self._decoder = unchecked_decoder(self._stream)
        return list(self._decoder.decode(packet))


def unchecked_decoder(stream: Any) -> Any:
    """Returns a decoder for a stream's packets that does not compare their checksums."""
    checked = stream.codec_context
    decoder = av.CodecContext.create(checked.codec, "r")
    decoder.extradata = checked.extradata
    return decoder


def count_sums(file: SectionFile, stream_index: int) -> SumCounts:
    """Returns how many packets of a section's stream have right and wrong checksums.

    Raises NotAudio if the section cannot be opened again, and what reading it raised.
    """
    read_until = file.tell()
    reader = GuardedReader(cast(BinaryIO, file))
    reader.lift_limit()
    container = open_container(reader)
    right = wrong = 0
    try:
        check_sums(container)
        if stream_index >= len(container.streams):
            return SumCounts()  # it appears on the way
        stream = container.streams[stream_index]
        for packet in all_packets(container, stream):
            try:
                frames = stream.decode(packet)
                right += bool(frames)
            except av.FFmpegError:
                wrong += 1
        reader.raise_failure()
    finally:
        container.close()
        file.seek(read_until)
    return SumCounts(right, wrong)


def all_packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yields a stream's packets as far as they can be read."""
    for _ in range(MAX_DEMUX_ERRORS):
        try:
            yield from container.demux(stream)
            return
        except av.FFmpegError:
            continue
        except IndexError:
            return  # PyAV 18 does not find streams that appeared on the way
