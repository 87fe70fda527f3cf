"""Checks of a recording's length: within the limit, plausible for its size, and complete."""

from shared.model.errors import RecordingTooLong, TruncatedRecording

DECLARED_TOLERANCE = 1.1
"""A header's length is believed without decoding if it exceeds a limit by this factor."""
MAX_SECONDS_PER_BYTE = 0.02
"""Maximum plausible seconds of audio per byte. The narrowest speech codecs write 60 bytes/s, and
only silence takes less; a sparser file is a small one made to unfold to hours."""
ALWAYS_PLAUSIBLE = 300.0
"""Seconds that a file of any size may last, since silence and gaps take next to nothing."""
MAX_MISSING = 1.0
"""Seconds that may be missing at the end, in a recording of up to 100 s."""
MAX_MISSING_FRACTION = 1 / 100
"""The same in a longer recording."""


class LengthLimits:
    """How long a recording may last: by the deployment's limit, and by the size of its file."""

    def __init__(self, size: int, max_seconds: float) -> None:
        self._size = size
        self._max_seconds = max_seconds
        seconds_by_size = size * MAX_SECONDS_PER_BYTE
        self._plausible_seconds = ALWAYS_PLAUSIBLE + seconds_by_size
        self._longest = min(max_seconds, self._plausible_seconds)

    def check_declared(self, seconds: float, *, holds_all: bool) -> None:
        """Raise RecordingTooLong if the length in the header is clearly too long.

        A length that the file's size cannot hold is only wrong if the file is known to hold all of
        its sound. Otherwise its end may be missing, which is known once it is decoded.
        """
        if seconds > self._max_seconds * DECLARED_TOLERANCE:
            raise RecordingTooLong(
                f"it says it lasts {seconds:.0f} s; the limit is {self._max_seconds:g} s"
            )
        if holds_all and seconds > self._plausible_seconds * DECLARED_TOLERANCE:
            raise RecordingTooLong(
                f"it says it lasts {seconds:.0f} s, which {self._size} bytes cannot hold"
            )

    def check_decoded(self, seconds: float) -> None:
        """Raise RecordingTooLong if the sound decoded so far is too long."""
        if seconds > self._max_seconds:
            raise RecordingTooLong(f"it lasts longer than the limit of {self._max_seconds:g} s")
        if seconds > self._plausible_seconds:
            plausible = f"{self._plausible_seconds:.0f} s"
            raise RecordingTooLong(
                f"it lasts longer than {plausible}, which {self._size} bytes cannot hold"
            )

    def longest_gap(self, position: float) -> float:
        """Returns the seconds of silence that the recording may still hold at a position."""
        return self._longest - position


def check_complete(declared: float, present: float) -> None:
    """Raise TruncatedRecording if more of the declared seconds is missing than may be."""
    max_of_length = declared * MAX_MISSING_FRACTION
    max_missing = max(MAX_MISSING, max_of_length)
    missing = declared - present
    if missing > max_missing:
        raise TruncatedRecording(f"it should last {declared:.1f} s, but ends after {present:.1f} s")
