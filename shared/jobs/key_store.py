"""Stores API keys, the sessions of the page's logins, and codes for one login, with compare-and-set
on documents.

A secret is 32 random bytes, or 16 for a code, so it is enough to store its SHA-256 digest: the
secret of a digest cannot be found by trying. A key is the document `keys/<digest>`, a session
`sessions/<digest>` and a code `login_codes/<digest>`.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import NEVER, StoredModel
from shared.model.api import Scope
from shared.ports.documents import Documents

KEY = re.compile(r"ds_[0-9a-f]{64}")
"""The form of a key's secret."""
SECRET_BYTES = 32
CODE_BYTES = 16
CODE_MINUTES = 10
"""Minutes for which a code is valid."""
VISIBLE_LENGTH = 11
"""Characters of a secret that stay visible: `ds_` and 32 of its 256 bits."""
USE_PRECISION = timedelta(minutes=1)
"""How precisely a key's last use is stored."""
REVOKED_DAYS = 30
"""Days for which a key is listed after it was revoked or has expired."""
SESSION_HOURS = 12
"""Hours after which the page asks for the key again."""
MAX_KEYS = 10_000
"""Keys that a list shows at most."""


class KeyRecord(StoredModel):
    """An API key, without its secret."""

    key_id: str
    digest: str
    """SHA-256 of the secret, in hex."""
    prefix: str
    """First characters of the secret."""
    name: str
    scopes: tuple[Scope, ...]
    folder: str
    """Folder of the inbox that the key is confined to, with "/" at its end. Empty: all of it."""
    created: datetime
    updated: datetime
    expires: datetime
    """When the document is deleted."""
    valid_until: datetime | None
    """None: until the key is revoked."""
    last_used: datetime | None = None
    """Precise to a minute."""
    revoked: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Returns whether the key is neither revoked nor expired."""
        if self.revoked is not None:
            return False
        return self.valid_until is None or now < self.valid_until


class SessionRecord(StoredModel):
    """A login of the page. It is valid as long as its key."""

    key_digest: str
    created: datetime
    updated: datetime
    expires: datetime


class LoginCodeRecord(StoredModel):
    """A code with which the page can log in once. It is valid as long as its key."""

    key_digest: str
    created: datetime
    updated: datetime
    expires: datetime
    used: datetime | None = None


@dataclass(frozen=True)
class KeyStore:
    """Keys, sessions and codes in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    clock: Callable[[], float]

    # Keys

    def create(
        self, name: str, scopes: Iterable[Scope], folder: str, expires: datetime | None
    ) -> tuple[KeyRecord, str]:
        """Make a key. Returns it and its secret, which is stored nowhere."""
        secret = "ds_" + secrets.token_hex(SECRET_BYTES)
        now = self.now()
        listed = timedelta(days=REVOKED_DAYS)
        key = KeyRecord(
            key_id=secrets.token_hex(8),
            digest=digest_of(secret),
            prefix=secret[:VISIBLE_LENGTH],
            name=name,
            scopes=tuple(sorted(set(scopes))),
            folder=folder,
            created=now,
            updated=now,
            expires=NEVER if expires is None else min(expires, NEVER - listed) + listed,
            valid_until=expires,
        )
        document = key.model_dump(mode="json")
        self.documents.put(key_path(key.digest), document, if_version=None)
        return key, secret

    def find(self, secret: str) -> KeyRecord | None:
        """Returns the key with that secret, or None if there is none or it is not valid."""
        if KEY.fullmatch(secret) is None:
            return None
        return self.find_by_digest(digest_of(secret))

    def find_by_digest(self, digest: str) -> KeyRecord | None:
        """Returns the key whose secret has that digest, or None if there is none or it is not
        valid."""
        path = key_path(digest)
        found = self.documents.get(path)
        if found is None:
            return None
        document, _ = found
        key = KeyRecord.model_validate(document)
        return key if key.is_valid(self.now()) else None

    def find_by_id(self, key_id: str) -> KeyRecord | None:
        """Returns the key with that id, valid or not, or None if there is none."""
        for document in self.documents.query("keys", "key_id", key_id):
            return KeyRecord.model_validate(document)
        return None

    def list(self) -> list[KeyRecord]:
        """Returns the keys, valid or not, the newest first."""
        documents = self.documents.list_recent("keys", MAX_KEYS)
        keys = [KeyRecord.model_validate(document) for document in documents]
        return sorted(keys, key=lambda key: key.created, reverse=True)

    def revoke(self, key_id: str) -> KeyRecord | None:
        """Make a key invalid for ever. Returns it, or None if there is none of that id."""
        key = self.find_by_id(key_id)
        if key is None:
            return None
        now = self.now()

        def revoked(current: KeyRecord | None) -> KeyRecord | None:
            if current is None or current.revoked is not None:
                return None
            expires = now + timedelta(days=REVOKED_DAYS)
            changes = {"revoked": now, "updated": now, "expires": expires}
            return current.model_copy(update=changes)

        changed = compare_and_set(self.documents, key_path(key.digest), KeyRecord, revoked)
        return changed or key

    def record_use(self, digest: str) -> None:
        """Record that a key was used now, unless a use within the last minute is recorded."""
        now = self.now()

        def used(key: KeyRecord | None) -> KeyRecord | None:
            if key is None:
                return None
            last_used = key.last_used
            if last_used is not None and now - last_used < USE_PRECISION:
                return None
            return key.model_copy(update={"last_used": now, "updated": now})

        compare_and_set(self.documents, key_path(digest), KeyRecord, used)

    # Sessions

    def log_in(self, key: KeyRecord) -> str:
        """Begin a session for a key. Returns the session's secret, which is stored nowhere."""
        secret = secrets.token_hex(SECRET_BYTES)
        now = self.now()
        session = SessionRecord(
            key_digest=key.digest,
            created=now,
            updated=now,
            expires=now + timedelta(hours=SESSION_HOURS),
        )
        document = session.model_dump(mode="json")
        self.documents.put(session_path(digest_of(secret)), document, if_version=None)
        return secret

    def find_session(self, digest: str) -> KeyRecord | None:
        """Returns the key of the session whose secret has that digest, or None if there is no such
        session or it or its key is not valid."""
        found = self.documents.get(session_path(digest))
        if found is None:
            return None
        document, _ = found
        session = SessionRecord.model_validate(document)
        if session.expires <= self.now():
            return None
        return self.find_by_digest(session.key_digest)

    def log_out(self, digest: str) -> None:
        """End the session whose secret has that digest; no-op if there is none."""
        self.documents.delete(session_path(digest))

    # Codes

    def make_code(self, key: KeyRecord) -> tuple[str, datetime]:
        """Returns a code for one login with a key, which is stored nowhere, and when it expires."""
        code = secrets.token_urlsafe(CODE_BYTES)
        now = self.now()
        record = LoginCodeRecord(
            key_digest=key.digest,
            created=now,
            updated=now,
            expires=now + timedelta(minutes=CODE_MINUTES),
        )
        document = record.model_dump(mode="json")
        self.documents.put(code_path(digest_of(code)), document, if_version=None)
        return code, record.expires

    def use_code(self, code: str) -> KeyRecord | None:
        """Use up a code. Returns its key, or None if the code is not known, was used or has
        expired, or its key is not valid."""
        now = self.now()

        def used(record: LoginCodeRecord | None) -> LoginCodeRecord | None:
            if record is None or record.used is not None or record.expires <= now:
                return None
            return record.model_copy(update={"used": now, "updated": now})

        path = code_path(digest_of(code))
        record = compare_and_set(self.documents, path, LoginCodeRecord, used)
        if record is None:
            return None
        return self.find_by_digest(record.key_digest)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def key_path(digest: str) -> str:
    return f"keys/{digest}"


def session_path(digest: str) -> str:
    return f"sessions/{digest}"


def code_path(digest: str) -> str:
    return f"login_codes/{digest}"
