"""Variables: where they are visible, where they may be written, and how much memory they take."""

from types import TracebackType
from typing import Self

from emulators.workflows.errors import failure
from emulators.workflows.limits import Memory
from emulators.workflows.values import Value, size_of


class Scope:
    """The variables of a subworkflow, a loop's iteration, an `except` block or a parallel branch.

    A name is looked up outwards, as far as the subworkflow. A write changes the variable in the
    scope that has it, or else sets it in this one. A branch may change only those outer variables
    that its `parallel` step lists in `shared`.
    """

    def __init__(self, memory: Memory, routine: str, depth: int, nesting: int = 0) -> None:
        self.routine = routine
        self.depth = depth
        """Calls of subworkflows between main and here."""
        self.nesting = nesting
        """Parallel steps around here."""
        self._memory = memory
        self._values: dict[str, Value] = {}
        self._sizes: dict[str, int] = {}
        self._outer: Scope | None = None
        self._shared: frozenset[str] | None = None

    def inner(self) -> "Scope":
        """Returns a scope inside this one. Its new variables end with it."""
        scope = Scope(self._memory, self.routine, self.depth, self.nesting)
        scope._outer = self
        return scope

    def branch(self, shared: frozenset[str]) -> "Scope":
        scope = self.inner()
        scope.nesting += 1
        scope._shared = shared
        return scope

    def callee(self, routine: str) -> "Scope":
        """Returns the empty scope of a subworkflow that is called from here."""
        return Scope(self._memory, routine, self.depth + 1, self.nesting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._memory.change(-sum(self._sizes.values()))

    def __contains__(self, name: str) -> bool:
        return self._holder(name) is not None

    def get(self, name: str) -> Value:
        holder = self._holder(name)
        if holder is None:
            raise failure(
                "KeyError", f"symbol '{name}' is neither a variable nor a sub-workflow name"
            )
        return holder._values[name]

    def set(self, name: str, value: Value) -> None:
        scope: Scope | None = self
        while scope is not None and name not in scope._values:
            if scope._shared is not None and name not in scope._shared:
                if name in self:
                    raise failure(
                        "ValueError", f"variable '{name}' is not in `shared` of the parallel step"
                    )
                break
            scope = scope._outer
        (scope if scope is not None and name in scope._values else self).declare(name, value)

    def declare(self, name: str, value: Value) -> None:
        """Sets the variable in this scope. It hides an outer one of the same name."""
        size = size_of(value)
        self._memory.change(size - self._sizes.get(name, 0))
        self._values[name] = value
        self._sizes[name] = size

    def _holder(self, name: str) -> "Scope | None":
        scope: Scope | None = self
        while scope is not None and name not in scope._values:
            scope = scope._outer
        return scope
