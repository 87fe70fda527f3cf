"""The slots of each service: how many calls it serves at once, and in what order the others wait.

Calls wait here rather than in the service's socket, where the wait would count towards their
timeout. Executions take turns, so that one with a hundred calls does not keep one with a single
call waiting for all of them. A free slot goes to the execution with the fewest calls in service,
and among equals to the one that has waited longest for its turn. An execution has at most its
share of the slots; what is beyond is free for others at any moment. Its own calls are served in
the order in which they were made.
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
    """Calls that wait."""


@dataclass
class _Line:
    """The calls of one execution to a service."""

    running: int = 0
    waiters: deque[asyncio.Future[None]] = field(default_factory=deque)


@dataclass
class _Queue:
    slots: int
    share: int
    """Most slots of one execution."""
    running: int = 0
    lines: dict[str, _Line] = field(default_factory=dict)
    """Lines by execution. First is the one that has waited longest for its turn: since its first
    call, or since the last end of one of its calls."""

    def in_turn(self) -> list[str]:
        """Returns the executions that wait, the next to be served first."""
        waiting = [execution for execution, line in self.lines.items() if line.waiters]
        return sorted(waiting, key=lambda execution: self.lines[execution].running)

    def next_in_turn(self) -> str | None:
        """Returns the execution that gets a slot now, or None."""
        for execution in self.in_turn():
            if self.has_slot_for(self.lines[execution]):
                return execution
        return None

    def has_slot_for(self, line: _Line) -> bool:
        return self.running < self.slots and line.running < self.share


class Slots:
    """The slots of each origin (`http://host:port`). An origin that is not listed has no limit.

    `shares` is how many of an origin's slots one execution may have; by default all.
    """

    def __init__(self, counts: Mapping[str, int], shares: Mapping[str, int] | None = None) -> None:
        limits = shares or {}
        self._queues = {
            origin: _Queue(count, limits.get(origin, count)) for origin, count in counts.items()
        }

    @asynccontextmanager
    async def take(self, origin: str, execution: str) -> AsyncIterator[None]:
        """Holds a slot of the origin while the block runs."""
        queue = self._queues.get(origin)
        if queue is None:
            yield
            return
        await _enter(queue, execution)
        try:
            yield
        finally:
            _leave(queue, execution)

    def lengths(self) -> dict[str, QueueLength]:
        return {
            origin: QueueLength(
                slots=queue.slots,
                running=queue.running,
                waiting=sum(len(line.waiters) for line in queue.lines.values()),
            )
            for origin, queue in self._queues.items()
        }

    def positions(self) -> dict[str, dict[str, int]]:
        """Returns the place among the executions that wait, from 1, by execution and origin."""
        found: dict[str, dict[str, int]] = {}
        for origin, queue in self._queues.items():
            for position, execution in enumerate(queue.in_turn(), start=1):
                found.setdefault(execution, {})[origin] = position
        return found


async def _enter(queue: _Queue, execution: str) -> None:
    """Returns when the call has a slot."""
    line = queue.lines.setdefault(execution, _Line())
    if queue.has_slot_for(line):  # then none of its calls waits: slots pass from call to call
        queue.running += 1
        line.running += 1
        return
    turn = asyncio.get_running_loop().create_future()
    line.waiters.append(turn)
    try:
        await turn
    except asyncio.CancelledError:
        if not turn.cancelled():
            _leave(queue, execution)  # it got the slot while it was being cancelled
        elif turn in line.waiters:
            line.waiters.remove(turn)
            _forget_if_empty(queue, execution)
        raise


def _leave(queue: _Queue, execution: str) -> None:
    """Frees the slot of a call that has ended, and gives it to the call whose turn it is."""
    line = queue.lines.pop(execution)
    line.running -= 1
    queue.running -= 1
    queue.lines[execution] = line  # now behind all others
    _forget_if_empty(queue, execution)
    while (next_execution := queue.next_in_turn()) is not None:
        _serve(queue, next_execution)


def _serve(queue: _Queue, execution: str) -> None:
    """Gives a slot to the execution's first call, or removes that call if it was cancelled."""
    line = queue.lines[execution]
    turn = line.waiters.popleft()
    if turn.cancelled():
        _forget_if_empty(queue, execution)
        return
    queue.running += 1
    line.running += 1
    turn.set_result(None)


def _forget_if_empty(queue: _Queue, execution: str) -> None:
    line = queue.lines[execution]
    if not line.running and not line.waiters:
        del queue.lines[execution]
