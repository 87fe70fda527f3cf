"""Folders of the inbox, to which API keys are confined."""

import re

MAX_LENGTH = 500
"""Bytes of a folder's name. That of an object has at most 1024."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def normalised_folder(text: str) -> str:
    """Returns the folder with "/" at its end, or an empty text for the whole inbox.

    Raises ValueError if no name of a recording can begin so.
    """
    if not text:
        return ""
    folder = text if text.endswith("/") else f"{text}/"
    length = len(folder.encode())
    if length > MAX_LENGTH:
        raise ValueError(f"a folder has at most {MAX_LENGTH} bytes")
    has_backslash = "\\" in folder
    if has_backslash or CONTROL.search(folder):
        raise ValueError("a folder has neither control characters nor backslashes")
    *names, _ = folder.split("/")
    relative = {".", ".."}.intersection(names)
    if relative or not all(names):
        raise ValueError("a folder has no empty name, '.' or '..' in it")
    return folder
