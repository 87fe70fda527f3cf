"""Opens a recording with libav so that no other file and no network can be reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

import av
from av.codec.codec import UnknownCodecError
from av.format import Flags

from functions.prepare.guarded_reader import GuardedReader
from shared.model.errors import NotAudio, TruncatedRecording

PLAYLIST_FORMATS = frozenset({"concat", "dash", "hls", "imf", "sdp", "webm_dash_manifest"})
"""Demuxers that read files named in the file."""


@contextmanager
def open_container(reader: GuardedReader, first_bytes: bytes) -> Iterator[Any]:
    """Yields PyAV's container of the file.

    Raises NotAudio or TruncatedRecording if libav cannot open it, or what reading it raised.
    """
    options = {
        "format_whitelist": allowed_formats(),
        "codec_whitelist": audio_codecs(),
        "protocol_whitelist": "none",
    }
    try:
        container = av.open(
            reader,
            mode="r",
            container_options=options,
            metadata_errors="replace",
            io_open=refuse_to_open,
        )
    except av.FFmpegError as error:
        reader.raise_failure()
        raise explain_open_error(error, first_bytes) from error
    with container:
        reader.raise_failure()
        yield container


@cache
def allowed_formats() -> str:
    """Returns every demuxer that reads one file and no other, joined by commas."""
    names = map(demuxer, av.formats_available)
    allowed = sorted(filter(None, names))
    return ",".join(allowed)


def demuxer(name: str) -> str | None:
    """Returns the full name of a demuxer, or None if it is not allowed."""
    try:
        found = av.ContainerFormat(name, "r")
    except ValueError:
        return None  # libav can only write this format
    names = set(found.name.split(","))
    if found.no_file or PLAYLIST_FORMATS & names:
        return None
    return str(found.name)


@cache
def audio_codecs() -> str:
    """Returns every audio decoder, joined by commas.

    With a picture decoder libav would decode a cover to describe it, and a cover can unfold to
    gigabytes.
    """
    names = filter(is_audio_decoder, av.codecs_available)
    return ",".join(sorted(names))


def is_audio_decoder(name: str) -> bool:
    try:
        codec = av.Codec(name, "r")
    except UnknownCodecError:
        return False  # libav can only encode it
    return bool(codec.type == "audio")


def refuse_to_open(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a recording may not name other files")


def explain_open_error(error: av.FFmpegError, first_bytes: bytes) -> NotAudio | TruncatedRecording:
    if isinstance(error, MemoryError):
        return NotAudio("its header asks for more tracks or memory than any recording needs")
    if first_bytes[4:8] == b"ftyp":
        return TruncatedRecording("an MP4 file without its index (moov), which is written last")
    if isinstance(error, av.ArgumentError):
        return NotAudio(
            "the format is not accepted; playlists and manifests that name other files never are"
        )
    return NotAudio("the content is in no known audio or video format")


def format_name(container: Any) -> str:
    """Returns the format's first name, but for mp4, which libav lists after mov."""
    names: list[str] = container.format.name.split(",")
    if "mp4" in names:
        return "mp4"
    return names[0]


def has_video(container: Any) -> bool:
    name: str = container.format.name
    is_image = name.endswith("_pipe")
    has_stream = bool(container.streams.video)
    return has_stream and not is_image


def start_seconds(container: Any) -> float | None:
    """Returns when the earliest stream starts, or None in a format without timestamps."""
    if container.start_time is None:
        return None
    return float(container.start_time / av.time_base)


def timestamps_may_restart(container: Any) -> bool:
    """Returns whether the format is one made for broadcast or chaining."""
    flags = container.format.flags
    return bool(flags & Flags.ts_discont.value)


def declared_seconds(container: Any, stream: Any) -> float | None:
    """Returns the stream's length by the header, else the container's, else None.

    The stream's own length comes first because a picture may last longer.
    """
    if stream.duration is not None:
        of_stream = stream.duration * stream.time_base
        return float(of_stream)
    if container.duration is not None:
        of_container = container.duration / av.time_base
        return float(of_container)
    return None
