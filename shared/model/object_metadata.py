"""An object's metadata: options, the uploader's tags, and names that are neither."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from shared.model.artifacts import StageWarning
from shared.model.option_names import HEADER_PREFIX, exact_option, is_from_tool, is_like_option
from shared.model.options import option_names

TAG_PREFIX = "x-"
"""Begins the name of a tag: metadata of the uploader's own, which is echoed in the answer."""
MAX_TAG_BYTES = 2048
"""Bytes of all tags together, their names included. They are copied into a job's documents, its
event and its answer."""
MAX_NAMES = 10
"""Names that a warning lists."""
MAX_NAME_LENGTH = 40
"""Characters of a name that a warning shows."""


class ObjectMetadata(NamedTuple):
    """What the custom metadata of an object means."""

    options: dict[str, JsonValue]
    """By the names in the metadata. Slips in names are among them, so that they are refused."""
    tags: dict[str, str]
    warnings: tuple[StageWarning, ...]


def read_metadata(metadata: Mapping[str, str]) -> ObjectMetadata:
    """Returns the options and the tags in an object's metadata.

    What upload tools add is left out. Any other name that neither is an option nor resembles one is
    in a warning.
    """
    names = option_names()
    options: dict[str, JsonValue] = {}
    others = {}
    unknown = []
    for key, value in metadata.items():
        if is_from_tool(key):
            continue
        if is_tag(key):
            others[key] = value
            name = key[len(TAG_PREFIX) :]
            if exact_option(name, names):
                unknown.append(key)
        elif is_like_option(key, names):
            options[key] = value
        else:
            unknown.append(key)
    tags = within_bounds(others)
    unknown_warnings = unknown_names("object metadata", unknown)
    size_warnings = left_out(len(others) - len(tags))
    return ObjectMetadata(options, tags, unknown_warnings + size_warnings)


def is_tag(key: str) -> bool:
    """Returns whether a name is that of a tag, and no option in a header's name."""
    if HEADER_PREFIX.match(key):
        return False
    folded = key.casefold()
    return folded.startswith(TAG_PREFIX)


def client_metadata(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags by their names without the prefix, as a client of the API sent them."""
    return {name[len(TAG_PREFIX) :]: value for name, value in tags.items()}


def read_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """Returns the uploader's tags in an object's metadata, as many as fit into MAX_TAG_BYTES."""
    return read_metadata(metadata).tags


def within_bounds(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags that fit into MAX_TAG_BYTES, in the order of their names."""
    kept = {}
    free_bytes = MAX_TAG_BYTES
    for name in sorted(tags):
        value = tags[name]
        size = len(name.encode()) + len(value.encode())
        if size <= free_bytes:
            kept[name] = value
            free_bytes -= size
    return kept


def known_options(
    values: Mapping[str, JsonValue], origin: str
) -> tuple[dict[str, JsonValue], tuple[StageWarning, ...]]:
    """Returns the options of an options.json, and a warning about other names in it.

    Names that resemble an option are among the options, so that they are refused.
    """
    names = option_names()
    options = {}
    unknown = []
    for key, value in values.items():
        if is_like_option(key, names):
            options[key] = value
        else:
            unknown.append(key)
    return options, unknown_names(origin, unknown)


def unknown_names(origin: str, names: Iterable[str]) -> tuple[StageWarning, ...]:
    """Returns a warning about names that are ignored, or nothing if there are none."""
    cut = [name[:MAX_NAME_LENGTH] for name in names]
    if not cut:
        return ()
    listed = ", ".join(cut[:MAX_NAMES])
    more = len(cut) - MAX_NAMES
    if more > 0:
        listed += f" and {more} more"
    message = f"The {origin} has names that are no options and had no effect: {listed}."
    return (StageWarning(code="unknown_metadata", stage="prepare", message=message),)


def left_out(count: int) -> tuple[StageWarning, ...]:
    """Returns a warning about tags that are too long, or nothing if there are none."""
    if not count:
        return ()
    message = f"{count} tags are not echoed: all tags together may have {MAX_TAG_BYTES} bytes."
    return (StageWarning(code="tags_left_out", stage="prepare", message=message),)
