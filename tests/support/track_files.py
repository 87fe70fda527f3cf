"""Recordings with several sound tracks."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from tests.support.audio_files import Samples, encode_audio
from tests.support.recordings import RATE

Described = dict[str, str]


def with_tracks(
    container: str,
    *tracks: tuple[Samples, Described],
    change_last: Callable[[list[Any]], list[Any]] = lambda packets: packets,
) -> bytes:
    """Returns a file of AAC tracks, each with its own samples and metadata.

    `change_last` changes the packets of the last track.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format=container) as output:
            streams: list[Any] = []
            for _, described in tracks:
                stream: Any = output.add_stream("aac", rate=RATE)
                stream.layout = "mono"
                stream.metadata.update(described)
                streams.append(stream)
            packets = []
            for stream, (samples, _) in zip(streams, tracks, strict=True):
                of_track = encode_audio(stream, samples, "mono", 0)
                packets += change_last(of_track) if stream is streams[-1] else of_track
            packets.sort(key=lambda packet: packet.dts * Fraction(packet.time_base))
            output.mux(packets)
        return path.read_bytes()
