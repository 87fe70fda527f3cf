"""How a document of Word looks: its page, its styles, its language and its page numbers.

This module and word_document.py are the only ones that import python-docx.
"""

from dataclasses import dataclass

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import CharacterStyle, ParagraphStyle
from docx.text.paragraph import Paragraph

from shared.model.languages import EAST_ASIAN, RIGHT_TO_LEFT

SIDE_MARGIN = Cm(2.25)
"""The text is then as wide as the footer's last tab stop is far."""
INK = RGBColor(0x23, 0x20, 0x1C)
QUIET = RGBColor(0x66, 0x5F, 0x55)
ACCENT = RGBColor(0x1A, 0x5A, 0x7A)
LONGEST_AT_FOOT = 60
"""Characters of the recording's name at the foot of a page."""


@dataclass(frozen=True)
class WordStyles:
    """The ids of the dialogue's styles, which a user of Word can change for all paragraphs at once.

    They are set by their ids, since python-docx takes long to find a style by its name.
    """

    turn: str
    speaker: str
    time: str


def empty_document() -> Document:
    """Returns a document without content, on A4 with Word's own fonts."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width = Cm(21)
    section.page_height = Cm(29.7)
    section.left_margin = SIDE_MARGIN
    section.right_margin = SIDE_MARGIN
    for name, size, color in (
        ("Title", 24, INK),
        ("Heading 1", 15, ACCENT),
        ("Heading 2", 11, QUIET),
    ):
        style = paragraph_style(document, name)
        style.font.size = Pt(size)
        style.font.color.rgb = color
        style.paragraph_format.space_after = Pt(6)
    title = paragraph_style(document, "Title").element
    borders = title.pPr.find(qn("w:pBdr"))
    title.pPr.remove(borders)
    return document


def paragraph_style(document: Document, name: str) -> ParagraphStyle:
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    return style


def add_styles(document: Document) -> WordStyles:
    """Adds the styles of the dialogue."""
    turn = document.styles.add_style("Turn", WD_STYLE_TYPE.PARAGRAPH)
    speaker = document.styles.add_style("Speaker", WD_STYLE_TYPE.CHARACTER)
    time = document.styles.add_style("Time", WD_STYLE_TYPE.CHARACTER)
    assert isinstance(turn, ParagraphStyle)
    assert isinstance(speaker, CharacterStyle)
    assert isinstance(time, CharacterStyle)
    turn.base_style = document.styles["Normal"]
    turn.paragraph_format.space_after = Pt(9)
    turn.paragraph_format.widow_control = True
    speaker.font.bold = True
    time.font.size = Pt(9)
    time.font.color.rgb = QUIET
    return WordStyles(turn.style_id, speaker.style_id, time.style_id)


def set_language(document: Document, language: str) -> None:
    """Has Word check the spelling of the whole document in this language."""
    defaults = document.styles.element.find(".//" + qn("w:lang"))
    defaults.set(qn("w:val"), language)
    if language in EAST_ASIAN:
        defaults.set(qn("w:eastAsia"), language)
    if language in RIGHT_TO_LEFT:
        defaults.set(qn("w:bidi"), language)


def number_pages(document: Document, name: str) -> None:
    """Writes the name of the recording and the number of the page at the foot of each page."""
    section = document.sections[0]
    footer = section.footer.paragraphs[0]
    shown = name
    if len(name) > LONGEST_AT_FOOT:
        shown = name[:LONGEST_AT_FOOT] + "…"
    footer.add_run(f"{shown}\t\t")  # its style has one stop in the middle and one on the right
    add_field(footer, "PAGE")
    footer.add_run(" / ")
    add_field(footer, "NUMPAGES")
    for run in footer.runs:
        run.font.size = Pt(9)
        run.font.color.rgb = QUIET


def add_field(paragraph: Paragraph, instruction: str) -> None:
    """Adds a number that the program that shows the document puts in."""
    add_field_mark(paragraph, "begin")
    code = OxmlElement("w:instrText")
    code.text = instruction
    paragraph.add_run()._r.append(code)
    add_field_mark(paragraph, "separate")
    paragraph.add_run("1")
    add_field_mark(paragraph, "end")


def add_field_mark(paragraph: Paragraph, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)
