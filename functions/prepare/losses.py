"""What a recording lacks: packets that cannot be decoded, gaps, and its end."""

from functions.prepare.lost_sound import RAW_FORMATS
from functions.prepare.stage_warning import prepare_warning
from functions.prepare.timeline import around
from shared.model.artifacts import Interval, StageWarning

MIN_GAP = 0.5
"""Seconds of a gap that is worth a warning. PAUSING_CODECS leave gaps of 0.4 s, and in raw streams
the tags between joined files may look like lost frames."""
PAUSING_CODECS = frozenset({"amr_nb", "amr_wb", "g723_1", "g729", "opus", "speex"})
"""Codecs that may send nothing while it is quiet."""
MIN_STEADY_GAP = 0.1
"""The same of a gap in the sound of other codecs. Some recorders' clocks are less exact."""
MIN_MISSING_START = 0.1
"""The same of a missing beginning: the first packet's length is not always known."""
LONGEST_STREAM = 366 * 24 * 3600.0
"""Seconds after which a clock is taken to count from a date, as some streams' do from 1970, so
that it does not tell how long the stream has lasted."""
MIN_DAMAGE = 0.05
"""The same of a gap where something could not be read."""
MIN_MISSING = 1.0
"""Seconds of the end that may be missing without a warning: headers round, and codecs pad."""


class Losses:
    """What a recording lacks, noted while it is decoded."""

    def __init__(self) -> None:
        self._good_packets = 0
        self._corrupt_packets = 0
        self._gaps: list[tuple[float, float]] = []
        self._starts: list[tuple[float, float]] = []
        self._declared = 0.0
        self._missing = 0.0
        self._is_end_unmarked = False

    def note_packets(self, good: int, corrupt: int) -> None:
        """Note how many packets of a section could be decoded, and how many could not."""
        self._good_packets += good
        self._corrupt_packets += corrupt

    def note_gap(
        self, start: float, seconds: float, file_format: str, codec: str, *, is_damage: bool
    ) -> None:
        """Note that silence stands for `seconds` from `start` on, unless it is too short to count.

        `is_damage` says that something before it could not be read.
        """
        is_steady = codec not in PAUSING_CODECS and file_format not in RAW_FORMATS
        shortest = MIN_STEADY_GAP if is_steady and start else MIN_GAP
        if is_damage:
            shortest = MIN_DAMAGE
        if seconds >= shortest:
            self._gaps.append((start, seconds))

    def note_start(self, position: float, seconds: float) -> None:
        """Note that so many seconds of a stream are not in the file, whose sound from then on is at
        a position of the recording.

        That may be a file whose beginning was cut off, or a live stream that was joined late, which
        looks the same. So it is never refused, and no silence is put there: a listener who joins
        after a day wants to have what was heard, and the limit of a recording's length is meant for
        that. But each is told, however long the stream has lasted.
        """
        if seconds >= MIN_MISSING_START:
            self._starts.append((position, seconds))

    def note_end(self, declared: float, missing: float) -> None:
        """Note that of the declared seconds so many are missing at the end."""
        if missing >= MIN_MISSING:
            self._declared += declared
            self._missing += missing

    def note_unmarked_end(self) -> None:
        """Note that the file lacks the mark of its end, so that it may have been cut off."""
        self._is_end_unmarked = True

    @property
    def warnings(self) -> tuple[StageWarning, ...]:
        found = (
            self._packet_warning(),
            self._gap_warning(),
            self._start_warning(),
            self._end_warning(),
            self._mark_warning(),
        )
        return tuple(filter(None, found))

    def _packet_warning(self) -> StageWarning | None:
        corrupt = self._corrupt_packets
        if not corrupt:
            return None
        packets = self._good_packets + corrupt
        message = f"{corrupt} of {packets} packets could not be decoded and were skipped"
        return prepare_warning("corrupt_packets", message)

    def _gap_warning(self) -> StageWarning | None:
        if not self._gaps:
            return None
        lengths = [seconds for _, seconds in self._gaps]
        total = sum(lengths)
        start, seconds = self._gaps[0]
        count = len(self._gaps)
        if count == 1:
            end = start + seconds
            places = f"at {start:.1f} s"
            span = Interval(start=start, end=end)
        else:
            places = f"in {count} places, the first at {start:.1f} s"
            span = None
        message = f"the file holds no sound for {total:.1f} s {places}; silence is there instead"
        return prepare_warning("gap", message, span)

    def _start_warning(self) -> StageWarning | None:
        if not self._starts:
            return None
        lengths = [seconds for _, seconds in self._starts]
        position, _ = self._starts[0]
        total = f"about {sum(lengths):.1f} s"
        if max(lengths) > LONGEST_STREAM:
            total = "an unknown time"
        streams = "the stream"
        if len(lengths) > 1:
            streams = f"{len(lengths)} streams, the first at {position:.1f} s,"
        elif position:
            streams = f"the stream at {position:.1f} s"
        message = (
            f"the beginning of {streams} is not in the file ({total}); it was cut off or damaged, "
            "or a live stream was recorded from then on"
        )
        return prepare_warning("start_missing", message, around(position))

    def _end_warning(self) -> StageWarning | None:
        if not self._missing:
            return None
        message = (
            f"of the {self._declared:.1f} s that the header declares, {self._missing:.1f} s are "
            "missing at the end or could not be decoded"
        )
        return prepare_warning("end_missing", message)

    def _mark_warning(self) -> StageWarning | None:
        if not self._is_end_unmarked:
            return None
        message = "the file does not end as files of its format do, so its end may be missing"
        return prepare_warning("end_unmarked", message)
