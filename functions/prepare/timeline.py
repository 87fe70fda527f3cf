"""Timestamps -> where silence is missing in the decoded sound."""

from math import inf

from functions.prepare.stage_warning import prepare_warning
from shared.model.artifacts import Interval, StageWarning

MAX_JITTER = 0.02
"""Seconds by which a timestamp may be late although nothing is missing."""
MAX_UNREPORTED_OVERLAP = 0.25
"""Seconds by which a timestamp may be early without a warning."""
MAX_OVERLAP = 1.0
"""Seconds by which a timestamp may be early; beyond, its clock has restarted."""
MAX_GAP = 10.0
"""Seconds. In formats made for broadcast, a longer gap in all streams is a clock that restarted."""
MAX_DECODER_DELAY = 2.0
"""Seconds by which a decoder may return its first frame late."""
HALF_A_SECOND = 0.5
"""Of the recording, which a warning shows on either side of its place."""
MAX_WARNINGS = 20
"""Warnings about single places; a clock that jumps more often is no clock."""


class Timeline:
    """The position in the recording, in seconds, while it is decoded.

    Position 0 is where the container's earliest stream starts. Each further section starts where
    the one before ends. Sound whose timestamps overlap is kept whole; what follows is late by that
    much until the next gap.
    """

    def __init__(self) -> None:
        self.position = 0.0
        self.start = 0.0
        """The timestamp of position 0."""
        self.warnings: list[StageWarning] = []
        self._start_is_known = False
        self._may_leap = False
        self._may_be_delayed = False
        self._clock = -inf
        """The latest timestamp that any stream reached in steps of at most MAX_GAP."""
        self._overlaps = False

    def begin_section(self, start: float | None, *, may_leap: bool, sound_is_first: bool) -> None:
        """Let the timestamp `start` be the current position.

        `may_leap` is whether the format's clock may jump forward; `sound_is_first` is whether
        no other stream starts earlier than the sound.
        """
        self.start = (start or 0.0) - self.position
        self._start_is_known = start is not None
        self._may_leap = may_leap
        self._may_be_delayed = sound_is_first
        self._clock = -inf if start is None else start

    def lose_sound(self) -> None:
        """Note that sound was lost, so that a late first frame is not late by its decoder."""
        self._may_be_delayed = False

    def follow_other_stream(self, timestamp: float) -> None:
        """Note the timestamp of a stream that is not decoded, but has the same clock."""
        latest = self._clock + MAX_GAP
        if self._clock < timestamp <= latest:
            self._clock = timestamp

    def missing_before(self, timestamp: float | None, longest: float = inf) -> float:
        """Returns the seconds of silence between the position and a frame's timestamp.

        A gap of more than `longest` seconds is taken for a clock that restarted.
        """
        if timestamp is None:
            return 0.0
        late = timestamp - self.start - self.position
        is_delayed = self._may_be_delayed and 0 < late <= MAX_DECODER_DELAY
        self._may_be_delayed = False
        if is_delayed or not self._start_is_known:
            self._restart(timestamp)
            return 0.0
        if self._is_new_clock(timestamp, late, longest):
            self._warn_of_new_clock(late)
            self._restart(timestamp)
            return 0.0
        self._note_overlap(-late)
        return late if late > MAX_JITTER else 0.0

    def advance(self, seconds: float) -> None:
        self.position += seconds
        end = self.start + self.position
        self._clock = max(self._clock, end)

    def _is_new_clock(self, timestamp: float, late: float, longest: float) -> bool:
        """Returns whether a timestamp, `late` seconds behind the position, is of another clock."""
        if late < -MAX_OVERLAP or late > longest:
            return True
        if not self._may_leap or late <= MAX_GAP:
            return False
        gap_in_all_streams = timestamp - self._clock
        return gap_in_all_streams > MAX_GAP

    def _restart(self, timestamp: float) -> None:
        self.start = timestamp - self.position
        self._start_is_known = True
        self._clock = timestamp

    def _warn_of_new_clock(self, late: float) -> None:
        is_joint = self._may_leap and late < 0
        if is_joint:
            return  # Broadcasts that were joined begin their clock again.
        if late < 0:
            self._warn(f"the clock goes back by {-late:.1f} s, so later times may be off by that")
            return
        self._warn(
            f"the clock leaps by {late:.1f} s, and no silence was put there; if there was a pause, "
            "later times are early by that"
        )

    def _note_overlap(self, overlap: float) -> None:
        """Warn once of sound that overlaps, until timestamps agree with the position again."""
        was_overlapping = self._overlaps
        self._overlaps = overlap > MAX_UNREPORTED_OVERLAP
        if self._overlaps and not was_overlapping:
            self._warn(f"sound overlaps by {overlap:.1f} s, so later times may be late by that")

    def _warn(self, message: str) -> None:
        if len(self.warnings) >= MAX_WARNINGS:
            return
        place = around(self.position)
        warning = prepare_warning("time_uncertain", message, place)
        self.warnings.append(warning)


def around(position: float) -> Interval:
    """Returns half a second on either side of a position."""
    start = position - HALF_A_SECOND
    end = position + HALF_A_SECOND
    return Interval(start=max(0.0, start), end=end)
