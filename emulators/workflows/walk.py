"""Iterates over the parts of a program, for checks that do not run it."""

from collections.abc import Iterator

from emulators.workflows.expression import Binary, Call, Index, ListOf, MapOf, Node, Unary
from emulators.workflows.program import (
    Action,
    Assign,
    CallStep,
    For,
    Nested,
    Parallel,
    Raise,
    Range,
    Return,
    Step,
    Steps,
    Switch,
    Try,
)


def blocks(action: Action | None) -> Iterator[Steps]:
    """Yields the lists of steps inside a step."""
    match action:
        case For(steps=steps) | Nested(steps):
            yield steps
        case Try(steps, _, handler):
            yield steps
            if handler is not None:
                yield handler.steps
        case Switch(conditions):
            for condition in conditions:
                yield Steps((condition.step,), {})
        case Parallel(work=For(steps=steps)):
            yield steps
        case Parallel(work=tuple() as branches):
            for branch in branches:
                yield branch.steps


def all_steps(steps: Steps) -> Iterator[Step]:
    for step in steps.items:
        yield step
        for block in blocks(step.action):
            yield from all_steps(block)


def values(step: Step) -> Iterator[tuple[int, Node]]:
    """Yields the expressions that a step itself evaluates, each with its line."""
    match step.action:
        case Assign(assignments):
            for assignment in assignments:
                yield assignment.line, assignment.value
                yield assignment.line, assignment.target
        case CallStep(arguments=node) | Return(node) | Raise(node) | Try(retry=node) if (
            node is not None
        ):
            yield step.line, node
        case Switch(conditions):
            for condition in conditions:
                yield condition.step.line, condition.test
        case For(items=items) | Parallel(work=For(items=items)):
            yield step.line, items.bounds if isinstance(items, Range) else items
    if isinstance(step.action, Parallel) and step.action.limit is not None:
        yield step.line, step.action.limit


def nodes(node: Node) -> Iterator[Node]:
    """Yields the expression and all expressions inside it."""
    yield node
    for child in _children(node):
        yield from nodes(child)


def _children(node: Node) -> Iterator[Node]:
    match node:
        case Index(target, key):
            yield target
            yield key
        case Call(_, children) | ListOf(children):
            yield from children
        case Unary(_, operand):
            yield operand
        case Binary(_, left, right):
            yield left
            yield right
        case MapOf(entries):
            for key, value in entries:
                yield key
                yield value
