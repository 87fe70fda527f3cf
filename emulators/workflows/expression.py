"""Parses expressions: the text between `${` and `}`. The grammar is Google's."""

import json
import re
from dataclasses import dataclass

from emulators.workflows.values import Value

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>==|!=|<=|>=|//|[-+*/%<>()\[\]{},.:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_LITERALS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
}
_KEYWORDS = {
    "and": "and",
    "AND": "and",
    "or": "or",
    "OR": "or",
    "not": "not",
    "NOT": "not",
    "in": "in",
}
_LEVELS = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "/", "//", "%"),
)
"""Operators, the loosest first. `not` and the sign bind tighter than all of them."""
_MAX_DEPTH = 40


class ExpressionError(Exception):
    """The text is not an expression."""


@dataclass(frozen=True)
class Literal:
    value: Value


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Index:
    """`target.key` or `target[key]`."""

    target: "Node"
    key: "Node"
    path: str | None
    """The dotted name if the whole expression is one, such as `http.default_retry`."""


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: "Node"


@dataclass(frozen=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class ListOf:
    items: tuple["Node", ...]


@dataclass(frozen=True)
class MapOf:
    entries: tuple[tuple["Node", "Node"], ...]


Node = Literal | Name | Index | Call | Unary | Binary | ListOf | MapOf


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def parse(text: str) -> Node:
    """Returns the tree of the text between `${` and `}`. Raises ExpressionError."""
    return _Parser(_tokens(text)).whole()


def dotted_name(node: Node) -> str | None:
    if isinstance(node, Name):
        return node.name
    return node.path if isinstance(node, Index) else None


def _tokens(text: str) -> list[_Token]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"cannot read {text[position:end].strip()!r}")
        kind = str(match.lastgroup)
        word = match[kind]
        tokens.append(
            _Token("sign", _KEYWORDS[word])
            if kind == "name" and word in _KEYWORDS
            else _Token(kind, word)
        )
        position = match.end()
    return [*tokens, _Token("end", "end of the expression")]


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._token.kind != "end":
            raise ExpressionError(f"unexpected {self._token.text!r}")
        return node

    @property
    def _token(self) -> _Token:
        return self._tokens[self._position]

    def _advance(self) -> _Token:
        token = self._token
        self._position += 1
        return token

    def _accept(self, *signs: str) -> str | None:
        if self._token.kind == "sign" and self._token.text in signs:
            return self._advance().text
        return None

    def _expect(self, sign: str) -> None:
        if self._accept(sign) is None:
            raise ExpressionError(f"expected {sign!r}, found {self._token.text!r}")

    def _expression(self) -> Node:
        self._deeper()
        node = self._level(0)
        self._depth -= 1
        return node

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExpressionError(f"nested more than {_MAX_DEPTH} deep")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while operator := self._accept(*_LEVELS[level]):
            left = Binary(operator, left, self._level(level + 1))
        return left

    def _unary(self) -> Node:
        operator = self._accept("-", "not")
        if operator is None:
            return self._postfix(self._atom())
        self._deeper()
        node = Unary(operator, self._unary())
        self._depth -= 1
        return node

    def _postfix(self, node: Node) -> Node:
        while sign := self._accept(".", "[", "("):
            if sign == ".":
                node = self._member(node)
            elif sign == "[":
                node = Index(node, self._expression(), None)
                self._expect("]")
            else:
                node = self._call(node)
        return node

    def _member(self, target: Node) -> Node:
        token = self._advance()
        if token.kind != "name" and token.text not in _KEYWORDS:
            raise ExpressionError(f"expected a name after '.', found {token.text!r}")
        owner = dotted_name(target)
        return Index(target, Literal(token.text), f"{owner}.{token.text}" if owner else None)

    def _call(self, callee: Node) -> Node:
        function = dotted_name(callee)
        if function is None:
            raise ExpressionError("only a function can be called")
        return Call(function, self._items(")"))

    def _items(self, closing: str) -> tuple[Node, ...]:
        items = []
        while not self._accept(closing):
            items.append(self._expression())
            if not self._accept(","):
                self._expect(closing)
                break
        return tuple(items)

    def _atom(self) -> Node:
        token = self._advance()
        if token.kind == "number":
            return Literal(int(token.text) if token.text.isdigit() else float(token.text))
        if token.kind == "string":
            return Literal(_unquoted(token.text))
        if token.kind == "name":
            return Literal(_LITERALS[token.text]) if token.text in _LITERALS else Name(token.text)
        if token.text == "(":
            node = self._expression()
            self._expect(")")
            return node
        if token.text == "[":
            return ListOf(self._items("]"))
        if token.text == "{":
            return self._map()
        raise ExpressionError(f"unexpected {token.text!r}")

    def _map(self) -> Node:
        entries = []
        while not self._accept("}"):
            key = self._expression()
            self._expect(":")
            entries.append((key, self._expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return MapOf(tuple(entries))


def _unquoted(text: str) -> str:
    body = text[1:-1]
    if text[0] == "'":
        body = re.sub(
            r"\\.|\"", lambda match: {'"': '\\"', "\\'": "'"}.get(match[0], match[0]), body
        )
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError as error:
        raise ExpressionError(f"bad escape in {text}") from error
