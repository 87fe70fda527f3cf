"""Reads an options.json, which people write by hand and save with any program."""

import json
import re
import zlib

from pydantic import JsonValue
from pydantic_core import from_json

from shared.model.errors import BadOption

MAX_BYTES = 65_536
"""Largest options.json, in bytes."""
GZIP_START = b"\x1f\x8b\x08"
GZIP_FORMAT = 16 + zlib.MAX_WBITS
"""The `wbits` with which zlib reads gzip."""
UTF_8_BOM = b"\xef\xbb\xbf"
"""Windows' programs write it in front of a text."""
POSITION = re.compile(r"at line (\d+) column (\d+)$")
"""Ends the messages of pydantic's JSON parser."""
EXAMPLE = '{"language": "en"}'
JSON_KINDS = {
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def read_options_file(data: bytes, path: str) -> dict[str, JsonValue]:
    """Returns the options in an options.json. Raises BadOption if it is none."""
    unpacked = unpack(data, path)
    refuse_if_large(len(unpacked), path)
    text = as_utf_8(unpacked, path)
    if not text.strip():
        raise BadOption(f"{path} is empty; expected an object such as {EXAMPLE}")
    try:
        content = from_json(text)
    except ValueError as error:
        reason = describe_syntax_error(error)
        raise BadOption(f"{path} is {reason}") from error
    if not isinstance(content, dict):
        kind = JSON_KINDS[type(content)]
        raise BadOption(f"{path} is {kind}; expected an object such as {EXAMPLE}")
    return content


def unpack(data: bytes, path: str) -> bytes:
    """Returns what is compressed with gzip in the data, up to a byte more than MAX_BYTES; or the
    data, if nothing is. `gsutil cp -Z` compresses what it uploads.

    Raises BadOption if the data begin as gzip does, but are damaged or not whole.
    """
    if not data.startswith(GZIP_START):
        return data
    decoder = zlib.decompressobj(GZIP_FORMAT)
    try:
        unpacked = decoder.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise BadOption(f"{path} is compressed with gzip, but damaged") from error
    if not decoder.eof and len(unpacked) <= MAX_BYTES:
        raise BadOption(f"{path} is compressed with gzip, but not whole")
    return unpacked


def refuse_if_large(size: int, path: str) -> None:
    """Raises BadOption if an options.json of `size` bytes is too large."""
    if size > MAX_BYTES:
        raise BadOption(f"{path} is larger than {MAX_BYTES // 1024} KiB")


def as_utf_8(data: bytes, path: str) -> bytes:
    """Returns the content without a byte order mark. Raises BadOption, which names the encoding,
    if it is not UTF-8."""
    encoding = json.detect_encoding(data)
    if encoding.startswith(("utf-16", "utf-32")):
        name = encoding[:6].upper()
        raise BadOption(f"{path} is saved as {name}; save it as UTF-8")
    content = data.removeprefix(UTF_8_BOM)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        lines_before = content.count(b"\n", 0, error.start)
        line = lines_before + 1
        raise BadOption(f"{path} is not saved as UTF-8, as line {line} shows") from error
    return content


def describe_syntax_error(error: ValueError) -> str:
    """Returns what is wrong with a JSON text, for after "is"."""
    position = POSITION.search(str(error))
    if position is None:
        return "not valid JSON"
    line, column = position.groups()
    return f"not valid JSON: line {line}, column {column}"
