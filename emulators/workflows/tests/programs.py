"""Random workflows and their results, computed by an interpreter independent of the runner.

A program is a list of statements over the variables a, b and c, which are integers. It is written
as a workflow's JSON, which YAML reads, and interpreted here as plainly as Python allows. A stage
returns a number that is computed from its input, after as many failures as the call says.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import strategies as st

URL = "http://stages.test/"
RETRIES = 3
VARIABLES = ("a", "b", "c")
LARGEST = 1_000_003


class Error(Exception):
    """An error. `kind` is what get_type returns for it.

    It is a string that the workflow raised, or the map of a failed call.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Break(Exception):
    pass


class Continue(Exception):
    pass


class Leave(Exception):
    """`next` jumps to the end of the program."""


@dataclass(frozen=True)
class Set:
    """to = (left * times + plus) % LARGEST"""

    to: str
    left: str
    times: int
    plus: int


@dataclass(frozen=True)
class Ask:
    """Calls a stage, which first fails so many times with that status.

    The call is retried up to RETRIES times if the failure may pass.
    """

    to: str
    number: int
    value: str
    failures: int
    status: int


@dataclass(frozen=True)
class If:
    """variable % 2 == 0"""

    variable: str
    then: "Block"
    otherwise: "Block"


@dataclass(frozen=True)
class Loop:
    times: int
    body: "Block"


@dataclass(frozen=True)
class Attempt:
    """An error inside sets the variable to the length of its type's name."""

    body: "Block"
    to: str


@dataclass(frozen=True)
class Fail:
    """Raises an error if the variable is even."""

    variable: str


@dataclass(frozen=True)
class Jump:
    """break, continue or end, if the variable is even.

    Does nothing outside a loop and in a branch.
    """

    variable: str
    where: str


@dataclass(frozen=True)
class Sub:
    """Calls a subworkflow that returns the square."""

    to: str
    value: str


@dataclass(frozen=True)
class Together:
    """Parallel branches, each with its own copies of the variables. Their sums are added to c."""

    branches: "tuple[Block, ...]"
    over: bool
    """True: iterations of the first branch. False: branches."""


Statement = Set | Ask | If | Loop | Attempt | Fail | Jump | Sub | Together
Block = tuple[Statement, ...]


def blocks(depth: int, nesting: int = 0) -> st.SearchStrategy[Block]:
    return st.lists(statements(depth, nesting), min_size=1, max_size=4).map(tuple)


def statements(depth: int, nesting: int) -> st.SearchStrategy[Statement]:
    name = st.sampled_from(VARIABLES)
    status = st.sampled_from([429, 503, 503, 422])
    simple = st.one_of(
        st.builds(Set, name, name, st.integers(0, 9), st.integers(0, 99)),
        st.builds(
            Ask,
            name,
            st.integers(0, 999),
            name,
            st.sampled_from([0, 0, 1, RETRIES, RETRIES + 1]),
            status,
        ),
        st.builds(Jump, name, st.sampled_from(["break", "continue", "end"])),
        st.builds(Sub, name, name),
        st.builds(Fail, name),
    )
    if depth == 0:
        return simple
    inner = blocks(depth - 1, nesting)
    nested = [
        st.builds(If, name, inner, inner),
        st.builds(Loop, st.integers(0, 3), inner),
        st.builds(Attempt, inner, name),
    ]
    if nesting < 2:
        branches = st.lists(blocks(depth - 1, nesting + 1), min_size=1, max_size=4).map(tuple)
        nested.append(st.builds(Together, branches, st.booleans()))
    return st.one_of(simple, *nested)


# The program as a workflow


