"""Opens the sections of a file one after the other, and notes what of it could not be read."""

from typing import BinaryIO

from functions.prepare.broadcast_ends import ends_inside_packet
from functions.prepare.encryption_marks import name_encryption
from functions.prepare.losses import Losses
from functions.prepare.section import Section
from functions.prepare.section_file import SectionFile, first_section_start
from functions.prepare.section_opening import open_section
from functions.prepare.sound_bytes import lacks_end_mark
from functions.prepare.stage_warning import prepare_warning
from functions.prepare.timeline import Timeline, around
from functions.prepare.tracks import PREFERRED_TRACK, TrackChoice
from functions.prepare.trailing_bytes import lacks_nut_index
from functions.prepare.unread_bytes import UnreadBytes
from shared.model.artifacts import StageWarning
from shared.model.errors import (
    BadOption,
    EmptyRecording,
    NoSound,
    NotAudio,
    Permanent,
    TruncatedRecording,
)

SECTION_FAILURES = (EmptyRecording, NoSound, NotAudio, TruncatedRecording)
"""Why a section cannot be heard, though others may be."""
VOC = "voc"
"""The format that is a row of blocks, each of which declares its own length only."""
MAX_SECTIONS = 2_000
"""Sections that are read. A radio programme that was recorded for a day has a few hundred."""


