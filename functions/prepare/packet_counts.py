"""Counts the packets of a section that can and cannot be decoded."""

from shared.model.errors import NotAudio

MAX_SILENT_RUN = 4_320_000
"""Packets of AMR without sound in a row, a day of pauses, after which the rest of the section is
given up. One may be a single byte, so a file can hold very many."""


class PacketCounts:
    """How many packets could be decoded.

    Packets that cannot be decoded count as corrupt only once a good one follows, since tags often
    trail the last packet.
    """

    def __init__(self) -> None:
        self.good = 0
        self.corrupt = 0
        self.trailing = 0
        """How many packets were corrupt since the last good one."""
        self.trailing_seconds = 0.0
        """How long they last by their own account."""
        self.silent_run = 0
        """Packets of AMR since the last good one that are pauses, or no frames."""
        self._demux_errors = 0

    def add_good(self) -> None:
        self.good += 1
        self.silent_run = 0
        self.corrupt += self.trailing + self._demux_errors
        self.forget_trailing()
        self._demux_errors = 0

    def add_corrupt(self, seconds: float) -> None:
        self.trailing += 1
        self.trailing_seconds += seconds

    def forget_trailing(self) -> None:
        """Leave out the packets since the last good one, since they are read again."""
        self.trailing = 0
        self.trailing_seconds = 0.0

    def add_demux_error(self) -> None:
        """Count errors of the demuxer as one packet, since many may come from one place."""
        self._demux_errors = 1

    def check(self, max_excess: int = 0) -> None:
        """Raise NotAudio if more than `max_excess` packets more are corrupt than good."""
        good = self.good
        undecoded = self.corrupt + self.trailing
        excess = undecoded - good
        if excess > max_excess:
            packets = undecoded + good
            raise NotAudio(f"{undecoded} of {packets} packets cannot be decoded")
