"""Evaluates an expression in a scope."""

from typing import Protocol

from emulators.workflows import stdlib
from emulators.workflows.errors import failure
from emulators.workflows.expression import (
    Binary,
    Call,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Unary,
)
from emulators.workflows.operators import apply, as_boolean, negate
from emulators.workflows.scope import Scope
from emulators.workflows.values import Function, Value, type_name


class Caller(Protocol):
    """Runs the functions that an expression calls."""

    def has_routine(self, name: str) -> bool: ...

    async def call(self, name: str, arguments: list[Value], scope: Scope) -> Value: ...


async def evaluate(node: Node, scope: Scope, caller: Caller) -> Value:
    """Returns the value of an expression. Raises the WorkflowError that Workflows would raise."""
    match node:
        case Literal(value):
            return value
        case Name(name):
            return _variable(name, scope, caller)
        case Index():
            return await _place(node, scope, caller)
        case Call(function, arguments):
            return await caller.call(
                function, [await evaluate(item, scope, caller) for item in arguments], scope
            )
        case Unary(operator, operand):
            value = await evaluate(operand, scope, caller)
            return negate(value) if operator == "-" else not as_boolean(value, "`not`")
        case Binary("and" | "or"):
            return await _logic(node, scope, caller)
        case Binary(operator, left, right):
            return apply(
                operator, await evaluate(left, scope, caller), await evaluate(right, scope, caller)
            )
        case ListOf(items):
            return [await evaluate(item, scope, caller) for item in items]
        case MapOf(entries):
            return {
                await _key(key, scope, caller): await evaluate(value, scope, caller)
                for key, value in entries
            }


def lookup(container: Value, key: Value) -> Value:
    """Returns `container[key]`. Raises the errors that Workflows raises."""
    if isinstance(container, dict):
        if not isinstance(key, str):
            raise failure("TypeError", f"the key of a map cannot be a {type_name(key)}")
        if key not in container:
            raise failure("KeyError", f"key not found: {key}")
        return container[key]
    if isinstance(container, list):
        return container[list_position(container, key)]
    raise failure("TypeError", f"a {type_name(container)} has no items")


def list_position(items: list[Value], key: Value) -> int:
    if type(key) is not int:
        raise failure("TypeError", f"the index of a list cannot be a {type_name(key)}")
    if not 0 <= key < len(items):
        raise failure("IndexError", f"index out of range: {key}")
    return key


def _variable(name: str, scope: Scope, caller: Caller) -> Value:
    if name not in scope and (caller.has_routine(name) or name in stdlib.FUNCTIONS):
        return Function(name)
    return scope.get(name)


async def _place(node: Index, scope: Scope, caller: Caller) -> Value:
    if node.path is not None and node.path.split(".")[0] not in scope:
        if node.path in stdlib.OBJECTS:
            return stdlib.OBJECTS[node.path]
        if node.path in stdlib.FUNCTIONS:
            return Function(node.path)
    return lookup(
        await evaluate(node.target, scope, caller), await evaluate(node.key, scope, caller)
    )


async def _logic(node: Binary, scope: Scope, caller: Caller) -> bool:
    left = as_boolean(await evaluate(node.left, scope, caller), f"`{node.operator}`")
    if left == (node.operator == "or"):
        return left
    return as_boolean(await evaluate(node.right, scope, caller), f"`{node.operator}`")


async def _key(node: Node, scope: Scope, caller: Caller) -> str:
    key = await evaluate(node, scope, caller)
    if not isinstance(key, str):
        raise failure("TypeError", f"the key of a map cannot be a {type_name(key)}")
    return key
