"""Says what an answer is waited for with, until when, and what to look at if it does not come."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Report = Callable[[str], None]
"""Takes a line for the person who waits."""
REPORT_SECONDS = 30.0
"""Seconds between two reports."""
HINT_SECONDS = 120.0
"""Seconds after which a report says what to look at."""
FIRST_MINUTES = (
    "Right after the first deployment that is normal: roles and the trigger take some minutes to "
    "work everywhere, and reconcile starts what they missed after 10 to 20 minutes."
)


def silent(line: str) -> None:
    """Reports nothing."""


@dataclass
class ReportedWait:
    """A wait of at most `seconds`, which begins now. `clock` only grows."""

    awaited: str
    """What is waited for."""
    seconds: float
    advice: str
    """What to look at if it does not come."""
    report: Report = silent
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)
    next_report: float = field(init=False)
    is_hint_due: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        self.began = self.clock()
        self.next_report = self.began + REPORT_SECONDS
        end = datetime.now() + timedelta(seconds=self.seconds)
        limit = f"at most {self.seconds:.0f} s, until {end:%H:%M:%S}"
        self.report(f"waiting for {self.awaited}: {limit}")

    @property
    def left(self) -> float:
        """Seconds until the end; 0 or less after it."""
        return self.began + self.seconds - self.clock()

    def report_if_due(self, state: str) -> None:
        """Report the state of what is waited for, if the last report was half a minute ago."""
        now = self.clock()
        if now < self.next_report:
            return
        waited = now - self.began
        self.next_report = now + REPORT_SECONDS
        self.report(f"{waited:.0f} s of {self.seconds:.0f}: {state}")
        if self.is_hint_due and waited >= HINT_SECONDS:
            self.is_hint_due = False
            self.report(f"{FIRST_MINUTES} Otherwise: {self.advice}")
