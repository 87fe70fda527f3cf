"""Executions take turns at a service, however many calls each has, and no slot is ever lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.workflows.slots import Slots

STAGE = "http://127.0.0.1:9001"
OTHER_STAGE = "http://127.0.0.1:9002"


class Users:
    """Calls that hold a slot until they are ended."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.inside: list[str] = []
        """Calls in the order in which they got a slot."""
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def enter(self, name: str, execution: str | None = None, stage: str = STAGE) -> None:
        """Makes a call, by default of an execution of the same name."""
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._use(name, execution or name, stage))
        await settle()

    async def enter_all(self, *names: str) -> None:
        """Makes calls of executions with one letter: `a1` is a call of `a`."""
        for name in names:
            await self.enter(name, name[0])

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await settle()

    def cancel(self, name: str) -> None:
        self._tasks[name].cancel()

    def all(self) -> list[str]:
        return list(self._tasks)

    def in_service(self) -> list[str]:
        """Returns the executions, of one letter, of the calls that hold a slot."""
        return [name[0] for name in self.inside if not self._tasks[name].done()]

    async def finish(self) -> None:
        for event in self._leave.values():
            event.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _use(self, name: str, execution: str, stage: str) -> None:
        async with self._slots.take(stage, execution):
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


def test_a_new_execution_comes_before_the_other_calls_of_the_one_in_service() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 1})
        users = Users(slots)
        await users.enter_all("a1", "a2", "a3", "a4", "b1", "c1", "c2")
        assert slots.positions() == {"b": {STAGE: 1}, "c": {STAGE: 2}, "a": {STAGE: 3}}
        for name in ("a1", "b1", "c1", "a2", "c2", "a3", "a4"):
            assert users.inside[-1] == name
            await users.leave(name)
        assert slots.lengths()[STAGE] == {"slots": 1, "running": 0, "waiting": 0}

    run(test())


def test_an_execution_that_was_served_is_not_overtaken_by_all_that_come_later() -> None:
    async def test() -> None:
        users = Users(Slots({STAGE: 1}))
        await users.enter_all("a1", "a2", "b1")
        await users.leave("a1")
        await users.enter_all("c1", "d1", "e1")
        await users.leave("b1")
        assert users.inside == ["a1", "b1", "a2"]
        await users.finish()

    run(test())


def test_the_execution_with_the_fewest_calls_in_service_is_served_first() -> None:
    async def test() -> None:
        users = Users(Slots({STAGE: 3}))
        await users.enter_all("a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3")
        await users.leave("a1")
        assert users.inside[3:] == ["b1"], "a has two calls in service, b none"
        await users.leave("a2")
        assert users.inside[4:] == ["b2"], "both have one, and a call of a was served later"
        await users.leave("a3")
        assert users.inside[5:] == ["a4"], "b has two, a none"
        await users.finish()

    run(test())


def test_slots_beyond_an_executions_share_are_left_to_others() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 3}, {STAGE: 2})
        users = Users(slots)
        await users.enter_all("a1", "a2", "a3", "a4")
        assert users.inside == ["a1", "a2"]
        assert slots.lengths()[STAGE] == {"slots": 3, "running": 2, "waiting": 2}
        await users.enter_all("b1", "b2", "c1")
        assert users.inside[2:] == ["b1"]
        await users.leave("b1")
        assert users.inside[3:] == ["c1"], "a has its share, and c has waited longer than b"
        await users.leave("a1")
        assert users.inside[4:] == ["b2"]
        await users.leave("a2")
        await users.leave("c1")
        assert users.inside[5:] == ["a3", "a4"]
        await users.finish()
        assert slots.lengths()[STAGE] == {"slots": 3, "running": 0, "waiting": 0}

    run(test())


def test_a_cancelled_call_makes_no_execution_exceed_its_share() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 2}, {STAGE: 1})
        users = Users(slots)
        await users.enter_all("a1", "a2", "a3")
        users.cancel("a2")
        await settle()
        assert users.inside == ["a1"]
        await users.leave("a1")
        assert users.inside == ["a1", "a3"]
        await users.finish()
        assert slots.lengths()[STAGE] == {"slots": 2, "running": 0, "waiting": 0}

    run(test())


def test_an_execution_has_the_spare_slots_while_it_is_the_only_one() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 3}, {STAGE: 1}, {STAGE: 3}, cores=2)
        users = Users(slots)
        slots.begin("a")
        await users.enter_all("a1", "a2", "a3", "a4")
        assert users.inside == ["a1", "a2"], "two calls keep two cores busy"
        slots.begin("b")
        await users.leave("a1")
        await users.leave("a2")
        assert users.inside[2:] == ["a3"], "b has begun, so that a has its share only"
        await users.enter_all("b1", "b2")
        assert users.inside[3:] == ["b1"]
        await users.leave("b1")
        await users.leave("b2")
        slots.end("b")
        await settle()
        assert users.inside[-1] == "a4"
        await users.finish()
        assert slots.lengths()[STAGE] == {"slots": 3, "running": 0, "waiting": 0}

    run(test())


