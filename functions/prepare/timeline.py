"""Timestamps -> where silence is missing in the decoded sound."""

MAX_JITTER = 0.02
"""Seconds by which a timestamp may be late although nothing is missing."""
MAX_OVERLAP = 1.0
"""Seconds by which a timestamp may be early; beyond, its clock has restarted."""
MAX_GAP = 10.0
"""Seconds. In formats made for broadcast and chaining, a longer gap is a clock that restarted."""


class Timeline:
    """The position in the recording, in seconds, while it is decoded.

    Position 0 is where the container's earliest stream starts. Sound whose timestamps overlap is
    kept whole; what follows is late by that much until the next gap.
    """

    def __init__(self, start: float | None, *, may_restart: bool) -> None:
        self.position = 0.0
        self.start = start or 0.0
        """The timestamp of position 0."""
        self._start_is_known = start is not None
        self._may_restart = may_restart

    def missing_before(self, timestamp: float | None) -> float:
        """Returns the seconds of silence between the position and a frame's timestamp."""
        if timestamp is None:
            return 0.0
        late = timestamp - self.start - self.position
        if self._is_new_start(late):
            self.start += late
            self._start_is_known = True
            return 0.0
        if late <= MAX_JITTER:
            return 0.0
        return late

    def _is_new_start(self, late: float) -> bool:
        if not self._start_is_known:
            return True
        if late < -MAX_OVERLAP:
            return True
        return self._may_restart and late > MAX_GAP

    def advance(self, seconds: float) -> None:
        self.position += seconds
