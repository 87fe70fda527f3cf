"""The slots of each service: how many calls it serves at once, and in what order the others wait.

Calls wait here rather than in the service's socket, where the wait would count towards their
timeout. Executions take turns, so that one with a hundred calls does not keep one with a single
call waiting for all of them. A free slot goes to the execution with the fewest calls in service,
and among equals to the one that has waited longest for its turn. An execution has at most its
share of the slots; what is beyond is free for others at any moment. While it is the only execution
and a core has nothing to do, it may have more, and another that begins then waits for at most one
call. Its own calls are served in the order in which they were made.
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
    alone: int
    """Most slots of the only execution while a core has nothing to do."""
    running: int = 0
    lines: dict[str, _Line] = field(default_factory=dict)
    """Lines by execution. First is the one that has waited longest for its turn: since its first
    call, or since the last end of one of its calls."""

    def in_turn(self) -> list[str]:
        """Returns the executions that wait, the next to be served first."""
        waiting = [execution for execution, line in self.lines.items() if line.waiters]
        return sorted(waiting, key=lambda execution: self.lines[execution].running)

    def next_in_turn(self, is_idle: bool) -> str | None:
        """Returns the execution that gets a slot now, or None. See `has_slot_for`."""
        for execution in self.in_turn():
            if self.has_slot_for(self.lines[execution], is_idle):
                return execution
        return None

    def has_slot_for(self, line: _Line, is_idle: bool) -> bool:
        """Returns whether a further call of the line gets a slot. `is_idle` is whether there is no
        other execution, and a core with nothing to do."""
        most = self.alone if is_idle else self.share
        return self.running < self.slots and line.running < most


class Slots:
    """The slots of each origin (`http://host:port`). An origin that is not listed has no limit.

    `shares` is how many of an origin's slots one execution may have; by default all. `alone` is how
    many it may have while it is the only one and fewer calls are in service than there are `cores`;
    by default its share.
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        shares: Mapping[str, int] | None = None,
        alone: Mapping[str, int] | None = None,
        cores: int = 0,
    ) -> None:
        self._queues: dict[str, _Queue] = {}
        for origin, count in counts.items():
            share = (shares or {}).get(origin, count)
            most = (alone or {}).get(origin, share)
            self._queues[origin] = _Queue(count, share, most)
        self._cores = cores
        self._executions: set[str] = set()

    def begin(self, execution: str) -> None:
        """Counts an execution, whether or not it makes calls now."""
        self._executions.add(execution)

    def end(self, execution: str) -> None:
        self._executions.discard(execution)
        self._serve_all()

    @asynccontextmanager
    async def take(self, origin: str, execution: str) -> AsyncIterator[None]:
        """Holds a slot of the origin while the block runs."""
        queue = self._queues.get(origin)
        if queue is None:
            yield
            return
        await self._enter(queue, execution)
        try:
            yield
        finally:
            self._leave(queue, execution)

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

    def _is_idle(self) -> bool:
        """Returns whether there is only one execution, and a core with nothing to do."""
        running = sum(queue.running for queue in self._queues.values())
        return running < self._cores and len(self._executions) == 1

    async def _enter(self, queue: _Queue, execution: str) -> None:
        """Returns when the call has a slot."""
        line = queue.lines.setdefault(execution, _Line())
        if queue.has_slot_for(line, self._is_idle()):
            # then none of its calls waits: slots pass from call to call
            queue.running += 1
            line.running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        line.waiters.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._leave(queue, execution)  # it got the slot while it was being cancelled
            elif turn in line.waiters:
                line.waiters.remove(turn)
                _forget_if_empty(queue, execution)
            raise

    def _leave(self, queue: _Queue, execution: str) -> None:
        """Frees the slot of a call that has ended, and gives it to the call whose turn it is."""
        line = queue.lines.pop(execution)
        line.running -= 1
        queue.running -= 1
        queue.lines[execution] = line  # now behind all others
        _forget_if_empty(queue, execution)
        self._serve(queue)  # first, because only a core that this leaves idle is lent
        self._serve_all()

    def _serve_all(self) -> None:
        """Serves what waits at any origin: the core that a call has left may be used there."""
        for queue in self._queues.values():
            self._serve(queue)

    def _serve(self, queue: _Queue) -> None:
        """Gives the free slots to the calls whose turn it is."""
        while (execution := queue.next_in_turn(self._is_idle())) is not None:
            _serve_first(queue, execution)


def _serve_first(queue: _Queue, execution: str) -> None:
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