def test_a_core_that_another_stage_has_left_is_used() -> None:
    async def test() -> None:
        slots = Slots({STAGE: 2, OTHER_STAGE: 2}, {STAGE: 1, OTHER_STAGE: 1}, {STAGE: 2}, cores=2)
        users = Users(slots)
        slots.begin("a")
        await users.enter("o1", "a", OTHER_STAGE)
        await users.enter_all("a1", "a2", "a3")
        assert users.inside == ["o1", "a1"]
        await users.leave("o1")
        assert users.inside[2:] == ["a2"]
        await users.enter("o2", "a", OTHER_STAGE)
        assert users.inside[3:] == ["o2"], "its share is its own at any time"
        await users.leave("a1")
        await users.leave("a2")
        assert users.inside[4:] == ["a3"]
        await users.enter("o3", "a", OTHER_STAGE)
        await users.leave("a3")
        assert users.inside[5:] == [], "that stage lends no spare slots"
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


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "cancel"]), st.integers(0, 9)), max_size=60
)


@given(ACTIONS)
@settings(max_examples=150, deadline=None)
def test_slots_are_never_lost_or_doubled_and_single_calls_are_served_in_order(
    actions: list[tuple[str, int]],
) -> None:
    async def test() -> None:
        slots = Slots({STAGE: 3})
        users = Users(slots)
        for step, (action, number) in enumerate(actions):
            await act(users, action, number, str(step), str(step))
            length = slots.lengths()[STAGE]
            assert length["running"] <= 3
            assert not length["waiting"] or length["running"] == 3
            waiting = map(int, slots.positions())
            assert max(map(int, users.inside), default=-1) < min(waiting, default=len(actions))
        await users.finish()
        assert slots.lengths() == {STAGE: {"slots": 3, "running": 0, "waiting": 0}}
        assert slots.positions() == {}

    run(test())


@given(ACTIONS, st.integers(1, 2), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_no_call_waits_for_a_slot_that_it_may_have(
    actions: list[tuple[str, int]], executions: int, cores: int
) -> None:
    async def test() -> None:
        slots = Slots({STAGE: 3}, {STAGE: 1}, {STAGE: 3}, cores)
        users = Users(slots)
        names = "ab"[:executions]
        for name in names:
            slots.begin(name)
        for step, (action, number) in enumerate(actions):
            execution = names[number % executions]
            await act(users, action, number, f"{execution}{step}", execution)
            running = slots.lengths()[STAGE]["running"]
            most = max(1, min(3, cores)) if executions == 1 else 1
            for waiting in slots.positions():
                assert running == 3 or users.in_service().count(waiting) >= most
            assert all(users.in_service().count(name) <= most for name in names)
        await users.finish()
        assert slots.lengths() == {STAGE: {"slots": 3, "running": 0, "waiting": 0}}

    run(test())


@given(ACTIONS, st.integers(1, 2))
@settings(max_examples=300, deadline=None)
def test_no_execution_is_served_twice_while_another_has_nothing_in_service(
    actions: list[tuple[str, int]], share: int
) -> None:
    """Four executions make many calls. Only those count that wait all the time."""

    async def test() -> None:
        slots = Slots({STAGE: 2}, {STAGE: share})
        users = Users(slots)
        overtaken: dict[str, list[str]] = {}
        """For each execution that waits: whose calls were served since then."""
        for step, (action, number) in enumerate(actions):
            served_before = len(users.inside)
            execution = "abcd"[number % 4]
            await act(users, action, number, f"{execution}{step}", execution)
            served = [name[0] for name in users.inside[served_before:]]
            for waiting in overtaken:
                overtaken[waiting] += served
            in_service = users.in_service()
            assert all(in_service.count(each) <= share for each in in_service)
            idle = [each for each in slots.positions() if each not in in_service]
            assert not idle or len(in_service) == 2
            overtaken = {each: overtaken.get(each, []) for each in idle}
            for others in overtaken.values():
                assert len(others) == len(set(others))
        await users.finish()
        assert slots.lengths() == {STAGE: {"slots": 2, "running": 0, "waiting": 0}}

    run(test())


async def act(users: Users, action: str, number: int, name: str, execution: str) -> None:
    """Makes the call `name`, or ends or cancels an earlier one."""
    if action == "enter":
        await users.enter(name, execution)
        return
    earlier = users.all()
    if not earlier:
        return
    chosen = earlier[number % len(earlier)]
    if action == "leave":
        await users.leave(chosen)
    else:
        users.cancel(chosen)
