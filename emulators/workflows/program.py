"""A parsed workflow: routines of steps, in which every value is a tree of expressions."""

from dataclasses import dataclass

from emulators.workflows.expression import Index, Name, Node

Target = Name | Index
"""Target of an assignment: a variable, or an element of one."""


@dataclass(frozen=True)
class Assignment:
    line: int
    target: Target
    value: Node


@dataclass(frozen=True)
class Assign:
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class CallStep:
    function: str
    arguments: Node
    result: str | None


@dataclass(frozen=True)
class Condition:
    test: Node
    step: "Step"


@dataclass(frozen=True)
class Switch:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Range:
    """`range: [first, last]`, both included."""

    bounds: Node


@dataclass(frozen=True)
class For:
    value: str
    index: str | None
    items: Node | Range
    steps: "Steps"


@dataclass(frozen=True)
class Branch:
    name: str
    steps: "Steps"


@dataclass(frozen=True)
class Parallel:
    shared: frozenset[str]
    limit: Node | None
    work: For | tuple[Branch, ...]


@dataclass(frozen=True)
class Handler:
    """`except`: the steps that see the error under this name."""

    error: str
    steps: "Steps"


@dataclass(frozen=True)
class Try:
    steps: "Steps"
    retry: Node | None
    handler: Handler | None


@dataclass(frozen=True)
class Raise:
    payload: Node


@dataclass(frozen=True)
class Return:
    value: Node


@dataclass(frozen=True)
class Nested:
    steps: "Steps"


Action = Assign | CallStep | Switch | For | Parallel | Try | Raise | Return | Nested


@dataclass(frozen=True)
class Step:
    name: str
    line: int
    action: Action | None
    """None for a step that only jumps."""
    next: str | None


@dataclass(frozen=True)
class Steps:
    items: tuple[Step, ...]
    positions: dict[str, int]


@dataclass(frozen=True)
class Parameter:
    name: str
    default: Node | None


@dataclass(frozen=True)
class Routine:
    """main, or a subworkflow."""

    name: str
    line: int
    parameters: tuple[Parameter, ...]
    steps: Steps


@dataclass(frozen=True)
class Program:
    routines: dict[str, Routine]
