"""Finds mistakes in a well-formed workflow that Google would refuse, or that fail at run time."""

from collections import Counter
from collections.abc import Iterator

from emulators.workflows import limits, stdlib
from emulators.workflows.errors import Finding
from emulators.workflows.expression import Call, Index, Literal, MapOf, Name, Node
from emulators.workflows.library import Arguments, mistake
from emulators.workflows.natives import BLOCKING, NATIVES
from emulators.workflows.program import (
    Assign,
    CallStep,
    For,
    Parallel,
    Program,
    Raise,
    Return,
    Routine,
    Step,
    Steps,
    Switch,
    Try,
)
from emulators.workflows.values import Value
from emulators.workflows.walk import all_steps, blocks, nodes, values


def check(program: Program) -> list[Finding]:
    """Returns the mistakes in a well-formed program."""
    found: set[Finding] = set()
    for routine in program.routines.values():
        found.update(_jumps(routine.steps, frozenset(routine.steps.positions) | {"end"}))
        found.update(_order(routine))
        found.update(_calls(routine, program))
        found.update(_unknown_variables(routine, program))
        found.update(
            _writes(
                routine.steps, {parameter.name for parameter in routine.parameters}, frozenset()
            )
        )
        found.update(_returns(routine))
    return sorted(found)


def _jumps(steps: Steps, targets: frozenset[str]) -> Iterator[Finding]:
    """Finds `next` to a step that cannot be reached from here.

    `next` reaches the steps of its own list and of the lists around it, but none outside a parallel
    branch.
    """
    for step in steps.items:
        if step.next is not None and step.next not in targets:
            yield Finding(
                step.line, f"step {step.name!r}: next: there is no {step.next!r} to go to from here"
            )
        for block in blocks(step.action):
            yield from _jumps(block, _targets(step, targets) | frozenset(block.positions))


def _targets(step: Step, outer: frozenset[str]) -> frozenset[str]:
    if isinstance(step.action, Parallel):
        return frozenset({"continue"} if isinstance(step.action.work, For) else ())
    return outer | {"break", "continue"} if isinstance(step.action, For) else outer


def _returns(routine: Routine) -> Iterator[Finding]:
    for step in all_steps(routine.steps):
        if isinstance(step.action, Parallel):
            for block in blocks(step.action):
                for inner in all_steps(block):
                    if isinstance(inner.action, Return):
                        yield Finding(
                            inner.line, f"step {inner.name!r}: a parallel branch cannot return"
                        )


def _order(routine: Routine) -> Iterator[Finding]:
    """Finds names that are given twice, and steps that are never reached."""
    jumped_to = {step.next for step in all_steps(routine.steps)}
    lists = [
        routine.steps,
        *(block for step in all_steps(routine.steps) for block in blocks(step.action)),
    ]
    for steps in lists:
        counts = Counter(step.name for step in steps.items)
        for before, step in zip((None, *steps.items), steps.items, strict=False):
            if counts[step.name] > 1:
                yield Finding(step.line, f"the step name {step.name!r} is given twice")
            if before is not None and _leaves(before) and step.name not in jumped_to:
                yield Finding(
                    step.line,
                    f"step {step.name!r} is never reached: {before.name!r} goes elsewhere",
                )


def _leaves(step: Step) -> bool:
    """Returns True if the step after this one never follows it."""
    if step.next is not None or isinstance(step.action, Return | Raise):
        return True
    if not isinstance(step.action, Switch):
        return False
    conditions = step.action.conditions
    return conditions[-1].test == Literal(True) and all(
        _leaves(condition.step) for condition in conditions
    )


def _calls(routine: Routine, program: Program) -> Iterator[Finding]:
    for step in all_steps(routine.steps):
        if isinstance(step.action, CallStep):
            given = _entries(step.action.arguments)
            yield from _call(program, step.action.function, given, step)
            timeout = given.get("timeout")
            if isinstance(timeout, int | float) and timeout > limits.HTTP_TIMEOUT_SECONDS_MAX:
                yield Finding(
                    step.line,
                    f"step {step.name!r}: timeout is above {limits.HTTP_TIMEOUT_SECONDS_MAX}",
                )
        for _, value in values(step):
            for node in nodes(value):
                if isinstance(node, Call):
                    yield from _call(program, node.function, list(node.arguments), step)


