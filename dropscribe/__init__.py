"""Client of Dropscribe's HTTP API."""

from dropscribe.async_client import AsyncClient
from dropscribe.client import Client
from dropscribe.errors import (
    ApiError,
    DropscribeError,
    EventsExpired,
    FileChanged,
    NoIdentity,
    TimedOut,
    Unreachable,
    UploadFailed,
)
from dropscribe.log_filter import install

install()

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "DropscribeError",
    "EventsExpired",
    "FileChanged",
    "NoIdentity",
    "TimedOut",
    "Unreachable",
    "UploadFailed",
]
