"""Opens a recording with libav so that no other file and no network can be reached."""

from functools import cache
from math import inf
from typing import Any, NoReturn

import av
from av.codec.codec import UnknownCodecError
from av.format import Flags

from functions.prepare.guarded_reader import GuardedReader
from shared.model.errors import NotAudio

PLAYLIST_FORMATS = frozenset({"concat", "dash", "hls", "imf", "sdp", "webm_dash_manifest"})
"""Demuxers that read files named in the file."""
LONGEST_STREAM_FORMATS = frozenset({"asf", "flv", "matroska"})
"""Formats whose header holds only the length of the longest stream."""
INTERLEAVED_FORMATS = frozenset({"nut", "ogg", "rm", "wtv"})
"""Formats in which packets of all streams are mixed to the end."""
BROADCAST_FORMATS = frozenset({"mpeg", "mpegts"})
"""Formats that can be read from any place on, and whose streams may change on the way."""
OGG_CODECS_WITH_START = frozenset({"opus", "vorbis"})
"""Codecs whose first page in Ogg libav gives its time. In others it takes it to begin at 0."""
CODECS_WITH_SUMS = frozenset({"ac3", "eac3", "flac", "tta", "wavpack"})
"""Codecs whose packets have checksums that libav compares only if it is told to."""
CODECS_WITH_LOCAL_DAMAGE = frozenset({"ac3", "eac3", "flac"})
"""Those of them in which a wrong bit spoils a moment. In others it turns all that follows in the
packet into noise."""
FLAC_LONGEST_BLOCK = slice(2, 4)
"""Where the header of a FLAC file says how many samples a frame has at most in each channel."""
FLAC_LONGEST_FRAME = slice(7, 10)
"""Where the header of a FLAC file says how many bytes its longest frame has; 0 if unknown."""
MAX_SAMPLE_BYTES = 4
MAX_START_DIFFERENCE = 0.001
"""Seconds by which the starts of two streams may differ by rounding."""


def open_container(reader: GuardedReader) -> Any:
    """Returns PyAV's container of the file.

    Raises NotAudio if libav cannot open it, or what reading it raised.
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
        raise explain_open_error(error) from error
    try:
        reader.raise_failure()
    except BaseException:
        container.close()
        raise
    return container


@cache
def allowed_formats() -> str:
    """Returns every demuxer that reads one file and no other, joined by commas."""
    names = map(demuxer, av.formats_available)
    allowed = filter(None, names)
    in_order = sorted(allowed)
    return ",".join(in_order)


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
    in_order = sorted(names)
    return ",".join(in_order)


def is_audio_decoder(name: str) -> bool:
    try:
        codec = av.Codec(name, "r")
    except UnknownCodecError:
        return False  # libav can only encode it
    return bool(codec.type == "audio")


def refuse_to_open(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a recording may not name other files")


def explain_open_error(error: av.FFmpegError) -> NotAudio:
    if isinstance(error, MemoryError):
        return NotAudio("its header asks for more tracks or memory than any recording needs")
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


def codec_name(stream: Any) -> str:
    codec = stream.codec_context.codec
    return str(codec.canonical_name)


def check_sums(container: Any) -> None:
    """Have damaged packets of CODECS_WITH_SUMS fail, which libav would decode as noise."""
    for stream in container.streams.audio:
        is_known = stream.codec_context is not None
        if is_known and codec_name(stream) in CODECS_WITH_SUMS:
            stream.codec_context.options = {"err_detect": "crccheck+explode"}


def has_video(container: Any) -> bool:
    name: str = container.format.name
    is_image = name.endswith("_pipe")
    has_stream = bool(container.streams.video)
    return has_stream and not is_image


def longest_packet(container: Any, stream: Any) -> float:
    """Returns the bytes that a packet may have at most; infinity if it is not declared.

    libav takes all that follows the last frame of a FLAC file for a part of it.
    """
    extradata = stream.codec_context.extradata or b""
    if format_name(container) != "flac" or len(extradata) < FLAC_LONGEST_FRAME.stop:
        return inf
    longest = int.from_bytes(extradata[FLAC_LONGEST_FRAME], "big")
    samples = int.from_bytes(extradata[FLAC_LONGEST_BLOCK], "big")
    channels = stream.codec_context.layout.nb_channels
    uncompressed = samples * channels * MAX_SAMPLE_BYTES
    return longest or uncompressed or inf


def start_seconds(container: Any) -> float | None:
    """Returns when the earliest stream starts, or None in a format without timestamps."""
    if container.start_time is None:
        return None
    return float(container.start_time / av.time_base)


def begins_with_sound(container: Any, stream: Any) -> bool:
    """Returns whether no other stream starts earlier than this one."""
    if container.start_time is None or stream.start_time is None:
        return False
    stream_start = float(stream.start_time * stream.time_base)
    container_start = float(container.start_time / av.time_base)
    difference = stream_start - container_start
    return difference < MAX_START_DIFFERENCE


def timestamps_may_leap(container: Any) -> bool:
    """Returns whether the format is one made for broadcast, where clocks leap.

    In Ogg, which libav counts among them, a clock begins anew only with a new section.
    """
    if format_name(container) == "ogg":
        return False
    leaping = Flags.ts_discont.value
    flags = container.format.flags
    return bool(flags & leaping)


def declared_seconds(container: Any, stream: Any) -> float | None:
    """Returns the stream's length by the header, else the container's, else None.

    The stream's own length comes first because a picture may last longer. What Matroska calls a
    length is the time of the last end if ffmpeg or a browser wrote it.
    """
    if stream.duration is not None:
        of_stream = stream.duration * stream.time_base
        return float(of_stream)
    if container.duration is None:
        return None
    of_container = container.duration / av.time_base
    if format_name(container) == "matroska":
        start = start_seconds(container) or 0.0
        of_container -= max(0.0, start)
        of_container = max(0.0, of_container)
    return float(of_container)
