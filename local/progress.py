"""What `dropscribe run` says about its progress, as text."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.batch import Item
from shared.model.api import Progress, StageProgress

MAX_ROWS = 30
"""Recordings that are shown at once, of those at work."""
OTHER_ROWS = 4
"""Rows of a terminal that are left for the lines beneath and for the prompt."""
MINUTE, HOUR = 60, 3600
GAP = "  "
"""Between the columns of a line."""
LEFT_OUT = "..."
"""Replaces the middle of a shortened name. Every encoding has it."""
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
        rest = total - done
        return elapsed / done * rest


@dataclass
class Report:
    """The lines about a batch of recordings."""

    items: Sequence[Item]
    pace: Pace = field(default_factory=Pace)

    def lines(self) -> list[str]:
        """Returns how many are uploaded, while there are some that are not, and how many ended."""
        lines = [self.job_line()]
        is_uploading = any(item.waits_for_upload for item in self.items)
        if is_uploading:
            lines.insert(0, self.upload_line())
        return lines

    def upload_line(self) -> str:
        """Returns such as "uploaded 40 of 300, 2 min left"."""
        waiting = sum(item.waits_for_upload for item in self.items)
        uploaded = len(self.items) - waiting
        new = [item for item in self.items if not item.was_known]
        sent = sum(item.sent for item in new)
        size = sum(item.size for item in new)
        left = self.pace.seconds_left(sent, size)
        parts = [f"uploaded {uploaded} of {len(self.items)}"]
        parts += time_left(left)
        return ", ".join(parts)

    def job_line(self) -> str:
        """Returns such as "112 of 300, 3 failed, 8 min left"."""
        ended = [item for item in self.items if item.has_ended]
        failed = [item for item in ended if not item.is_done]
        parts = [f"{len(ended)} of {len(self.items)}"]
        if failed:
            parts.append(f"{len(failed)} failed")
        parts += time_left(self.job_seconds())
        return ", ".join(parts)

    def job_seconds(self) -> float | None:
        """Returns how long the jobs that have not ended will take, or None if that is not known."""
        own = [item for item in self.items if not item.was_answered]
        ended = sum(item.has_ended for item in own)
        if ended:
            return self.pace.seconds_left(ended, len(own))
        estimates = [item.seconds_left for item in own]
        known = [seconds for seconds in estimates if seconds is not None]
        if len(known) < len(own):
            return None
        return max(known, default=None)

    def rows(self, width: int, height: int) -> list[str]:
        """Returns a line for each recording at work, as many as fit."""
        room = max(1, height - OTHER_ROWS)
        count = min(MAX_ROWS, room)
        rows = []
        for item in self.items:
            if item.is_under_way and item.progress is not None:
                parts = describe_progress(item.progress)
                rows.append(row(item.name, parts, width))
        return rows[:count]


def row(name: str, parts: Sequence[str], width: int) -> str:
    """Returns a name, and as many parts of the progress as fit, in `width` characters."""
    shown = list(parts)
    room_for_parts = width - SHORTEST_NAME - len(GAP)
    while len(shown) > 1 and len(", ".join(shown)) > room_for_parts:
        shown.pop()
    work = ", ".join(shown)
    room = max(SHORTEST_NAME, width - len(work) - len(GAP))
    line = shortened(name, room) + GAP + work
    return line[:width]


def describe_progress(progress: Progress) -> list[str]:
    """Returns such as "transcribe 8 of 24", "35%" and "4 min left"."""
    parts = []
    for stage in progress.stages:
        if not is_complete(stage):
            parts.append(f"{stage.stage} {parts_done(stage)}")
            break
    parts.append(f"{progress.share:.0%}")
    parts += time_left(progress.eta_seconds)
    return parts


def is_complete(stage: StageProgress) -> bool:
    if stage.of is None:
        return False
    return stage.done >= stage.of


def parts_done(stage: StageProgress) -> str:
    """Returns such as "8 of 24"."""
    number = "?" if stage.of is None else stage.of
    return f"{stage.done} of {number}"


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
        minutes = round(whole / MINUTE)
        return f"{minutes} min"
    hours, rest = divmod(whole, HOUR)
    minutes = rest // MINUTE
    return f"{hours} h {minutes} min"


def shortened(name: str, length: int) -> str:
    """Returns a name with its middle left out if it is longer."""
    if len(name) <= length:
        return name
    kept = max(2, length - len(LEFT_OUT))
    start = kept // 2
    end = kept - start
    return name[:start] + LEFT_OUT + name[-end:]