class SectionChain:
    """The sections of a file, of which one is open."""

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        timeline: Timeline,
        track: TrackChoice = PREFERRED_TRACK,
    ) -> None:
        self.section: Section | None = None
        """The open section, or None before the first and after the last."""
        self.starts: dict[int, float] = {}
        """The position of each section that was opened, by its first byte in the file."""
        self.warnings: list[StageWarning] = []
        self.losses = Losses()
        self._file = file
        self._size = size
        self._timeline = timeline
        self._track = track
        self._next_start: int | None = first_section_start(file)
        self._resumes = False
        self._resumed_from = 0.0
        """The position where the section began that is opened anew."""
        self._opened = 0
        self._heard = 0
        self._bytes_heard = 0
        self._first_failure: Permanent | None = None

    def open_next(self) -> None:
        """Open the next section that can be opened, if there is one."""
        while self._next_start is not None and self.section is None:
            if self._opened == MAX_SECTIONS:
                self._note_unread(self._next_start, self._size, "the file has too many sections")
                return
            self._opened += 1
            self._try_next(self._next_start)

    def end_section(self, failure: Permanent | None) -> None:
        """Close the open section, which was decoded up to its end or to a failure."""
        section = self.section
        if section is None:
            return
        failure = failure or failure_of(section, self.losses)
        self._note_wrong_sums(section)
        if failure is not None:
            explained = section.explain(failure)
            failure = name_encryption(explained, section.file)
        unread = section.unread_bytes()
        has_rest = section.gave_up or unread.has_rest
        may_have_next = has_rest or failure is not None
        self._next_start = self._start_after(section, has_rest=may_have_next)
        self._note_unmarked_end(section, unread)
        self.losses.note_packets(section.counts.good, section.counts.corrupt)
        unread_start = unread.start
        heard_bytes = section.heard_until - section.file.start - unread_start
        self._bytes_heard += heard_bytes
        if unread_start:
            start = section.file.start
            self._note_unread(start, start + unread_start, "no packets were found there")
        rest_start = unread.rest_start if has_rest else None
        self._note_outcome(section, failure, rest_start)
        self.close()

    def _note_outcome(
        self, section: Section, failure: Permanent | None, rest_start: int | None
    ) -> None:
        """Note whether a section was heard, and warn of what of it was not read.

        `rest_start` is where the rest begins that was not read, if there is one.
        """
        end = section.file.end
        if failure is None:
            self._heard += 1
            self.losses.note_start(section.start_position, section.missing_start)
        else:
            self._note_failure(failure)
        if isinstance(failure, TruncatedRecording):
            self._warn("end_missing", f"one of the joined recordings is not whole: {failure}")
        elif isinstance(failure, NotAudio) and not self._resumes:
            self._note_unread(section.heard_until, end, str(failure))
        elif rest_start is not None and not self._resumes:
            self._note_unread(rest_start, end, "no packets were found there")

    def check(self) -> None:
        """Raise why the first section could not be heard, if no other could."""
        if self._first_failure is not None and not self._heard:
            raise self._first_failure

    def close(self) -> None:
        if self.section is not None:
            self.section.close()
        self.section = None

    def _try_next(self, start: int) -> None:
        file = SectionFile(self._file, start, self._size)
        try:
            section = open_section(file, self._timeline, self._track)
        except BadOption as failure:
            if self._opened == 1:
                raise
            self._next_start = file.find_next()
            if not self._track.decoded_beside:
                self._note_unread(start, file.end, str(failure))
            return
        except SECTION_FAILURES as failure:
            reason = name_encryption(failure, file)
            file.seek(0)
            self._next_start = file.find_next()
            self._note_failure(reason)
            if not isinstance(reason, EmptyRecording | NoSound):
                self._note_unread(start, file.end, str(reason))
            return
        if self._resumes:
            section.resume(self._resumed_from)
        else:
            section.begin()
            self.starts[start] = self._timeline.position
        self.section = section

    def _start_after(self, section: Section, *, has_rest: bool) -> int | None:
        """Returns where the section after this one starts, or None if there is none.

        If there is a rest that was not decoded, the next section is looked for in it.
        """
        self._resumes = False
        file = section.file
        if file.has_next:
            return file.end
        if has_rest:
            file.seek(section.heard_until - file.start)
            next_start = file.find_next()
            if next_start is not None:
                return next_start
        resume_at = section.resume_at
        self._resumes = resume_at is not None
        self._resumed_from = section.start_position
        return resume_at

    def _note_wrong_sums(self, section: Section) -> None:
        """Warn of packets that were decoded though their checksums are wrong."""
        sums = section.decoder.ignored_sums
        if sums.wrong and section.counts.good:
            packets = sums.right + sums.wrong
            message = (
                f"the checksums of {sums.wrong} of {packets} packets are wrong; they were decoded, "
                "but there may be noise in place of sound"
            )
            self._warn("corrupt_packets", message)

    def _note_unmarked_end(self, section: Section, unread: UnreadBytes) -> None:
        file = section.file
        start, end = file.start, file.end
        is_unmarked = unread.ends_inside_fragment
        if section.format == "ogg":
            is_unmarked = lacks_end_mark(self._file, start, end)
        elif section.format == "nut":
            is_unmarked = lacks_nut_index(self._file, start, end)
        elif section.is_broadcast:
            is_unmarked = not self._resumes and ends_inside_packet(self._file, start, end)
        elif section.format == VOC:
            is_unmarked = section.last_packet.is_partial
        elif not section.length.is_declared:
            is_unmarked = is_unmarked or section.last_packet.is_cut_off
        if is_unmarked:
            self.losses.note_unmarked_end()

    def _note_failure(self, failure: Permanent) -> None:
        if self._first_failure is None:
            self._first_failure = failure

    def _note_unread(self, start: int, end: int, reason: str) -> None:
        """Warn of bytes of the file that were not read, and of about how long they last."""
        unread = end - start
        if not unread:
            return
        length = f"{unread} of {self._size} bytes"
        position = self._timeline.position
        if position and self._bytes_heard:
            seconds = position * unread / self._bytes_heard
            length = f"{length}, about {seconds:.1f} s,"
        self._warn("not_read", f"{length} could not be read: {reason}")

    def _warn(self, code: str, message: str) -> None:
        position = self._timeline.position
        warning = prepare_warning(code, message, around(position))
        self.warnings.append(warning)


def failure_of(section: Section, losses: Losses) -> Permanent | None:
    """Returns why a section that was decoded to its end is not accepted, or None."""
    try:
        section.check(losses)
    except SECTION_FAILURES as failure:
        return failure
    return None
