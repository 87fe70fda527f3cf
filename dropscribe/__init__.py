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
from dropscribe.following import JobNews
from dropscribe.log_filter import install
from shared.model.api import JobView
from shared.model.edits import Edits
from shared.model.edits_api import EditsView
from shared.model.live import JobProgress, PartWords

install()

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "DropscribeError",
    "Edits",
    "EditsView",
    "EventsExpired",
    "FileChanged",
    "JobNews",
    "JobProgress",
    "JobView",
    "NoIdentity",
    "PartWords",
    "TimedOut",
    "Unreachable",
    "UploadFailed",
]
