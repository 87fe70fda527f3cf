"""Expressions are parsed and evaluated as documented, and cannot reach Python."""

import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.workflows.errors import WorkflowError
from emulators.workflows.expression import (
    Binary,
    ExpressionError,
    Index,
    Literal,
    Name,
    Unary,
    parse,
)
from emulators.workflows.operators import apply, negate
from emulators.workflows.tests.running import value_of

ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "/": operator.truediv,
}


def arithmetic(depth: int = 3) -> st.SearchStrategy[str]:
    number = st.integers(0, 99).map(str) | st.floats(0, 9, width=16).map(
        lambda value: f"{value:.3f}"
    )
    if depth == 0:
        return number
    inner = arithmetic(depth - 1)
    return st.one_of(
        number,
        st.tuples(inner, st.sampled_from(sorted(ARITHMETIC)), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
    )


def calculated(node: Any) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Unary):
        return negate(calculated(node.operand))
    return apply(node.operator, calculated(node.left), calculated(node.right))


@given(arithmetic())
@settings(max_examples=400, deadline=None)
def test_arithmetic_is_pythons(text: str) -> None:
    try:
        expected = eval(text, {"__builtins__": {}})
    except ZeroDivisionError:
        with pytest.raises(WorkflowError) as raised:
            calculated(parse(text))
        assert raised.value.tags == ["ZeroDivisionError"]
    else:
        assert calculated(parse(text)) == expected


@given(st.text(max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert str(error)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_a_quoted_string_keeps_its_characters(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse(f'"{quoted}"') == Literal(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"'{quoted}'") == Literal(text)


def test_operators_bind_as_in_googles_table() -> None:
    assert parse("1 + 2 * 3") == Binary("+", Literal(1), Binary("*", Literal(2), Literal(3)))
    assert parse("a or b and c") == Binary("or", Name("a"), Binary("and", Name("b"), Name("c")))
    assert parse("not a == b") == Binary("==", Unary("not", Name("a")), Name("b"))
    assert parse("-a.b") == Unary("-", Index(Name("a"), Literal("b"), "a.b"))
    assert parse("1 - 2 - 3") == Binary("-", Binary("-", Literal(1), Literal(2)), Literal(3))


@pytest.mark.parametrize(
    "text",
    ["", "a +", "a b", "(a", "[1, 2", '{"a" 1}', '"open', "a.1", "a && b", "a || b", "!a", "a ? b",
     "1()", "(1)(b)", "a[1](2)", "x = 1", "a.b().c()", "lambda: 1", '"\\q"', "(" * 300, "-" * 300,
     "a; b", "`a`", "a if b"],
)  # fmt: skip
def test_an_invalid_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('"a" + 1', "a1"),
        ('1.5 + "a"', "1.5a"),
        ('true + "a"', "truea"),
        ("1 == 1.0", True),
        ("true == 1", False),
        ("[1, true] == [1, 1]", False),
        ('{"a": 1} == {"a": 1.0}', True),
        ('"b" > "a"', True),
        ("2 in [1, 2.0]", True),
        ("1 in [true]", False),
        ("7 / 2", 3.5),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("true or 1 / 0 == 1", True),
        ("false AND 1 / 0 == 1", False),
        ("NOT false", True),
        ("'single' + \"double\"", "singledouble"),
        ('"tab\\tquote\\"u\\u00e9"', 'tab\tquote"ué'),
        ("TRUE and not False", True),
    ],
)
def test_values(expression: str, result: Any) -> None:
    value = value_of(expression)
    assert value == result
    assert type(value) is type(result)


@pytest.mark.parametrize(
    ("expression", "tag"),
    [
        ("1 + true", "TypeError"),
        ('"a" + null', "TypeError"),
        ('"a" * 2', "TypeError"),
        ('1 < "2"', "TypeError"),
        ("true < false", "TypeError"),
        ("1 and true", "TypeError"),
        ("not 1", "TypeError"),
        ('-"a"', "TypeError"),
        ("1 // 0", "ZeroDivisionError"),
        ("1.0 % 0", "ZeroDivisionError"),
        ("9223372036854775807 + 1", "ValueError"),
        ("[1][1]", "IndexError"),
        ("[1][-1]", "IndexError"),
        ('[1]["0"]', "TypeError"),
        ('{"a": 1}.b', "KeyError"),
        ('{"a": 1}[1]', "TypeError"),
        ('"text"[0]', "TypeError"),
        ("null.a", "TypeError"),
        ("nothing", "KeyError"),
        ("nothing(1)", "KeyError"),
        ('{1: "a"}', "TypeError"),
        ("1 in 1", "TypeError"),
    ],
)
def test_errors_carry_googles_tags(expression: str, tag: str) -> None:
    with pytest.raises(WorkflowError) as raised:
        value_of(expression)
    assert raised.value.tags == [tag]


@pytest.mark.parametrize("name", ["__class__", "__dict__", "keys", "append", "__init__", "format"])
def test_no_way_leads_to_python(name: str) -> None:
    for target in ("[1]", '"text"', '{"a": 1}', "1", "len", "http.default_retry"):
        with pytest.raises(WorkflowError):
            value_of(f"{target}.{name}")
    with pytest.raises(WorkflowError):
        value_of(f"{name}.{name}(1)")
