"""Runs one execution: its steps, its calls and its loops, cancellable at any moment."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.workflows import limits, parallel, stdlib
from emulators.workflows.errors import Frame, WorkflowError, failure
from emulators.workflows.evaluate import evaluate, list_position, lookup
from emulators.workflows.expression import Index, Name, Node
from emulators.workflows.library import Arguments, invoke
from emulators.workflows.limits import Memory
from emulators.workflows.natives import BLOCKING, NATIVES, Context
from emulators.workflows.operators import as_boolean
from emulators.workflows.program import (
    Action,
    Assign,
    CallStep,
    For,
    Nested,
    Parallel,
    Program,
    Raise,
    Range,
    Return,
    Routine,
    Step,
    Steps,
    Switch,
    Target,
    Try,
)
from emulators.workflows.retry import RetryPolicy
from emulators.workflows.scope import Scope
from emulators.workflows.values import Value, is_number, type_name

_STEPS_BETWEEN_TURNS = 50
"""Number of steps after which a workflow that makes no calls lets the others run."""


@dataclass(frozen=True)
class Jump:
    """Continues at another step of this or an outer list, or at `end`, `break` or `continue`."""

    target: str


@dataclass(frozen=True)
class Returned:
    value: Value


Signal = Jump | Returned | None
"""How a step ended. After None the next step follows."""


class Execution:
    """One run of a program."""

    def __init__(self, program: Program, context: Context) -> None:
        self._program = program
        self._context = context
        self._memory = Memory()
        self._steps_done = 0
        self._current: dict[Any, tuple[str, str]] = {}
        self.places = asyncio.Semaphore(limits.CONCURRENT_BRANCHES)
        """One for each branch or iteration that runs at the same time."""

    @property
    def current_steps(self) -> list[tuple[str, str]]:
        """Returns routine and step of each running branch, or of the last step that ended."""
        return list(self._current.values())

    async def result(self, argument: Value) -> Value:
        """Returns what main returns. Raises the WorkflowError that no step has caught."""
        main = self._program.routines["main"]
        arguments = {parameter.name: argument for parameter in main.parameters}
        return await self._run(main, arguments, Scope(self._memory, main.name, 0))

    # Functions that expressions call

    def has_routine(self, name: str) -> bool:
        return name in self._program.routines

    async def call(self, name: str, arguments: Arguments, scope: Scope) -> Value:
        routine = self._program.routines.get(name)
        if routine is not None:
            return await self._run(routine, arguments, scope.callee(name))
        if name in stdlib.FUNCTIONS:
            return stdlib.call(name, arguments)
        if name not in NATIVES:
            raise failure("KeyError", f"'{name}' is neither a subworkflow nor a function")
        if name in BLOCKING and not isinstance(arguments, dict):
            raise failure("TypeError", f"{name} must be called by a `call` step")
        answer = invoke(name, NATIVES[name], arguments, self._context)
        return await answer if name in BLOCKING else answer

    async def _run(self, routine: Routine, arguments: Arguments, scope: Scope) -> Value:
        if scope.depth >= limits.CALL_DEPTH:
            raise failure(
                "RecursionError", f"subworkflows call each other more than {limits.CALL_DEPTH} deep"
            )
        with scope:
            await self._pass_arguments(routine, arguments, scope)
            signal = await self.run_steps(routine.steps, scope)
        return signal.value if isinstance(signal, Returned) else None

    async def _pass_arguments(self, routine: Routine, arguments: Arguments, scope: Scope) -> None:
        names = [parameter.name for parameter in routine.parameters]
        if isinstance(arguments, list) and len(arguments) > len(names):
            raise failure(
                "TypeError", f"{routine.name} takes {len(names)} arguments, not {len(arguments)}"
            )
        given = (
            arguments if isinstance(arguments, dict) else dict(zip(names, arguments, strict=False))
        )
        for unknown in given.keys() - set(names):
            raise failure("TypeError", f"{routine.name} has no parameter {unknown}")
        for parameter in routine.parameters:
            if parameter.name in given:
                scope.declare(parameter.name, given[parameter.name])
            elif parameter.default is not None:
                scope.declare(parameter.name, await self.value(parameter.default, scope))
            else:
                raise failure("TypeError", f"{routine.name} misses its argument {parameter.name}")

    async def value(self, node: Node, scope: Scope) -> Value:
        return await evaluate(node, scope, self)

    # Steps

    async def run_steps(self, steps: Steps, scope: Scope) -> Signal:
        position = 0
        while position < len(steps.items):
            signal = await self._step(steps.items[position], scope)
            if signal is None:
                position += 1
            elif isinstance(signal, Jump) and signal.target in steps.positions:
                position = steps.positions[signal.target]
            else:
                return signal
        return None

    async def _step(self, step: Step, scope: Scope) -> Signal:
        self._current[asyncio.current_task()] = (scope.routine, step.name)
        try:
            await self._count_step()
            return await self._act_or_jump(step, scope)
        except WorkflowError as error:
            error.passed(Frame(scope.routine, step.name, step.line, scope.depth))
            raise

    async def _act_or_jump(self, step: Step, scope: Scope) -> Signal:
        signal = await self._act(step.action, scope)
        return Jump(step.next) if signal is None and step.next else signal

    async def _count_step(self) -> None:
        self._steps_done += 1
        if self._steps_done > limits.STEPS_PER_EXECUTION:
            raise failure("ResourceLimitError", f"more than {limits.STEPS_PER_EXECUTION} steps")
        if self._steps_done % _STEPS_BETWEEN_TURNS == 0:
            await asyncio.sleep(0)

    async def _act(self, action: Action | None, scope: Scope) -> Signal:
        match action:
            case Assign():
                await self._assign(action, scope)
            case CallStep():
                await self._call(action, scope)
            case Parallel():
                await parallel.run(self, action, scope)
            case Raise(payload):
                raise WorkflowError(await self.value(payload, scope))
            case Return(value):
                return Returned(await self.value(value, scope))
            case Nested(steps):
                return await self.run_steps(steps, scope)
            case Switch():
                return await self._switch(action, scope)
            case For():
                return await self._for(action, scope)
            case Try():
                return await self._try(action, scope)
        return None

    async def _assign(self, action: Assign, scope: Scope) -> None:
        for assignment in action.assignments:
            await self._write(assignment.target, await self.value(assignment.value, scope), scope)

    async def _call(self, action: CallStep, scope: Scope) -> None:
        arguments: dict[str, Value] = await self.value(action.arguments, scope)
        answer = await self.call(action.function, arguments, scope)
        if action.result is not None:
            scope.set(action.result, answer)

    async def _write(self, target: Target, value: Value, scope: Scope) -> None:
        path: list[Value] = []
        place: Node = target
        while isinstance(place, Index):
            path.insert(0, await self.value(place.key, scope))
            place = place.target
        if isinstance(place, Name):
            scope.set(place.name, _written(scope.get(place.name), path, value) if path else value)

    async def _switch(self, action: Switch, scope: Scope) -> Signal:
        for condition in action.conditions:
            if as_boolean(await self.value(condition.test, scope), "a condition"):
                return await self._act_or_jump(condition.step, scope)
        return None

    async def _for(self, loop: For, scope: Scope) -> Signal:
        for index, item in enumerate(await self.items(loop, scope)):
            with scope.inner() as inner:
                signal = await self.iterate(loop, index, item, inner)
            if signal == Jump("break"):
                return None
            if signal not in (None, Jump("continue")):
                return signal
        return None

    async def iterate(self, loop: For, index: int, item: Value, scope: Scope) -> Signal:
        scope.declare(loop.value, item)
        if loop.index is not None:
            scope.declare(loop.index, index)
        return await self.run_steps(loop.steps, scope)

    async def items(self, loop: For, scope: Scope) -> Sequence[Value]:
        if isinstance(loop.items, Range):
            return _range(await self.value(loop.items.bounds, scope))
        items = await self.value(loop.items, scope)
        if not isinstance(items, list):
            raise failure("TypeError", f"a loop needs a list, not a {type_name(items)}")
        return items

    async def _try(self, action: Try, scope: Scope) -> Signal:
        try:
            return await self._attempts(action, scope)
        except WorkflowError as error:
            if action.handler is None:
                raise
            payload = error.payload
        with scope.inner() as inner:
            inner.declare(action.handler.error, payload)
            return await self.run_steps(action.handler.steps, inner)

    async def _attempts(self, action: Try, scope: Scope) -> Signal:
        delays: Iterator[float] | None = None
        while True:
            try:
                return await self.run_steps(action.steps, scope)
            except WorkflowError as error:
                if action.retry is None:
                    raise
                policy = RetryPolicy.of(await self.value(action.retry, scope))
                delays = delays or policy.delays()
                delay = next(delays, None)
                if delay is None or not await self._worth_retrying(policy, error, scope):
                    raise
            await asyncio.sleep(delay)

    async def _worth_retrying(
        self, policy: RetryPolicy, error: WorkflowError, scope: Scope
    ) -> bool:
        if policy.predicate is None:
            return True
        answer = await self.call(policy.predicate.name, [error.payload], scope)
        return as_boolean(answer, "a retry predicate")

    def forget_task(self) -> None:
        """Removes the current step of a branch that has ended."""
        self._current.pop(asyncio.current_task(), None)


def _range(bounds: Value) -> Sequence[Value]:
    if not (
        isinstance(bounds, list) and len(bounds) == 2 and all(is_number(bound) for bound in bounds)
    ):
        raise failure("TypeError", "range needs a list of two numbers")
    first, last = bounds
    count = max(0, int(last - first) + 1) if last >= first else 0
    if count > limits.STEPS_PER_EXECUTION:
        raise failure("ResourceLimitError", f"more than {limits.STEPS_PER_EXECUTION} iterations")
    return [first + offset for offset in range(count)]


def _written(container: Value, path: list[Value], value: Value) -> Value:
    """Returns a copy of the container with the value at the path.

    A map takes new keys. A list does not grow.
    """
    key, rest = path[0], path[1:]
    inner = _written(lookup(container, key), rest, value) if rest else value
    if isinstance(container, list):
        position = list_position(container, key)
        return [*container[:position], inner, *container[position + 1 :]]
    if isinstance(container, dict) and isinstance(key, str):
        return {**container, key: inner}
    raise failure(
        "TypeError", f"cannot write an item of a {type_name(container)} at a {type_name(key)}"
    )
