"""Random expressions have the same value or error tag as an independent oracle computes.

They are written with as few parentheses as Google's table of operators allows.
"""

import json
import operator
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.workflows import stdlib
from emulators.workflows.errors import WorkflowError
from emulators.workflows.evaluate import evaluate
from emulators.workflows.expression import parse
from emulators.workflows.limits import Memory
from emulators.workflows.scope import Scope

LEVELS = {"or": 1, "and": 2, "+": 4, "-": 4, "*": 5, "/": 5, "//": 5, "%": 5}
LEVELS |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3)
UNARY, TIGHTEST = 6, 7
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
ARITHMETIC = {
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
VARIABLES: dict[str, Any] = {
    "n": 3,
    "x": 0.5,
    "s": "ab",
    "t": True,
    "z": None,
    "l": [1, "ab", [2]],
    "m": {"ab": 1},
}
TYPES = {int: "integer", float: "double", str: "string", bool: "boolean", list: "list", dict: "map"}

Tree = tuple[Any, ...]
"""A kind and its parts."""
literals = st.sampled_from([0, 1, 2, 7, 0.0, 0.5, 2.0, "", "ab", "é\n\"'", True, False, None]).map(
    lambda v: ("is", v)
)
leaves = literals | st.sampled_from(sorted(VARIABLES)).map(lambda name: ("variable", name))


def larger(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.tuples(st.just("binary"), st.sampled_from(sorted(LEVELS)), inner, inner),
        st.tuples(st.just("unary"), st.sampled_from(["-", "not"]), inner),
        st.tuples(st.just("item"), inner, inner),
        st.tuples(st.just("list"), st.lists(inner, max_size=3)),
        st.tuples(
            st.just("map"), st.dictionaries(st.sampled_from(["ab", "c d"]), inner, max_size=2)
        ),
        st.tuples(st.just("call"), st.just("len"), st.tuples(inner)),
        st.tuples(st.just("call"), st.just("get_type"), st.tuples(inner)),
        st.tuples(st.just("call"), st.just("default"), st.tuples(inner, inner)),
        st.tuples(st.just("call"), st.just("if"), st.tuples(inner, inner, inner)),
    )


trees = st.recursive(leaves, larger, max_leaves=12)


def written(tree: Tree, level: int = 0) -> str:
    """Returns the text. `level` is the binding strength of its surroundings."""
    text, own = text_and_level(tree)
    return text if own >= level else f"({text})"


def text_and_level(tree: Tree) -> tuple[str, int]:
    """Returns the text and its binding strength."""
    match tree:
        case ("is", value):
            return json.dumps(value, ensure_ascii=False), TIGHTEST
        case ("variable", name):
            return name, TIGHTEST
        case ("binary", sign, left, right):
            own = LEVELS[sign]
            return f"{written(left, own)} {sign} {written(right, own + 1)}", own
        case ("unary", sign, operand):
            return f"{sign} {written(operand, UNARY)}", UNARY
        case ("item", container, key):
            return f"{written(container, TIGHTEST)}[{written(key)}]", TIGHTEST
        case ("list", items):
            return f"[{', '.join(map(written, items))}]", TIGHTEST
        case ("map", entries):
            pairs = [f"{json.dumps(key)}: {written(item)}" for key, item in entries.items()]
            return f"{{{', '.join(pairs)}}}", TIGHTEST
        case ("call", name, arguments):
            return f"{name}({', '.join(map(written, arguments))})", TIGHTEST
    raise AssertionError(tree)


class Tag(Exception):
    """The error's tag."""


def require(condition: bool, tag: str = "TypeError") -> None:
    if not condition:
        raise Tag(tag)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def evaluated(tree: Tree) -> Any:
    match tree:
        case ("is", value):
            return value
        case ("variable", name):
            return VARIABLES[name]
        case ("binary", ("and" | "or") as sign, left, right):
            first = boolean(evaluated(left))
            return first if first == (sign == "or") else boolean(evaluated(right))
        case ("binary", sign, left, right):
            return joined(sign, evaluated(left), evaluated(right))
        case ("unary", "not", operand):
            return not boolean(evaluated(operand))
        case ("unary", _, operand):
            value = evaluated(operand)
            require(number(value))
            return -value
        case ("item", container, key):
            return picked(evaluated(container), evaluated(key))
        case ("list", items):
            return [evaluated(item) for item in items]
        case ("map", entries):
            return {key: evaluated(item) for key, item in entries.items()}
        case ("call", name, arguments):
            return CALLS[name](*[evaluated(argument) for argument in arguments])
    raise AssertionError(tree)


def boolean(value: Any) -> bool:
    require(isinstance(value, bool))
    return bool(value)


def joined(sign: str, left: Any, right: Any) -> Any:
    if sign in ("==", "!="):
        return same(left, right) == (sign == "==")
    if sign == "in":
        require(isinstance(right, list | dict))
        return any(same(left, other) for other in right)
    if sign in ORDER:
        require(
            (number(left) and number(right)) or (isinstance(left, str) and isinstance(right, str))
        )
        return ORDER[sign](left, right)
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    require(number(left) and number(right))
    if sign == "+":
        return left + right
    require(sign in "-*" or right != 0, "ZeroDivisionError")
    return ARITHMETIC[sign](left, right)


def same(left: Any, right: Any) -> bool:
    """Returns True if type and content are equal.

    Values are compared as JSON, except for numbers, which are equal by value.
    """
    if number(left) and number(right):
        return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            same(*pair) for pair in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return set(left) == set(right) and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def text(value: Any) -> str:
    require(isinstance(value, str | int | float))
    return json.dumps(value) if isinstance(value, bool) else str(value)


def picked(container: Any, key: Any) -> Any:
    require(isinstance(container, list | dict))
    if isinstance(container, dict):
        require(isinstance(key, str))
        require(key in container, "KeyError")
        return container[key]
    require(isinstance(key, int) and not isinstance(key, bool))
    require(0 <= key < len(container), "IndexError")
    return container[key]


def size(value: Any) -> int:
    require(isinstance(value, str | list | dict))
    return len(value)


CALLS: dict[str, Callable[..., Any]] = {
    "len": size,
    "get_type": lambda value: "null" if value is None else TYPES[type(value)],
    "default": lambda value, otherwise: otherwise if value is None else value,
    "if": lambda condition, yes, no: yes if boolean(condition) else no,
}


class Library:
    """The functions that expressions call here."""

    def has_routine(self, name: str) -> bool:
        return False

    async def call(self, name: str, arguments: list[Any], scope: Scope) -> Any:
        return stdlib.call(name, arguments)


def value_of(expression: str) -> Any:
    scope = Scope(Memory(), "main", 0)
    for name, value in VARIABLES.items():
        scope.declare(name, value)
    try:
        evaluate(parse(expression), scope, Library()).send(None)
    except StopIteration as stop:
        return stop.value
    except WorkflowError as error:
        return Tag(error.tags[0])
    raise AssertionError("an expression waits for nothing")


@settings(max_examples=1500, deadline=None)
@given(trees)
def test_an_expression_is_worth_what_the_oracle_says(tree: Tree) -> None:
    expression = written(tree)
    found = value_of(expression)
    try:
        expected = evaluated(tree)
    except Tag as tag:
        assert isinstance(found, Tag) and str(found) == str(tag), (
            f"{expression} is {found!r}, not a {tag}"
        )
    else:
        assert json.dumps(found) == json.dumps(expected), (
            f"{expression} is {found!r}, not {expected!r}"
        )