def _call(program: Program, function: str, arguments: Arguments, step: Step) -> Iterator[Finding]:
    problem = _call_problem(program, function, arguments)
    if problem is not None:
        yield Finding(step.line, f"step {step.name!r}: {function}: {problem}")


def _call_problem(program: Program, function: str, arguments: Arguments) -> str | None:
    if function in program.routines:
        return _parameter_problem(program.routines[function], arguments)
    if function in stdlib.FUNCTIONS:
        return mistake(stdlib.FUNCTIONS[function], arguments)
    if function not in NATIVES:
        return "unknown call: neither a subworkflow nor a function"
    if function in BLOCKING and isinstance(arguments, list):
        return "cannot be called in an expression; use a `call` step"
    return mistake(NATIVES[function], arguments, None)


def _parameter_problem(routine: Routine, arguments: Arguments) -> str | None:
    names = [parameter.name for parameter in routine.parameters]
    if isinstance(arguments, list) and len(arguments) > len(names):
        return f"takes {len(names)} arguments, not {len(arguments)}"
    given = set(arguments) if isinstance(arguments, dict) else set(names[: len(arguments)])
    if unknown := sorted(given - set(names)):
        return f"has no parameter {unknown[0]!r}"
    missing = [parameter.name for parameter in routine.parameters if parameter.default is None]
    return next((f"misses its argument {name!r}" for name in missing if name not in given), None)


def _entries(arguments: Node) -> dict[str, Value]:
    """Returns the arguments by name. Those that are computed have the value None."""
    if isinstance(arguments, Literal):
        return dict(arguments.value)
    entries = arguments.entries if isinstance(arguments, MapOf) else ()
    return {
        key.value: value.value if isinstance(value, Literal) else None
        for key, value in entries
        if isinstance(key, Literal)
    }


def _unknown_variables(routine: Routine, program: Program) -> Iterator[Finding]:
    known = (
        {parameter.name for parameter in routine.parameters}
        | program.routines.keys()
        | stdlib.FUNCTIONS.keys()
    )
    for step in all_steps(routine.steps):
        known |= _named(step)
    for step in all_steps(routine.steps):
        for line, value in values(step):
            for name in _read(value):
                if name not in known:
                    yield Finding(
                        line,
                        f"step {step.name!r}: {name!r} is neither a variable nor a subworkflow",
                    )


def _read(node: Node) -> Iterator[str]:
    library = {
        part
        for item in nodes(node)
        if isinstance(item, Index)
        and (item.path in stdlib.OBJECTS or item.path in stdlib.FUNCTIONS)
        for part in nodes(item)
    }
    return (item.name for item in nodes(node) if isinstance(item, Name) and item not in library)


def _named(step: Step) -> set[str]:
    """Returns the variables that a step sets, either itself or for the steps inside it."""
    action = step.action
    if isinstance(action, Try) and action.handler is not None:
        return {action.handler.error}
    loop = action.work if isinstance(action, Parallel) else action
    if isinstance(loop, For):
        return {loop.value, loop.index or loop.value}
    return _written(step)


def _written(step: Step) -> set[str]:
    if isinstance(step.action, CallStep) and step.action.result is not None:
        return {step.action.result}
    if isinstance(step.action, Assign):
        return {_root(assignment.target) for assignment in step.action.assignments}
    return set()


def _root(node: Node) -> str:
    while isinstance(node, Index):
        node = node.target
    return node.name if isinstance(node, Name) else ""


def _writes(steps: Steps, known: set[str], sealed: frozenset[str]) -> Iterator[Finding]:
    """Finds writes in a parallel branch to outer variables that are not in `shared`.

    `known` are the variables set so far. `sealed` are those of them that a branch must not write.
    """
    for step in steps.items:
        for name in sorted(_written(step) & sealed):
            yield Finding(
                step.line, f"step {step.name!r} writes {name!r}, which is not in `shared`"
            )
        known |= _written(step)
        if isinstance(step.action, Parallel):
            for name in sorted(step.action.shared - known):
                yield Finding(step.line, f"shared: no step before {step.name!r} makes {name!r}")
        for block in blocks(step.action):
            if isinstance(step.action, Parallel):
                yield from _writes(
                    block, known | _named(step), frozenset(known - step.action.shared)
                )
            else:
                yield from _writes(block, known, sealed)
