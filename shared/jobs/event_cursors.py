"""Cursors of the event log: a number and a time, which only the deployment can read or make.

The numbers of a tenant's own events would say how many jobs of others ended in between. So a cursor
is encrypted with a key that the job store holds: HMAC-SHA256 of a random nonce is its pad, and
HMAC-SHA256 of both is its seal.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from shared.jobs.job import NEVER
from shared.model.errors import BadRequest
from shared.ports.documents import Document, Documents

KEY_PATH = "events/cursors"
KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_BYTES = 12
CONTENT = struct.Struct(">QQ")
"""The number, and the seconds since the epoch."""
UNKNOWN = "after: it is not a cursor that this deployment returned"


class EventCursor(NamedTuple):
    """Where a reader of the event log is."""

    number: int
    """Of the last event that it has seen."""
    issued: datetime
    """When it saw that there were no earlier ones."""


@dataclass(frozen=True)
class EventCursors:
    """Makes and reads cursors with a key that is kept in `documents`."""

    documents: Documents

    def text_of(self, cursor: EventCursor) -> str:
        """Returns a cursor as a text, which is another one each time."""
        key = self._key()
        seconds = int(cursor.issued.timestamp())
        content = CONTENT.pack(cursor.number, seconds)
        nonce = secrets.token_bytes(NONCE_BYTES)
        hidden = nonce + with_pad(content, key, nonce)
        sealed = hidden + seal_of(hidden, key)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, text: str) -> EventCursor:
        """Returns the cursor in a text. Raises BadRequest if this deployment did not make it."""
        sealed = decoded(text)
        hidden, seal = sealed[:-SEAL_BYTES], sealed[-SEAL_BYTES:]
        key = self._key()
        if not hmac.compare_digest(seal, seal_of(hidden, key)):
            raise BadRequest(UNKNOWN)
        content = with_pad(hidden[NONCE_BYTES:], key, hidden[:NONCE_BYTES])
        number, seconds = CONTENT.unpack(content)
        return EventCursor(number, datetime.fromtimestamp(seconds, UTC))

    def _key(self) -> bytes:
        """Returns the key, which the first call makes."""
        found = self.documents.get(KEY_PATH)
        if found is None:
            made: Document = {
                "key": secrets.token_hex(KEY_BYTES),
                "updated": datetime.now(UTC).isoformat(),
                "expires": NEVER.isoformat(),
            }
            self.documents.put(KEY_PATH, made, if_version=None)
            return self._key()
        document, _ = found
        return bytes.fromhex(str(document["key"]))


def with_pad(content: bytes, key: bytes, nonce: bytes) -> bytes:
    """Returns the content encrypted, or what was encrypted as it was before."""
    size = len(content)
    pad = hmac.digest(key, b"pad" + nonce, hashlib.sha256)[:size]
    mixed = int.from_bytes(content) ^ int.from_bytes(pad)
    return mixed.to_bytes(size)


def seal_of(hidden: bytes, key: bytes) -> bytes:
    seal = hmac.digest(key, b"seal" + hidden, hashlib.sha256)
    return seal[:SEAL_BYTES]


def decoded(text: str) -> bytes:
    """Returns the bytes of a cursor. Raises BadRequest if it has not as many as one has."""
    padding = "=" * (-len(text) % 4)
    try:
        sealed = base64.urlsafe_b64decode(text + padding)
    except ValueError:  # also for characters that are not ASCII
        sealed = b""
    if len(sealed) != NONCE_BYTES + CONTENT.size + SEAL_BYTES:
        raise BadRequest(UNKNOWN)
    return sealed
