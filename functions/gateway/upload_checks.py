"""Checks what is to be uploaded before anything is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from functions.gateway.access import Caller
from shared.jobs.recording_names import recording_name
from shared.jobs.recording_options import load_options_file
from shared.jobs.upload_store import RecordingUpload
from shared.model.errors import BadOption, RecordingTooLarge, UploadRefused
from shared.model.object_metadata import MAX_TAG_BYTES, TAG_PREFIX, is_tag
from shared.model.option_names import exact_option
from shared.model.option_texts import option_text
from shared.model.options import MAX_ERRORS, option_names, resolve, unknown_option
from shared.ports.blobs import BlobStore
from shared.settings import settings

ORIGIN = "the request"
"""Where the options of a request come from, as problems name it."""
CONTENT_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}(;[ -~]{0,80})?", re.ASCII)
ANY_CONTENT_TYPE = "application/octet-stream"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_METADATA_BYTES = 8192
"""Bytes of an object's metadata that Cloud Storage accepts: names and values together."""
RESERVED_BYTES = 128
"""Bytes of them that are kept for the upload's own mark."""


@dataclass(frozen=True)
class AskedUpload:
    """An upload as it was asked for, not checked yet."""

    name: str
    size: int
    content_type: str | None
    options: Mapping[str, JsonValue]
    metadata: Mapping[str, str]
    replace: bool
    sha256: str | None = None


def checked_upload(asked: AskedUpload, caller: Caller, blobs: BlobStore) -> RecordingUpload:
    """Returns the upload as it will be stored. `blobs` have the options.json of its folders.

    Raises RecordingTooLarge, or UploadRefused, which names everything that is wrong.
    """
    refuse_large_recording(asked.size)
    reasons: list[str] = []
    name = checked_name(caller.folder, asked.name, reasons)
    tags = checked_tags(asked.metadata, reasons)
    options = option_texts(asked.options, reasons)
    bucket = settings().buckets.inbox
    if name:
        reasons += wrong_options(bucket, name, options, blobs)
    metadata_bytes = text_bytes(options) + text_bytes(tags)
    if metadata_bytes > MAX_METADATA_BYTES - RESERVED_BYTES:
        reasons.append(
            f"options and metadata have {metadata_bytes} bytes together; at most "
            f"{MAX_METADATA_BYTES - RESERVED_BYTES} are stored with a recording, and more in "
            "an options.json beside it"
        )
    if reasons:
        raise UploadRefused("; ".join(reasons[: 2 * MAX_ERRORS]))
    return RecordingUpload(
        bucket=bucket,
        name=name,
        size=asked.size,
        sha256=asked.sha256,
        content_type=checked_content_type(asked.content_type),
        options=options,
        tags=tags,
        replace=asked.replace,
    )


def refuse_large_recording(size: int) -> None:
    """Raises RecordingTooLarge."""
    max_gigabytes = settings().recordings.max_gigabytes
    if size > max_gigabytes * 1e9:
        raise RecordingTooLarge(f"{size} bytes; the limit is {max_gigabytes:g} GB")


def checked_name(folder: str, name: str, reasons: list[str]) -> str:
    """Returns the recording's name in the inbox, or adds to the reasons and returns nothing."""
    try:
        return recording_name(folder, name)
    except ValueError as error:
        reasons.append(f"name: {error}")
        return ""


def checked_tags(metadata: Mapping[str, str], reasons: list[str]) -> dict[str, str]:
    """Returns the tags of the client's own metadata. Adds to the reasons what is wrong."""
    tags = {}
    for name, value in metadata.items():
        tag = TAG_PREFIX + name
        if not name or not is_tag(tag) or CONTROL.search(name + value):
            reasons.append(f"metadata: {name[:40]!r} has a name or a value that cannot be stored")
        tags[tag] = value
    if text_bytes(tags) > MAX_TAG_BYTES:
        reasons.append(f"metadata: has more than {MAX_TAG_BYTES} bytes")
    return tags


def text_bytes(texts: Mapping[str, str]) -> int:
    """Returns how many bytes names and values have together."""
    parts = [name + value for name, value in texts.items()]
    return len("".join(parts).encode(errors="replace"))


def option_texts(options: Mapping[str, JsonValue], reasons: list[str]) -> dict[str, str]:
    """Returns the options by their names, with the texts that are stored with a recording. Adds to
    the reasons the names that no option has, or that two values have."""
    texts: dict[str, str] = {}
    for key, value in options.items():
        name = exact_option(key, option_names())
        if name is None:
            reasons.append(unknown_option(key))
        elif name in texts:
            reasons.append(f"{name} is given twice")
        else:
            texts[name] = option_text(value)
    return texts


def wrong_options(
    bucket: str, name: str, options: Mapping[str, str], blobs: BlobStore
) -> list[str]:
    """Returns what prepare would refuse: wrong values, and an options.json that cannot be read."""
    try:
        from_file, _ = load_options_file(bucket, name, blobs)
        defaults = settings().recordings.defaults
        resolve({"deployment": defaults, **from_file, ORIGIN: options})
    except BadOption as error:
        return [str(error)]
    return []


def checked_content_type(content_type: str | None) -> str:
    """Returns the type if it is one, else that of any bytes. It changes nothing but a header of the
    recording's own."""
    if content_type is None or CONTENT_TYPE.fullmatch(content_type) is None:
        return ANY_CONTENT_TYPE
    return content_type