@dataclass
class Writer:
    numbers: "count[int]" = field(default_factory=count)

    def program(self, block: Block) -> dict[str, Any]:
        steps = [
            self.step({"assign": [{"a": 1}, {"b": 2}, {"c": 3}]}),
            *self.block(block, "", False),
            {"finish": {"return": "${[a, b, c]}"}},
        ]
        square = {"params": ["x"], "steps": [{"square": {"return": f"${{(x * x) % {LARGEST}}}"}}]}
        return {"main": {"steps": steps}, "square": square}

    def step(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {f"s{next(self.numbers)}": dict(body)}

    def block(self, block: Block, suffix: str, loop: bool) -> list[dict[str, Any]]:
        """Returns the steps. `suffix` distinguishes a branch's own variables from outer ones."""
        return [step for statement in block for step in self.statement(statement, suffix, loop)]

    def statement(self, statement: Statement, suffix: str, loop: bool) -> Iterator[dict[str, Any]]:
        match statement:
            case Set(to, left, times, plus):
                yield self.step(
                    {
                        "assign": [
                            {to + suffix: f"${{({left}{suffix} * {times} + {plus}) % {LARGEST}}}"}
                        ]
                    }
                )
            case Ask():
                yield from self.ask(statement, suffix)
            case If(variable, then, otherwise):
                even = {
                    "condition": f"${{{variable}{suffix} % 2 == 0}}",
                    "steps": self.block(then, suffix, loop),
                }
                odd = {"condition": True, "steps": self.block(otherwise, suffix, loop)}
                yield self.step({"switch": [even, odd]})
            case Loop(times, body):
                item, steps = f"i{next(self.numbers)}", self.block(body, suffix, True)
                yield self.step({"for": {"value": item, "in": list(range(times)), "steps": steps}})
            case Attempt(body, to):
                caught = self.step({"assign": [{to + suffix: "${len(get_type(error))}"}]})
                handler = {"as": "error", "steps": [caught]}
                yield self.step(
                    {"try": {"steps": self.block(body, suffix, loop)}, "except": handler}
                )
            case Fail(variable):
                raised = [self.step({"raise": "on purpose"})]
                yield self.step(
                    {
                        "switch": [
                            {"condition": f"${{{variable}{suffix} % 2 == 0}}", "steps": raised}
                        ]
                    }
                )
            case Jump(variable, where):
                target = ("" if suffix else "finish") if where == "end" else where if loop else ""
                even = {"condition": f"${{{variable}{suffix} % 2 == 0}}", "next": target}
                yield self.step(
                    {"switch": [even]} if target else {"assign": [{f"nothing{suffix}": None}]}
                )
            case Sub(to, value):
                call = {
                    "call": "square",
                    "args": {"x": f"${{{value}{suffix}}}"},
                    "result": to + suffix,
                }
                yield self.step(call)
            case Together():
                yield from self.together(statement, suffix)

    def ask(self, ask: Ask, suffix: str) -> Iterator[dict[str, Any]]:
        response, call_id = f"r{next(self.numbers)}", f"n{next(self.numbers)}"
        body = {
            "number": ask.number,
            "value": f"${{{ask.value}{suffix}}}",
            "failures": ask.failures,
            "status": ask.status,
            "call": f"${{{call_id}}}",
        }
        yield self.step({"assign": [{call_id: "${uuid.generate()}"}]})
        call = {"call": "http.post", "args": {"url": URL, "body": body}, "result": response}
        backoff = {"initial_delay": 1, "max_delay": 3, "multiplier": 2}
        retry = {
            "predicate": "${http.default_retry_predicate}",
            "max_retries": RETRIES,
            "backoff": backoff,
        }
        yield self.step({"try": call, "retry": retry})
        yield self.step({"assign": [{ask.to + suffix: f"${{{response}.body.answer}}"}]})

    def together(self, statement: Together, suffix: str) -> Iterator[dict[str, Any]]:
        sums, own = f"m{next(self.numbers)}", f"_{next(self.numbers)}"
        yield self.step({"assign": [{sums: {}}]})
        parallel: dict[str, Any] = {"shared": [sums]}
        if statement.over:
            parallel["for"] = self.iterations(statement, suffix, own, sums)
        else:
            parallel["branches"] = [
                {f"b{index}": {"steps": self.branch(branch, suffix, own, sums, f'"{index}"')}}
                for index, branch in enumerate(statement.branches)
            ]
        yield self.step({"parallel": parallel})
        total = f"${{(c{suffix} + {sums}[{own}]) % {LARGEST}}}"
        add = self.step({"assign": [{"c" + suffix: total}]})
        yield self.step({"for": {"value": own, "in": f"${{keys({sums})}}", "steps": [add]}})

    def iterations(self, statement: Together, suffix: str, own: str, sums: str) -> dict[str, Any]:
        item = f"i{next(self.numbers)}"
        steps = self.branch(statement.branches[0], suffix, own, sums, f"string({item})", item)
        return {"value": item, "in": list(range(len(statement.branches))), "steps": steps}

    def branch(
        self, block: Block, suffix: str, own: str, sums: str, key: str, plus: str = "0"
    ) -> list[dict[str, Any]]:
        copies = [{name + own: f"${{{name}{suffix} + {plus}}}"} for name in VARIABLES]
        total = " + ".join(name + own for name in VARIABLES)
        kept = {"assign": [{f"{sums}[{key}]": f"${{{total}}}"}]}
        return [self.step({"assign": copies}), *self.block(block, own, False), self.step(kept)]


# The expected result


def stage_result(number: int, value: int) -> int:
    """Returns the number that a stage returns for this input."""
    return (value * 31 + number * 17 + 5) % LARGEST


@dataclass
class Oracle:
    """Interprets a program.

    `calls` counts, by number and value, how often each stage is called if nothing is killed.
    """

    calls: Counter[tuple[int, int]] = field(default_factory=Counter)

    def result(self, block: Block) -> list[int] | Error:
        values = {"a": 1, "b": 2, "c": 3}
        try:
            self.block(block, values, False, False)
        except Leave:
            pass
        except Error as error:
            return error
        return list(values.values())

    def block(self, block: Block, values: dict[str, int], loop: bool, branch: bool) -> None:
        for statement in block:
            self.statement(statement, values, loop, branch)

    def statement(
        self, statement: Statement, values: dict[str, int], loop: bool, branch: bool
    ) -> None:
        match statement:
            case Set(to, left, times, plus):
                values[to] = (values[left] * times + plus) % LARGEST
            case Ask():
                self.ask(statement, values)
            case If(variable, then, otherwise):
                self.block(otherwise if values[variable] % 2 else then, values, loop, branch)
            case Loop(times, body):
                self.loop(times, body, values, branch)
            case Attempt(body, to):
                try:
                    self.block(body, values, loop, branch)
                except Error as error:
                    values[to] = len(error.kind)
            case Fail(variable) if values[variable] % 2 == 0:
                raise Error("string")
            case Jump(variable, where) if values[variable] % 2 == 0:
                self.jump(where, loop, branch)
            case Sub(to, value):
                values[to] = values[value] ** 2 % LARGEST
            case Together():
                self.together(statement, values)

    def ask(self, ask: Ask, values: dict[str, int]) -> None:
        most = 1 if ask.status == 422 else RETRIES + 1
        self.calls[ask.number, values[ask.value]] += min(ask.failures + 1, most)
        if ask.failures >= most:
            raise Error("map")
        values[ask.to] = stage_result(ask.number, values[ask.value])

    def loop(self, times: int, body: Block, values: dict[str, int], branch: bool) -> None:
        for _ in range(times):
            try:
                self.block(body, values, True, branch)
            except Break:
                return
            except Continue:
                continue

    def jump(self, where: str, loop: bool, branch: bool) -> None:
        if where == "end" and not branch:
            raise Leave
        if where != "end" and loop:
            raise Break if where == "break" else Continue

    def together(self, statement: Together, values: dict[str, int]) -> None:
        branches = (
            statement.branches[:1] * len(statement.branches)
            if statement.over
            else statement.branches
        )
        total, failed = 0, False
        for number, body in enumerate(branches):
            own = {name: value + number * statement.over for name, value in values.items()}
            try:
                self.block(body, own, False, True)
                total += sum(own.values())
            except Error:
                failed = True
        if failed:
            raise Error("map")
        values["c"] = (values["c"] + total) % LARGEST
