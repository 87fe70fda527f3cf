"""First-in-first-out slots: how many calls a stage serves at once, and which executions wait.

Calls wait here rather than in the stage's socket, where the wait would count towards their timeout.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict


class QueueLength(TypedDict):
    slots: int
    running: int
    waiting: int


@dataclass
class _Waiter:
    execution: str
    turn: asyncio.Future[None]


@dataclass
class _Queue:
    slots: int
    running: int = 0
    waiters: deque[_Waiter] = field(default_factory=deque)


class Slots:
    """The slots of each origin (`http://host:port`). An origin that is not listed has no limit."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._queues = {origin: _Queue(count) for origin, count in counts.items()}

    @asynccontextmanager
    async def take(self, origin: str, execution: str) -> AsyncIterator[None]:
        """Holds a slot of the origin while the block runs. Calls get slots in order of arrival."""
        queue = self._queues.get(origin)
        if queue is None:
            yield
            return
        await self._enter(queue, execution)
        try:
            yield
        finally:
            self._leave(queue)

    def lengths(self) -> dict[str, QueueLength]:
        return {
            origin: QueueLength(
                slots=queue.slots, running=queue.running, waiting=len(queue.waiters)
            )
            for origin, queue in self._queues.items()
        }

    def positions(self) -> dict[str, dict[str, int]]:
        """Returns the first place in the queue, from 1, for each waiting execution and origin."""
        found: dict[str, dict[str, int]] = {}
        for origin, queue in self._queues.items():
            for position, waiter in enumerate(queue.waiters, start=1):
                found.setdefault(waiter.execution, {}).setdefault(origin, position)
        return found

    async def _enter(self, queue: _Queue, execution: str) -> None:
        if queue.running < queue.slots:  # then no call waits: slots pass from call to call
            queue.running += 1
            return
        waiter = _Waiter(execution, asyncio.get_running_loop().create_future())
        queue.waiters.append(waiter)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if not waiter.turn.cancelled():
                self._leave(queue)  # it got the slot while it was being cancelled
            elif waiter in queue.waiters:
                queue.waiters.remove(waiter)
            raise

    def _leave(self, queue: _Queue) -> None:
        """Gives the slot to the next waiting call, or frees it."""
        while queue.waiters:
            waiter = queue.waiters.popleft()
            if not waiter.turn.cancelled():
                waiter.turn.set_result(None)
                return
        queue.running -= 1
