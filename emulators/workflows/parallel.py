"""`parallel`: runs branches and iterations at once, at most 20 in an execution.

One that fails does not stop the others.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from emulators.workflows import limits
from emulators.workflows.errors import WorkflowError, failure
from emulators.workflows.expression import Node
from emulators.workflows.program import For, Parallel, Steps
from emulators.workflows.scope import Scope
from emulators.workflows.values import Map, Value, type_name


class Lanes(Protocol):
    """The part of an execution that parallel steps use."""

    places: asyncio.Semaphore
    """One place for each branch or iteration that may run at the same time."""

    async def value(self, node: Node, scope: Scope) -> Value: ...

    async def items(self, loop: For, scope: Scope) -> Sequence[Value]: ...

    async def run_steps(self, steps: Steps, scope: Scope) -> object: ...

    def forget_task(self) -> None: ...


@dataclass(frozen=True)
class _Lane:
    """The work of one branch or iteration."""

    name: str
    steps: Steps
    variables: Map


@dataclass
class _Failures:
    reported: list[Value] = field(default_factory=list)
    count: int = 0

    def add(self, name: str, error: WorkflowError) -> None:
        self.count += 1
        if self.count <= limits.REPORTED_BRANCH_ERRORS:
            self.reported.append(
                {"id": name, "error": {"payload": error.payload, "context": error.context}}
            )

    def as_error(self) -> WorkflowError:
        message = (
            "UnhandledBranchError: "
            "One or more branches or iterations encountered an unhandled runtime error"
        )
        return WorkflowError(
            {
                "message": message,
                "tags": ["UnhandledBranchError", "RuntimeError"],
                "branches": self.reported,
                "truncated": self.count > len(self.reported),
            }
        )


async def run(execution: Lanes, step: Parallel, scope: Scope) -> None:
    """Returns when all branches have ended. Raises UnhandledBranchError with those that failed."""
    if scope.nesting >= limits.PARALLEL_NESTING:
        raise failure(
            "ParallelNestingError", f"parallel steps nest more than {limits.PARALLEL_NESTING} deep"
        )
    lanes = await _lanes(execution, step, scope)
    workers = min(len(lanes), await _limit(execution, step, scope))
    waiting, failures = iter(lanes), _Failures()
    async with asyncio.TaskGroup() as group:
        for number in range(workers):
            # The outer branch waits for its inner branches, so the first of these runs in its
            # place.
            place = nullcontext() if scope.nesting and number == 0 else execution.places
            group.create_task(_work(execution, step.shared, waiting, scope, place, failures))
    if failures.count:
        raise failures.as_error()


async def _lanes(execution: Lanes, step: Parallel, scope: Scope) -> list[_Lane]:
    if not isinstance(step.work, For):
        return [_Lane(branch.name, branch.steps, {}) for branch in step.work]
    loop = step.work
    lanes = []
    for index, item in enumerate(await execution.items(loop, scope)):
        variables = (
            {loop.value: item} if loop.index is None else {loop.value: item, loop.index: index}
        )
        lanes.append(_Lane(str(index), loop.steps, variables))
    return lanes


async def _limit(execution: Lanes, step: Parallel, scope: Scope) -> int:
    if step.limit is None:
        return limits.CONCURRENT_BRANCHES
    limit = await execution.value(step.limit, scope)
    if type(limit) is not int:
        raise failure("TypeError", f"concurrency_limit cannot be a {type_name(limit)}")
    if limit < 1:
        raise failure("ValueError", "concurrency_limit must be positive")
    return min(limit, limits.CONCURRENT_BRANCHES)


async def _work(
    execution: Lanes,
    shared: frozenset[str],
    waiting: Iterator[_Lane],
    scope: Scope,
    place: AbstractAsyncContextManager[None],
    failures: _Failures,
) -> None:
    for lane in waiting:
        async with place:
            with scope.branch(shared) as branch:
                try:
                    for name, value in lane.variables.items():
                        branch.declare(name, value)
                    await execution.run_steps(lane.steps, branch)
                except WorkflowError as error:
                    failures.add(lane.name, error)
                finally:
                    execution.forget_task()
