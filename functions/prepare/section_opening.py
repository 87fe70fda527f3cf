"""Opens a section of a file with libav, and explains why one cannot be opened."""

from typing import BinaryIO, cast

from functions.prepare.container import check_sums, open_container
from functions.prepare.guarded_reader import GuardedReader
from functions.prepare.headers import FileHeader, read_file_header
from functions.prepare.section import Section
from functions.prepare.section_file import SectionFile
from functions.prepare.timeline import Timeline
from functions.prepare.tracks import TrackChoice
from functions.prepare.trailing_bytes import has_content
from shared.model.errors import NoSound, NotAudio, Permanent

READ_TO_THE_END = frozenset({"au"})
"""Formats of which libav decodes all bytes that follow, however many the header declares."""


def open_section(file: SectionFile, timeline: Timeline, track: TrackChoice) -> Section:
    """Returns a file's section, opened.

    libav looks ahead. If it has read into the next section, it is made to open this one again, of
    which it then sees no more than there is. Raises BadOption, NotAudio, NoSound or
    TruncatedRecording.
    """
    while True:
        end = file.end
        try:
            section = try_to_open(file, timeline, track)
        except Permanent:
            if file.end == end:
                raise
            continue
        if file.end == end:
            return section
        section.close()


def leave_out_rest(file: SectionFile, header: FileHeader) -> None:
    """Let the section end where its header says that its sound ends, unless only padding
    follows."""
    sound = header.sound
    if sound is None:
        return
    place = file.tell()
    size = file.end - file.start
    if has_content(file, sound.end, size):
        file.end = file.start + sound.end
    file.seek(place)


def try_to_open(file: SectionFile, timeline: Timeline, track: TrackChoice) -> Section:
    readable = cast(BinaryIO, file)
    header = read_file_header(readable, file.end - file.start)
    prohibition = header.prohibition
    if prohibition is not None:
        raise prohibition
    reader = GuardedReader(readable)
    try:
        container = open_container(reader)
    except NotAudio as failure:
        raise header.refusal or failure from failure
    try:
        check_sums(container)
        section = Section(file, header, reader, container, timeline, track)
        if section.format in READ_TO_THE_END:
            leave_out_rest(file, header)
        return section
    except (NotAudio, NoSound) as failure:
        container.close()
        raise header.refusal or failure from failure
    except BaseException:
        container.close()
        raise
