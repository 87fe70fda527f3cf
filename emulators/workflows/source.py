"""Reads a workflow's source into a Program, or finds every mistake of form in it."""

from emulators.workflows import limits
from emulators.workflows.document import Document, read_document
from emulators.workflows.errors import Finding, SourceError
from emulators.workflows.expression import (
    ExpressionError,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    dotted_name,
    parse,
)
from emulators.workflows.program import (
    Action,
    Assign,
    Assignment,
    Branch,
    CallStep,
    Condition,
    For,
    Handler,
    Nested,
    Parallel,
    Parameter,
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
from emulators.workflows.values import Value

RESERVED_STEPS = frozenset({"end", "break", "continue"})
_COMPANIONS: dict[str, frozenset[str]] = {
    "assign": frozenset(),
    "call": frozenset({"args", "result"}),
    "for": frozenset(),
    "parallel": frozenset(),
    "raise": frozenset(),
    "return": frozenset(),
    "steps": frozenset(),
    "switch": frozenset(),
    "try": frozenset({"retry", "except"}),
}
"""Each kind of step and the other keys that it allows. All allow `next`."""
_NOTHING = Literal(None)


def load(text: str) -> Program:
    """Returns the program. Raises SourceError if anything in its form is wrong."""
    program, findings = read(text)
    if findings:
        raise SourceError(findings)
    return program


def read(text: str) -> tuple[Program, list[Finding]]:
    """Returns the program and its mistakes of form. Wrong parts are missing in the program."""
    document = read_document(text)
    reader = _Reader(document)
    program = reader.program()
    return program, sorted(document.findings)


class _Reader:
    """Reads a document into a program. Mistakes are added to the document's findings."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def program(self) -> Program:
        data = self._document.data
        if isinstance(data, list):
            data = {"main": {"steps": data}}
        if not isinstance(data, dict) or "main" not in data:
            self._find(1, "a workflow is a list of steps, or a map with `main`")
            return Program({})
        return Program({name: self._routine(name, body) for name, body in data.items()})

    def _routine(self, name: str, body: Value) -> Routine:
        line = self._document.line(body)
        body = self._map(body, line, f"subworkflow {name!r}", {"params", "steps"})
        parameters = tuple(
            self._parameter(item, line)
            for item in self._list(body.get("params", []), line, "params")
        )
        if name == "main" and len(parameters) > 1:
            self._find(line, "main takes at most one parameter")
        return Routine(name, line, parameters, self._steps(body.get("steps"), line, 0))

    def _parameter(self, item: Value, line: int) -> Parameter:
        if isinstance(item, dict) and len(item) == 1:
            name, default = next(iter(item.items()))
            return Parameter(name, self.value(default, line))
        return Parameter(self._name(item, line, "a parameter"), None)

    def _steps(self, items: Value, line: int, nesting: int) -> Steps:
        steps = []
        for item in self._list(items, line, "steps"):
            at = self._document.line(item) or line
            name, body = self._single(item, at, "a step")
            if name in RESERVED_STEPS:
                self._find(at, f"a step cannot be named {name!r}")
            steps.append(self._step(name, body, at, nesting))
        if not steps:
            self._find(line, "steps must not be empty")
        return Steps(tuple(steps), {step.name: position for position, step in enumerate(steps)})

    def _step(self, name: str, body: Value, line: int, nesting: int) -> Step:
        body = self._map(body, line, f"step {name!r}", None)
        kinds = [key for key in body if key in _COMPANIONS]
        if len(kinds) > 1:
            self._find(
                line, f"step {name!r} is both `{kinds[0]}` and `{kinds[1]}`; make two steps of it"
            )
        if not kinds and "next" not in body:
            self._find(line, f"step {name!r} does nothing")
        known = {"next"}.union(*({kind} | _COMPANIONS[kind] for kind in kinds))
        for key in body.keys() - known:
            self._find(line, f"step {name!r} has an unknown key `{key}`")
        target = self._name(body["next"], line, "next") if "next" in body else None
        return Step(
            name, line, self._action(kinds[0], name, body, line, nesting) if kinds else None, target
        )

    def _action(
        self, kind: str, name: str, body: dict[str, Value], line: int, nesting: int
    ) -> Action:
        content = body[kind]
        match kind:
            case "assign":
                return self._assign(content, line)
            case "call":
                return self._call(body, line)
            case "for":
                return self._for(content, line, nesting)
            case "parallel":
                return self._parallel(content, line, nesting + 1)
            case "raise":
                return Raise(self.value(content, line))
            case "return":
                return Return(self.value(content, line))
            case "steps":
                return Nested(self._steps(content, line, nesting))
            case "switch":
                return self._switch(content, name, line, nesting)
            case _:
                return self._try(body, name, line, nesting)

    def _assign(self, content: Value, line: int) -> Assign:
        items = self._list(content, line, "assign")
        if len(items) > limits.ASSIGNMENTS_PER_STEP:
            self._find(line, f"more than {limits.ASSIGNMENTS_PER_STEP} assignments in one step")
        return Assign(tuple(self._assignment(item, line) for item in items))

    def _assignment(self, item: Value, line: int) -> Assignment:
        at = self._document.line(item) or line
        target, value = self._single(item, at, "an assignment")
        return Assignment(at, self._target(target, at), self.value(value, at))

    def _target(self, text: Value, line: int) -> Target:
        node = self._expression(self._name(text, line, "a variable"), line)
        root = node
        while isinstance(root, Index):
            root = root.target
        if isinstance(root, Name) and isinstance(node, Name | Index):
            return node
        self._find(line, f"cannot assign to {text!r}")
        return Name("_")

    def _call(self, body: dict[str, Value], line: int) -> CallStep:
        arguments = self._map(body.get("args") or {}, line, "args", None)
        result = self._target(body["result"], line) if "result" in body else None
        if isinstance(result, Index):
            self._find(line, "result must be the name of a variable")
        return CallStep(
            self._name(body["call"], line, "call"),
            self.value(arguments, line),
            dotted_name(result) if result else None,
        )

    def _switch(self, content: Value, name: str, line: int, nesting: int) -> Switch:
        items = self._list(content, line, "switch")
        if len(items) > limits.SWITCH_CONDITIONS:
            self._find(line, f"more than {limits.SWITCH_CONDITIONS} conditions in one switch")
        return Switch(tuple(self._condition(item, name, line, nesting) for item in items))

    def _condition(self, item: Value, name: str, line: int, nesting: int) -> Condition:
        line = self._document.line(item) or line
        body = self._map(item, line, "a condition of a switch", None)
        if "condition" not in body:
            self._find(line, "`condition` is missing")
        rest = {key: value for key, value in body.items() if key != "condition"}
        return Condition(
            self.value(body.get("condition"), line), self._step(name, rest, line, nesting)
        )

    def _for(self, content: Value, line: int, nesting: int) -> For:
        line = self._document.line(content) or line
        body = self._map(content, line, "for", {"value", "index", "in", "range", "steps"})
        if ("in" in body) == ("range" in body):
            self._find(line, "a loop needs `in` or `range`, one of them")
        items = (
            Range(self.value(body["range"], line))
            if "range" in body
            else self.value(body.get("in"), line)
        )
        index = self._name(body["index"], line, "index") if "index" in body else None
        value = self._name(body.get("value"), line, "value")
        return For(value, index, items, self._steps(body.get("steps"), line, nesting))

    def _parallel(self, content: Value, line: int, nesting: int) -> Parallel:
        line = self._document.line(content) or line
        if nesting > limits.PARALLEL_NESTING:
            self._find(line, f"parallel steps nest more than {limits.PARALLEL_NESTING} deep")
        keys = {"exception_policy", "shared", "concurrency_limit", "branches", "for"}
        body = self._map(content, line, "parallel", keys)
        if ("branches" in body) == ("for" in body):
            self._find(line, "a parallel step needs `branches` or `for`, one of them")
        if body.get("exception_policy", "continueAll") != "continueAll":
            self._find(line, "the only exception_policy is continueAll")
        names = self._list(body.get("shared", []), line, "shared")
        shared = frozenset(self._name(name, line, "a shared variable") for name in names)
        limit = self.value(body["concurrency_limit"], line) if "concurrency_limit" in body else None
        if "for" in body:
            return Parallel(shared, limit, self._for(body["for"], line, nesting))
        return Parallel(shared, limit, self._branches(body.get("branches"), line, nesting))

    def _branches(self, content: Value, line: int, nesting: int) -> tuple[Branch, ...]:
        items = self._list(content, line, "branches")
        if len(items) > limits.PARALLEL_BRANCHES:
            self._find(line, f"more than {limits.PARALLEL_BRANCHES} branches in one parallel step")
        return tuple(
            self._branch(item, self._document.line(item) or line, nesting) for item in items
        )

    def _branch(self, item: Value, line: int, nesting: int) -> Branch:
        name, content = self._single(item, line, "a branch")
        body = self._map(content, line, f"branch {name!r}", {"steps"})
        return Branch(name, self._steps(body.get("steps"), line, nesting))

    def _try(self, body: dict[str, Value], name: str, line: int, nesting: int) -> Try:
        if "retry" not in body and "except" not in body:
            self._find(line, "`try` needs `retry` or `except`")
        retry = self.value(body["retry"], line) if "retry" in body else None
        handler = self._handler(body["except"], line, nesting) if "except" in body else None
        return Try(self._try_steps(body["try"], name, line, nesting), retry, handler)

    def _try_steps(self, content: Value, name: str, line: int, nesting: int) -> Steps:
        if isinstance(content, list):
            return self._steps(content, line, nesting)
        if isinstance(content, dict) and content.keys() == {"steps"}:
            return self._steps(content["steps"], line, nesting)
        return Steps(
            (self._step(name, content, self._document.line(content) or line, nesting),), {}
        )

    def _handler(self, content: Value, line: int, nesting: int) -> Handler:
        line = self._document.line(content) or line
        body = self._map(content, line, "except", {"as", "steps"})
        return Handler(
            self._name(body.get("as"), line, "as"), self._steps(body.get("steps"), line, nesting)
        )

    def value(self, data: Value, line: int) -> Node:
        """Returns the tree of a YAML value. A value without expressions becomes one Literal."""
        if isinstance(data, str):
            return self._text(data, line)
        if isinstance(data, list):
            items = tuple(self.value(item, line) for item in data)
            return (
                Literal(data) if all(isinstance(item, Literal) for item in items) else ListOf(items)
            )
        if isinstance(data, dict):
            at = self._document.line(data) or line
            entries = tuple((Literal(key), self.value(item, at)) for key, item in data.items())
            return (
                Literal(data)
                if all(isinstance(item, Literal) for _, item in entries)
                else MapOf(entries)
            )
        return Literal(data)

    def _text(self, text: str, line: int) -> Node:
        stripped = text.strip()
        if stripped.startswith("${") and stripped.endswith("}"):
            return self._expression(stripped[2:-1], line)
        if "${" in text:
            self._find(line, f"an expression must be the whole value: {text!r}")
        return Literal(text)

    def _expression(self, text: str, line: int) -> Node:
        if len(text) > limits.EXPRESSION_CHARACTERS:
            most = limits.EXPRESSION_CHARACTERS
            self._find(line, f"the expression is longer than {most} characters: {text[:40]}…")
        try:
            return parse(text)
        except ExpressionError as error:
            self._find(line, f"bad expression {text!r}: {error}")
            return _NOTHING

    def _single(self, item: Value, line: int, what: str) -> tuple[str, Value]:
        if isinstance(item, dict) and len(item) == 1:
            return next(iter(item.items()))
        self._find(line, f"{what} is a map with one key")
        return "_", {}

    def _map(self, data: Value, line: int, what: str, keys: set[str] | None) -> dict[str, Value]:
        if not isinstance(data, dict):
            self._find(line, f"{what} must be a map")
            return {}
        for key in data.keys() - (data.keys() if keys is None else keys):
            self._find(line, f"{what} has an unknown key `{key}`")
        return data

    def _list(self, data: Value, line: int, what: str) -> list[Value]:
        if isinstance(data, list):
            return data
        self._find(line, f"{what} must be a list")
        return []

    def _name(self, data: Value, line: int, what: str) -> str:
        if not isinstance(data, str):
            self._find(line, f"{what} must be a name, not {data!r}")
            return "_"
        return data

    def _find(self, line: int, message: str) -> None:
        self._document.findings.append(Finding(line, message))
