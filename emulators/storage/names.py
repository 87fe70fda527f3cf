"""Legal names (cloud.google.com/storage/docs/objects#naming), and names in requests."""

import re
from urllib.parse import unquote

from starlette.requests import Request

from emulators.storage.errors import Invalid

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
LONGEST_OBJECT_NAME = 1024
"""Bytes of UTF-8."""


def bucket_name(request: Request, parameter: str = "bucket") -> str:
    return from_path(request, parameter)


def object_name(request: Request, parameter: str = "name") -> str:
    return legal_object_name(from_path(request, parameter))


def from_path(request: Request, parameter: str) -> str:
    """Returns one segment of the path.

    Routes match the path as it was sent, so an escaped slash never splits a name.
    """
    try:
        return unquote(request.path_params[parameter], errors="strict")
    except UnicodeDecodeError as error:
        raise Invalid("The name is not valid UTF-8.") from error


def legal_bucket_name(name: object) -> str:
    if not isinstance(name, str) or not BUCKET_NAME.fullmatch(name) or ".." in name:
        raise Invalid(f"Invalid bucket name: '{name}'.")
    return name


def legal_object_name(name: object) -> str:
    if not isinstance(name, str) or name in ("", ".", ".."):
        raise Invalid("Invalid object name.")
    if "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise Invalid("Invalid object name.")
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise Invalid("The object name is not valid Unicode.") from error
    if length > LONGEST_OBJECT_NAME:
        raise Invalid(f"The object name is longer than {LONGEST_OBJECT_NAME} bytes.")
    return name
