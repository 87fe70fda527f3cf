"""The values that a workflow variable may have: their names, comparison and encoding."""

import json
from dataclasses import dataclass
from typing import Any

from emulators.workflows.errors import failure

Value = Any
"""null, boolean, integer, double, string, bytes, list, map or Function. Never changed in place."""
List = list[Value]
Map = dict[str, Value]
Number = int | float


@dataclass(frozen=True)
class Function:
    """A subworkflow or library function used as a value, as in `predicate: ${my_predicate}`."""

    name: str


_TYPE_NAMES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    Function: "function",
}


def type_name(value: Value) -> str:
    return _TYPE_NAMES[type(value)]


def is_number(value: Value) -> bool:
    return type(value) in (int, float)


def equal(left: Value, right: Value) -> bool:
    """Returns True if type and content are equal: 1 == 1.0, but unlike in Python true != 1."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def to_json(value: Value) -> str:
    """Returns compact JSON. Like Workflows, it cannot encode bytes, functions or NaN."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise failure("ValueError", f"the value cannot be encoded as JSON: {error}") from error


def from_json(data: str | bytes) -> Value:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise failure("ValueError", f"not valid JSON: {error}") from error


def size_of(value: Value) -> int:
    """Returns the bytes that the value takes of an execution's 512 KB: the length of its JSON.

    Bytes count as they are.
    """
    if isinstance(value, bytes):
        return len(value)
    return len(
        json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), default=_size_stand_in
        ).encode()
    )


def _size_stand_in(value: Value) -> str:
    return "x" * len(value) if isinstance(value, bytes) else ""
