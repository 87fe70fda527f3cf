"""Bounds how many tries to one endpoint a process makes at once, so that an endpoint that hangs
cannot take all threads from the others."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

SLOTS = 8
"""Tries to one endpoint at once."""
SLOTS_WHILE_FAILING = 1
"""The same, for an endpoint whose last try failed."""


class EndpointSlots:
    """Counts the tries that are going on, by endpoint."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._changing = threading.Lock()

    @contextmanager
    def slot(self, webhook_id: str, *, is_failing: bool) -> Iterator[bool]:
        """Takes a slot of an endpoint for the block. Gives whether there was one."""
        limit = SLOTS_WHILE_FAILING if is_failing else SLOTS
        has_slot = self._take(webhook_id, limit)
        try:
            yield has_slot
        finally:
            if has_slot:
                self._give_back(webhook_id)

    def _take(self, webhook_id: str, limit: int) -> bool:
        with self._changing:
            if self._taken[webhook_id] >= limit:
                return False
            self._taken[webhook_id] += 1
            return True

    def _give_back(self, webhook_id: str) -> None:
        with self._changing:
            self._taken[webhook_id] -= 1
            if not self._taken[webhook_id]:
                del self._taken[webhook_id]
