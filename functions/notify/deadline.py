"""A time by which everything must have ended, however many waits it consists of."""

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Deadline:
    """`ends` is a time of the monotonic clock."""

    ends: float

    @classmethod
    def within(cls, seconds: float) -> Self:
        """Returns the deadline that ends so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Returns the seconds until the end, more than 0. Raises TimeoutError after it."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends
