"""Slots are given first in, first out across executions, and cancellation loses none."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.workflows.slots import Slots

STAGE = "http://127.0.0.1:9001"


class Users:
    """Tasks that hold a slot until they are ended."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def enter(self, name: str) -> None:
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._use(name))
        await settle()

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await settle()

    def cancel(self, name: str) -> None:
        self._tasks[name].cancel()

    async def finish(self) -> None:
        for event in self._leave.values():
            event.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _use(self, name: str) -> None:
        async with self._slots.take(STAGE, name):
            self.inside.append(name)
            await self._leave[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def test_the_first_request_is_served_first() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 2})
        users = Users(slots)
        for name in "abcde":
            await users.enter(name)
        assert users.inside == ["a", "b"]
        assert slots.lengths() == {STAGE: {"slots": 2, "running": 2, "waiting": 3}}
        assert slots.positions() == {"c": {STAGE: 1}, "d": {STAGE: 2}, "e": {STAGE: 3}}
        await users.leave("b")
        assert users.inside == ["a", "b", "c"]
        await users.leave("a")
        await users.leave("c")
        assert users.inside == ["a", "b", "c", "d", "e"]
        await users.finish()
        assert slots.lengths()[STAGE] == {"slots": 2, "running": 0, "waiting": 0}

    run(test())


def test_a_newcomer_does_not_overtake_a_waiter() -> None:
    async def test() -> None:
        users = Users(Slots({STAGE: 1}))
        await users.enter("a")
        await users.enter("b")
        users._leave["a"].set()
        await users.enter("c")
        assert users.inside == ["a", "b"]
        await users.finish()

    run(test())


def test_an_origin_that_is_not_listed_has_no_limit() -> None:
    async def test() -> None:
        users = Users(Slots({}))
        for name in "abc":
            await users.enter(name)
        assert users.inside == ["a", "b", "c"]
        await users.finish()

    run(test())


def test_a_cancelled_waiter_gives_its_turn_on() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 1})
        users = Users(slots)
        for name in "abcd":
            await users.enter(name)
        users.cancel("b")
        await settle()
        assert slots.positions() == {"c": {STAGE: 1}, "d": {STAGE: 2}}
        # c gets the slot and is cancelled at the same moment
        users._leave["a"].set()
        await asyncio.sleep(0)
        users.cancel("c")
        await settle()
        assert users.inside[-1] == "d"
        await users.finish()
        assert slots.lengths()[STAGE]["running"] == 0

    run(test())


@given(
    st.lists(
        st.tuples(st.sampled_from(["enter", "leave", "cancel"]), st.integers(0, 9)), max_size=60
    )
)
@settings(max_examples=150, deadline=None)
def test_slots_are_never_lost_or_doubled_and_keep_the_order(
    actions: list[tuple[str, int]],
) -> None:
    async def test() -> None:
        slots = Slots({STAGE: 3})
        users = Users(slots)
        for step, (action, number) in enumerate(actions):
            if action == "enter":
                await users.enter(str(step))
            elif users._tasks:
                name = list(users._tasks)[number % len(users._tasks)]
                users._leave[name].set() if action == "leave" else users.cancel(name)
            length = slots.lengths()[STAGE]
            assert length["running"] <= 3
            assert not length["waiting"] or length["running"] == 3
            waiting = map(int, slots.positions())
            assert max(map(int, users.inside), default=-1) < min(waiting, default=len(actions))
        await users.finish()
        assert slots.lengths()[STAGE] == {"slots": 3, "running": 0, "waiting": 0}

    run(test())
