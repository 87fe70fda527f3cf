"""Client of Dropscribe's HTTP API."""

from dropscribe.async_client import AsyncClient
from dropscribe.client import Client
from dropscribe.errors import (
    ApiError,
    DropscribeError,
    FileChanged,
    NoIdentity,
    TimedOut,
    Unreachable,
    UploadFailed,
)

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "DropscribeError",
    "FileChanged",
    "NoIdentity",
    "TimedOut",
    "Unreachable",
    "UploadFailed",
]
