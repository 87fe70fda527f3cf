"""The dialogue as a document of Word: its speakers in a table, and a paragraph for each turn."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import groupby
from operator import itemgetter

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from shared.formats.characters import printable_piece
from shared.formats.clock import clock_time
from shared.formats.summary import (
    SPEAKER_HEADINGS,
    SpeakerRow,
    describe_recording,
    recording_file,
    speaker_rows,
)
from shared.formats.tables import labels_by_id
from shared.formats.text import Paragraph, split_paragraphs
from shared.formats.word_styles import (
    WordStyles,
    add_styles,
    empty_document,
    number_pages,
    set_language,
)
from shared.model.languages import EAST_ASIAN, RIGHT_TO_LEFT
from shared.model.transcript import Transcript
from shared.model.transcript_language import other_languages, text_language

AUTHOR = "Dropscribe"
SECTION_SECONDS = 600
"""A long recording has a heading at each ten minutes, so that a place is found by its time."""
LONGEST_PROPERTY = 255
"""Characters of a document's title among its properties."""
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the document: the earliest that a ZIP archive can hold."""


def write_docx(transcript: Transcript) -> bytes:
    """Returns the document. A transcript has the same bytes each time it is drawn."""
    document = empty_document()
    styles = add_styles(document)
    name = recording_file(transcript)
    language = text_language(transcript)
    set_properties(document, transcript)
    if language is not None:
        set_language(document, language)
    number_pages(document, name)
    document.add_heading(name, level=0)
    facts = " · ".join(describe_recording(transcript))
    document.add_paragraph(facts)
    rows = speaker_rows(transcript)
    if rows:
        add_speakers(document, rows)
    document.add_heading("Transcript", level=1)
    add_dialogue(document, transcript, styles)
    return saved(document)


def set_properties(document: Document, transcript: Transcript) -> None:
    """Sets what the document says of itself. Its dates are those of the transcript."""
    properties = document.core_properties
    name = recording_file(transcript)
    answered = transcript.timings.answered.astimezone(UTC)
    written = answered.replace(tzinfo=None)
    properties.title = name[:LONGEST_PROPERTY]
    properties.author = AUTHOR
    properties.last_modified_by = AUTHOR
    properties.comments = ""
    properties.created = written
    properties.modified = written
    properties.language = text_language(transcript) or ""


def add_speakers(document: Document, rows: Sequence[SpeakerRow]) -> None:
    """Adds the table of speakers, whose header is repeated on each page."""
    document.add_heading("Speakers", level=1)
    table = document.add_table(rows=1, cols=len(SPEAKER_HEADINGS), style="Light Shading")
    fill_row(table, 0, SPEAKER_HEADINGS)
    repeated = OxmlElement("w:tblHeader")
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(repeated)
    for index, row in enumerate(rows, start=1):
        table.add_row()
        fill_row(table, index, row.cells)


def fill_row(table: Table, index: int, texts: Sequence[str]) -> None:
    """Writes a row's cells: the first on the left, those with numbers on the right."""
    cells = table.rows[index].cells
    for cell, text in zip(cells, texts, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.add_run(text)
        paragraph.paragraph_format.space_after = Pt(3)
        if text != texts[0]:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def add_dialogue(document: Document, transcript: Transcript, styles: WordStyles) -> None:
    """Adds a paragraph for each turn, or several for a long one."""
    labels = labels_by_id(transcript)
    main_language = text_language(transcript)
    others = other_languages(transcript)
    is_long = transcript.media.duration > 2 * SECTION_SECONDS
    last_section = 0
    for paragraph in split_paragraphs(transcript.segments):
        section = int(paragraph.start) // SECTION_SECONDS
        if is_long and section > last_section:
            start = section * SECTION_SECONDS
            time = clock_time(start)
            document.add_heading(time, level=2)
            last_section = section
        label = labels.get(paragraph.speaker or "", "")
        in_document = document.add_paragraph()
        in_document._p.style = styles.turn
        add_heading_line(in_document, label, paragraph.start, styles)
        add_text(in_document, paragraph, others)
        if main_language in RIGHT_TO_LEFT:
            set_right_to_left(in_document)


def add_heading_line(
    in_document: WordParagraph, label: str, start: float, styles: WordStyles
) -> None:
    """Writes the speaker and the time, in seconds, on a line."""
    if label:
        speaker = in_document.add_run(label)
        speaker._r.style = styles.speaker
        in_document.add_run("  ")
    time = in_document.add_run(clock_time(start))
    time._r.style = styles.time
    time.add_break()


def add_text(in_document: WordParagraph, paragraph: Paragraph, others: Mapping[int, str]) -> None:
    """Writes what is said, with a run for each language. `others` are the languages of segments
    that are not in the document's, by their ids."""
    spoken = zip(paragraph.segments, paragraph.pieces, strict=True)
    with_language = [(others.get(segment.id), piece) for segment, piece in spoken]
    for language, group in groupby(with_language, key=itemgetter(0)):
        text = "".join(piece for _, piece in group)
        run = in_document.add_run(printable_piece(text))
        if language is not None:
            set_run_language(run, language)


def set_right_to_left(paragraph: WordParagraph) -> None:
    """Has a paragraph written from right to left."""
    properties = paragraph._p.get_or_add_pPr()
    properties.append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


def set_run_language(run: Run, language: str) -> None:
    """Has Word check the spelling of a run in another language than the document's."""
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), language)
    if language in EAST_ASIAN:
        mark.set(qn("w:eastAsia"), language)
    if language in RIGHT_TO_LEFT:
        mark.set(qn("w:bidi"), language)
        run.font.rtl = True
    properties = run._r.get_or_add_rPr()
    properties.append(mark)


def saved(document: Document) -> bytes:
    """Returns the document's file, in which every part has the same date."""
    dated = io.BytesIO()
    document.save(dated)
    undated = io.BytesIO()
    with zipfile.ZipFile(dated) as source, zipfile.ZipFile(undated, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return undated.getvalue()
