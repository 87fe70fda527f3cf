"""Looks up keys, and keeps each for at most a second, in which it may have been revoked."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from functions.gateway.credentials import Credential
from shared.jobs.key_store import USE_PRECISION, KeyRecord, KeyStore
from shared.model.errors import StageError

log = logging.getLogger(__name__)

KEPT_SECONDS = 0.9
"""How long a lookup counts, from its begin."""
MAX_KEPT = 4096
"""Lookups that are kept, so that requests with random keys take no more memory than this."""


class KeyCache:
    """The last lookups of keys and sessions. `clock` returns seconds that only rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Credential, tuple[KeyRecord | None, float]] = OrderedDict()

    def kept(self, credential: Credential) -> KeyRecord | None:
        """Returns the key of a lookup within the last second, or None."""
        key, begun = self._kept.get(credential, (None, 0.0))
        is_fresh = self._clock() - begun < KEPT_SECONDS
        return key if is_fresh else None

    def knows(self, credential: Credential) -> bool:
        """Returns whether a credential was valid at its last lookup."""
        return credential in self._kept

    def look_up(self, credential: Credential, store: KeyStore) -> KeyRecord | None:
        """Returns the valid key of a credential, or None. Blocks.

        Raises JobStoreUnavailable.
        """
        begun = self._clock()
        if credential.kind == "key":
            key = store.find_by_digest(credential.digest)
        else:
            key = store.find_session(credential.digest)
        self._kept.pop(credential, None)
        if key is not None:
            self._kept[credential] = key, begun
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return key


class UseRecorder:
    """Records when keys are used, at most once a minute for each key, in a thread of its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recorded: dict[str, float] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="key-use")

    def record(self, key: KeyRecord, store: KeyStore) -> None:
        """Have the use recorded. Returns at once, and never fails."""
        now = self._clock()
        precision = USE_PRECISION.total_seconds()
        recorded = self._recorded.get(key.digest)
        if recorded is not None and now - recorded < precision:
            return
        self._recorded[key.digest] = now
        self._thread.submit(record_use, store, key.digest)

    def wait(self) -> None:
        """Return when everything is recorded."""
        self._thread.submit(int).result()


def record_use(store: KeyStore, digest: str) -> None:
    try:
        store.record_use(digest)
    except StageError as error:
        log.info("use of a key not recorded: %s", error)
