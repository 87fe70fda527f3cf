"""Keeps the secrets of uploads out of the lines that httpx writes about requests."""

import logging

import httpx

SECRET_PARAMETER = "upload_id"
"""Parameter of an address of Cloud Storage by which anybody can upload."""


def hide_secrets(record: logging.LogRecord) -> bool:
    """Removes the secret from a line about a request. Returns True, so that the line is written."""
    if isinstance(record.args, tuple):
        record.args = tuple(map(without_secret, record.args))
    return True


def without_secret(value: object) -> object:
    """Returns an address without its query if that has the secret, and anything else as it is."""
    if isinstance(value, httpx.URL) and SECRET_PARAMETER in value.params:
        return value.copy_with(query=None)
    return value


def install() -> None:
    """Filters the lines of httpx in this process, once."""
    logging.getLogger("httpx").addFilter(hide_secrets)
