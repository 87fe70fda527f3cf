"""Operators, with Google's rules for types.

A string joins with all but null. A boolean is not a number.
"""

import math
import operator
from collections.abc import Callable

from emulators.workflows.errors import WorkflowError, failure
from emulators.workflows.values import Value, equal, is_number, type_name

_INTEGER_RANGE = range(-(2**63), 2**63)
_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def apply(sign: str, left: Value, right: Value) -> Value:
    """Returns the value of `left sign right`.

    `and` and `or` are evaluated elsewhere, because they may skip their right side.
    """
    if sign == "==":
        return equal(left, right)
    if sign == "!=":
        return not equal(left, right)
    if sign == "in":
        return _contains(left, right)
    if sign in _ORDER:
        return _compare(sign, left, right)
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return as_string(left) + as_string(right)
    return _calculate(sign, left, right)


def negate(value: Value) -> Value:
    if not is_number(value):
        raise failure("TypeError", f"cannot negate a {type_name(value)}")
    return -value


def as_boolean(value: Value, where: str) -> bool:
    if not isinstance(value, bool):
        raise failure("TypeError", f"{where} needs a boolean, not a {type_name(value)}")
    return value


def as_string(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise failure(
        "TypeError", f"a {type_name(value)} cannot be made a string; use json.encode_to_string"
    )


def _contains(item: Value, container: Value) -> bool:
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, list):
        return any(equal(item, other) for other in container)
    raise failure("TypeError", f"`in` needs a list or a map, not a {type_name(container)}")


def _compare(sign: str, left: Value, right: Value) -> bool:
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return _ORDER[sign](left, right)
    raise _mismatch(sign, left, right)


def _calculate(sign: str, left: Value, right: Value) -> Value:
    if not (is_number(left) and is_number(right)):
        raise _mismatch(sign, left, right)
    try:
        result = _ARITHMETIC[sign](left, right)
    except ZeroDivisionError as error:
        raise failure("ZeroDivisionError", "division by zero") from error
    except OverflowError as error:
        raise failure("ValueError", f"{left} {sign} {right} is out of range") from error
    if (isinstance(result, int) and result not in _INTEGER_RANGE) or not math.isfinite(result):
        raise failure("ValueError", f"{left} {sign} {right} is out of range")
    return result


def _mismatch(sign: str, left: Value, right: Value) -> WorkflowError:
    return failure(
        "TypeError", f"`{sign}` does not take a {type_name(left)} and a {type_name(right)}"
    )
