"""Workers whose every call of a store is a step, let go one at a time in an order that the test
chooses.

A worker may be killed at a step: before the call takes effect, or after it and before the worker
learns of it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

DEADLINE = 20.0
"""Seconds in which a worker must come to its next step."""


class Killed(BaseException):
    """What ends a worker at once. A process that is killed runs no handler: the stores refuse it
    everything after."""


@dataclass(frozen=True)
class Turn:
    """Let the worker do a step, or kill it there, or have the call fail."""

    worker: int = 0
    kill: bool = False
    late: bool = False
    """Kill it, or fail, after the call has taken effect."""
    error: type[Exception] | None = None

    @property
    def struck(self) -> bool:
        return self.kill or self.error is not None


class Worker:
    """A thread that waits for its turn at every step."""

    def __init__(self, work: Callable[["Worker"], object]) -> None:
        self.turn: Turn | None = None
        self.may_go, self.waits = threading.Semaphore(0), threading.Semaphore(0)
        self.dead = self.ended = False
        self.result: object = None
        self.thread = threading.Thread(target=self.run, args=(work,), daemon=True)
        self.thread.start()
        self.until_it_waits()

    def run(self, work: Callable[["Worker"], object]) -> None:
        try:
            self.result = work(self)
        except (Killed, Exception) as error:
            self.result = error
        self.ended = True
        self.waits.release()

    def step(self, call: Callable[[], Any]) -> Any:
        """Called in the worker's thread."""
        if self.dead:
            raise Killed
        self.waits.release()
        assert self.may_go.acquire(timeout=DEADLINE), "nobody lets this worker go on"
        assert self.turn is not None
        made = call() if self.turn.late or not self.turn.struck else None
        if self.turn.kill:
            self.dead = True
            raise Killed
        if self.turn.error:
            raise self.turn.error("struck")
        return made

    def until_it_waits(self) -> None:
        assert self.waits.acquire(timeout=DEADLINE), "the worker came to no step"

    def go(self, turn: Turn) -> None:
        self.turn = turn
        self.may_go.release()
        self.until_it_waits()


class Steps:
    """A store of which each call is a step of that worker."""

    def __init__(self, store: Any, worker: Worker) -> None:
        self._store, self._worker = store, worker

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if not callable(attribute):
            return attribute
        return lambda *args, **kwargs: self._worker.step(lambda: attribute(*args, **kwargs))


def play(works: Sequence[Callable[[Worker], object]], turns: Sequence[Turn]) -> list[object]:
    """Start all workers, let them go in the order of the turns, then each to its end; what each
    returned or raised."""
    workers = [Worker(work) for work in works]
    for turn in turns:
        worker = workers[turn.worker % len(workers)]
        if not worker.ended:
            worker.go(turn)
    for worker in workers:
        while not worker.ended:
            worker.go(Turn(0))
    return [worker.result for worker in workers]
