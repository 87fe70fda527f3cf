"""Names that the HTTP API gives to recordings in the inbox."""

import unicodedata

from shared.jobs.inbox import NO_RECORDING, is_edits_file
from shared.jobs.layout import MAX_NAME_BYTES

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, halves of pairs, and separators of lines."""
RESERVED_FOLDER = ".well-known/acme-challenge/"
"""Cloud Storage accepts no object there."""


def recording_name(folder: str, name: str) -> str:
    """Returns the name of a recording in a folder, in Unicode's composed form (NFC).

    `folder` ends with "/" unless it is empty. Raises ValueError with the reason why no recording
    can have the name.
    """
    composed = unicodedata.normalize("NFC", name)
    refuse_odd_characters(composed)
    refuse_odd_folders(composed)
    whole = folder + composed
    size = len(whole.encode())
    if size > MAX_NAME_BYTES:
        raise ValueError(
            f"it has {size} bytes with its folder; at most {MAX_NAME_BYTES} are allowed"
        )
    if is_edits_file(whole):
        raise ValueError("names that end in .edits.json are for corrections of transcripts")
    if NO_RECORDING.search(whole) or whole.startswith(RESERVED_FOLDER):
        raise ValueError("an object of this name is no recording")
    return whole


def refuse_odd_characters(name: str) -> None:
    """Raises ValueError for characters that no name may have."""
    if not name.strip():
        raise ValueError("it is empty")
    categories = {unicodedata.category(character) for character in name}
    if categories & UNPRINTABLE:
        raise ValueError("it has control characters")
    if "\\" in name:
        raise ValueError("it has a backslash; '/' separates folders")


def refuse_odd_folders(name: str) -> None:
    """Raises ValueError if a name does not stay in its folder, or is that of a folder."""
    if name.startswith("/"):
        raise ValueError("it begins with '/'")
    if name.endswith("/"):
        raise ValueError("it ends with '/', as only folders do")
    parts = name.split("/")
    if not all(parts):
        raise ValueError("it has a folder without a name")
    if {".", ".."}.intersection(parts):
        raise ValueError("it has '.' or '..' as a folder")
