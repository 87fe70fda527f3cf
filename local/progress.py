"""What `dropscribe run` says about its progress, as text."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.batch import Item
from shared.model.api import Progress

MAX_ROWS = 30
"""Recordings that are shown at once, of those at work."""
OTHER_ROWS = 4
"""Rows of a terminal that are left for the lines beneath and for the prompt."""
MINUTE, HOUR = 60, 3600
SHORTEST_NAME = 12
"""Characters to which a name is shortened on a narrow terminal."""


@dataclass
class Pace:
    """How fast something goes."""

    began: float = field(default_factory=time.monotonic)

    def seconds_left(self, done: float, total: float) -> float | None:
        """Returns how long the rest takes if it goes on like this. None if nothing is done yet."""
        if done <= 0:
            return None
        elapsed = time.monotonic() - self.began
        return elapsed / done * (total - done)


@dataclass
class Report:
    """The lines about a batch of recordings."""

    items: Sequence[Item]
    pace: Pace = field(default_factory=Pace)

    def lines(self) -> list[str]:
        """Returns how many are uploaded, while there are some that are not, and how many ended."""
        if any(item.waits_for_upload for item in self.items):
            return [self.upload_line(), self.job_line()]
        return [self.job_line()]

    def upload_line(self) -> str:
        """Returns such as "uploaded 40 of 300, 2 min left"."""
        uploaded = [item for item in self.items if not item.waits_for_upload]
        new = [item for item in self.items if not item.was_known]
        sent = sum(item.sent for item in new)
        size = sum(item.size for item in new)
        left = self.pace.seconds_left(sent, size)
        count = f"uploaded {len(uploaded)} of {len(self.items)}"
        return ", ".join([count, *time_left(left)])

    def job_line(self) -> str:
        """Returns such as "112 of 300, 3 failed, 8 min left"."""
        ended = [item for item in self.items if item.has_ended]
        failed = [item for item in ended if not item.is_done]
        parts = [f"{len(ended)} of {len(self.items)}"]
        if failed:
            parts.append(f"{len(failed)} failed")
        return ", ".join([*parts, *time_left(self.job_seconds())])

    def job_seconds(self) -> float | None:
        """Returns how long the jobs that have not ended will take, or None if that is not known."""
        new = [item for item in self.items if not (item.was_known and item.has_ended)]
        ended = [item for item in new if item.has_ended]
        if ended:
            return self.pace.seconds_left(len(ended), len(new))
        etas = [item.progress.eta_seconds for item in new if item.progress is not None]
        known = [eta for eta in etas if eta is not None]
        return max(known) if known and len(known) == len(new) else None

    def rows(self, width: int, height: int) -> list[str]:
        """Returns a line for each recording at work, as many as fit."""
        at_work = [item for item in self.items if item.is_under_way and item.progress is not None]
        count = max(1, min(MAX_ROWS, height - OTHER_ROWS))
        return [row(item, width) for item in at_work[:count]]


def row(item: Item, width: int) -> str:
    """Returns a recording's name and progress in `width` characters."""
    assert item.progress is not None
    work = describe_progress(item.progress)
    room = max(SHORTEST_NAME, width - len(work) - 2)
    line = f"{shortened(item.name, room)}  {work}"
    return line[:width]


def describe_progress(progress: Progress) -> str:
    """Returns such as "transcribe 8 of 24, 35 %, 4 min left"."""
    parts = []
    for stage in progress.stages:
        if stage.of is None or stage.done < stage.of:
            parts.append(f"{stage.stage} {stage.done} of {stage.of or '?'}")
            break
    parts.append(f"{progress.share:.0%}")
    return ", ".join([*parts, *time_left(progress.eta_seconds)])


def time_left(seconds: float | None) -> list[str]:
    """Returns a time as one part of a line, or no part if it is not known or over."""
    if seconds is None or seconds <= 0:
        return []
    return [f"{duration(seconds)} left"]


def duration(seconds: float) -> str:
    """Returns a time in its two largest units at most."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{round(whole / MINUTE)} min"
    hours, rest = divmod(whole, HOUR)
    return f"{hours} h {rest // MINUTE} min"


def shortened(name: str, length: int) -> str:
    """Returns a name with its middle left out if it is longer."""
    if len(name) <= length:
        return name
    kept = max(2, length - 3)
    head = kept // 2
    return f"{name[:head]}...{name[head - kept :]}"
