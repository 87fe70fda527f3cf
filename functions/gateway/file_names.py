"""The names under which browsers save what the gateway sends, and the types of recordings."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

NOT_IN_FILE_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")
NOT_IN_QUOTES = re.compile(r"[^ !#-$&-\[\]-~]")
"""Characters that a quoted ASCII name does not have, or that clients take for an escape."""
ANY_TYPE = "application/octet-stream"
TYPES = {
    "3gp": "video/3gpp",
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "avi": "video/x-msvideo",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
}
"""Types of recordings by the endings of their names. What the uploader said is not used, since a
browser would run a text/html."""


def recording_type(name: str) -> str:
    """Returns the type of a recording with this name."""
    ending = PurePosixPath(name).suffix.lower()
    return TYPES.get(ending.removeprefix("."), ANY_TYPE)


def base_name(name: str) -> str:
    """Returns the last part of an object's name."""
    return name.rpartition("/")[2]


def with_ending(name: str, ending: str) -> str:
    """Returns a file name with its ending replaced by one such as ".srt"."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if stem and dot else name}{ending}"


def content_disposition(kind: str, file_name: str) -> str:
    """Returns the header of that name, as RFC 6266 defines it, for any file name.

    Clients that know `filename*` get the whole name, and others an ASCII name.
    """
    safe_name = NOT_IN_FILE_NAMES.sub("_", file_name)
    ascii_name = NOT_IN_QUOTES.sub("_", safe_name)
    header = f'{kind}; filename="{ascii_name}"'
    if ascii_name == safe_name:
        return header
    encoded = quote(safe_name, safe="")
    return f"{header}; filename*=UTF-8''{encoded}"
