"""`retry`: which errors are retried, how often, and after which pauses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from emulators.workflows.errors import failure
from emulators.workflows.stdlib import DEFAULT_BACKOFF
from emulators.workflows.values import Function, Value, is_number, type_name


@dataclass(frozen=True)
class RetryPolicy:
    predicate: Function | None
    """None retries every error."""
    max_retries: int
    initial_delay: float
    """Seconds; max_delay is too."""
    max_delay: float
    multiplier: float

    @classmethod
    def of(cls, value: Value) -> Self:
        """Returns the policy in a workflow. Raises TypeError if a part of it has the wrong type."""
        if not isinstance(value, dict):
            raise failure("TypeError", f"retry cannot be a {type_name(value)}")
        predicate, retries = value.get("predicate"), value.get("max_retries", 0)
        if not isinstance(predicate, Function | None):
            raise failure("TypeError", f"retry: predicate cannot be a {type_name(predicate)}")
        if type(retries) is not int:
            raise failure("TypeError", f"retry: max_retries cannot be a {type_name(retries)}")
        return cls(predicate, retries, *_backoff(value.get("backoff", {})))

    def delays(self) -> Iterator[float]:
        """Yields the seconds to wait before each retry."""
        delay = self.initial_delay
        for _ in range(self.max_retries):
            yield min(delay, self.max_delay)
            delay = min(delay, self.max_delay) * self.multiplier


def _backoff(value: Value) -> list[float]:
    numbers = []
    for name, default in DEFAULT_BACKOFF.items():
        number: Value = value.get(name, default) if isinstance(value, dict) else None
        if not is_number(number) or number < 0:
            raise failure("TypeError", f"retry: {name} must be a number, not below 0")
        numbers.append(float(number))
    return numbers
