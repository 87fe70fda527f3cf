"""Documents show exactly what was said, as python-docx and a parser of Markdown read them."""

import io
import subprocess
import sys
import zipfile

import docx
import pytest
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.formats.characters import printable, printable_piece
from shared.formats.clock import clock_time
from shared.formats.text import split_paragraphs
from shared.formats.word_styles import LONGEST_AT_FOOT
from shared.formats.writers import draw_format
from shared.model.transcript import Transcript
from tests.support.drawn import AS_DEFAULT, drawn
from tests.support.finalize_inputs import (
    aligned,
    detection,
    manifest_of,
    resolved_options,
    segment,
    transcript_of,
    word,
)
from tests.support.hostile_transcripts import hostile_transcripts, renamed, source_of
from tests.support.made_transcripts import conversation, said, transcript_of_sentences

anything = settings(max_examples=25, deadline=None)
OWN_MARKUP = {"text", "strong_open", "strong_close"}


def dialogue(name: str = "team/Call 1.wav") -> Transcript:
    sentences = [said("S1", "Good morning."), said("S2", "Yes. No?"), said(None, "Hm.")]
    return renamed(transcript_of_sentences(source_of(name), sentences), ["Anna", "Bob"])


def word_document(transcript: Transcript) -> docx.document.Document:
    content = draw_format("docx", transcript, AS_DEFAULT)
    return docx.Document(io.BytesIO(content))


def turns_of(document: docx.document.Document) -> list[Paragraph]:
    return [one for one in document.paragraphs if one.style and one.style.name == "Turn"]


def expected_turns(transcript: Transcript) -> list[tuple[str, str]]:
    """Returns the label and the text of each paragraph."""
    labels = {speaker.id: printable(speaker.label) for speaker in transcript.speakers}
    return [
        (labels.get(paragraph.speaker or "", ""), printable(paragraph.text))
        for paragraph in split_paragraphs(transcript.segments)
    ]


def test_a_word_document_has_its_speakers_in_a_table_and_a_paragraph_for_each_turn() -> None:
    document = word_document(dialogue())
    styles = [(one.style.name, one.text) for one in document.paragraphs if one.style]
    assert styles == [
        ("Title", "Call 1.wav"),
        ("Normal", "2026-11-28 · 0:00:04 · English · 2 speakers"),
        ("Heading 1", "Speakers"),
        ("Heading 1", "Transcript"),
        ("Turn", "Anna  0:00:00\nGood morning."),
        ("Turn", "Bob  0:00:01\nYes. No?"),
        ("Turn", "0:00:02\nHm."),
    ]
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Speaker", "Talk time", "Share", "Turns", "Words"],
        ["Anna", "0:00:00", "50%", "1", "2"],
        ["Bob", "0:00:00", "50%", "1", "2"],
    ]
    speaker = document.paragraphs[4].runs[0]
    assert speaker.style.name == "Speaker"
    assert speaker.style.font.bold


def test_a_word_document_knows_its_title_date_and_language_and_numbers_its_pages() -> None:
    document = word_document(dialogue())
    properties = document.core_properties
    assert (properties.title, properties.author) == ("Call 1.wav", "Dropscribe")
    assert (properties.language, str(properties.created)) == ("en", "2026-11-28 09:30:09+00:00")
    assert document.styles.element.find(".//" + qn("w:lang")).get(qn("w:val")) == "en"
    footer = document.sections[0].footer.paragraphs[0]._p
    codes = [code.text for code in footer.iter(qn("w:instrText"))]
    assert codes == ["PAGE", "NUMPAGES"]


def test_a_transcript_has_the_same_word_document_each_time() -> None:
    first = draw_format("docx", dialogue(), AS_DEFAULT)
    assert draw_format("docx", dialogue(), AS_DEFAULT) == first
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_long_word_document_has_a_heading_for_each_ten_minutes() -> None:
    long = transcript_of_sentences(source_of("a.wav"), conversation(300), seconds=1800.0)
    headings = [
        one.text
        for one in word_document(long).paragraphs
        if one.style and one.style.name == "Heading 2"
    ]
    assert headings == ["0:10:00", "0:20:00"]


def test_a_sentence_in_another_language_is_checked_in_that_language() -> None:
    texts = {"en": "Good morning.", "he": "שלום", "ja": "はい。"}
    parts = [
        segment(text, index, index + 1.0, code) for index, (code, text) in enumerate(texts.items())
    ]
    words = [word(text, index, index + 1.0, index) for index, text in enumerate(texts.values())]
    transcript = transcript_of(
        manifest_of(9.0, [[(0.0, 3.0)]]),
        [aligned(parts, words)],
        options=resolved_options(language="multi"),
        language=detection(),
    )
    (turn,) = turns_of(word_document(transcript))
    languages = [dict(mark.attrib).get(qn("w:val")) for mark in turn._p.iter(qn("w:lang"))]
    assert languages == ["he", "ja"]
    assert [run.font.rtl for run in turn.runs if "שלום" in run.text] == [True]
    assert turn.text.endswith("Good morning. שלום はい。")


def test_hebrew_is_written_from_right_to_left() -> None:
    parts = aligned([segment("שלום", language="he")], [word("שלום", 0.0, 1.0)])
    transcript = transcript_of(
        manifest_of(5.0, [[(0.0, 1.0)]]), [parts], options=resolved_options(language="he")
    )
    (turn,) = turns_of(word_document(transcript))
    assert len(list(turn._p.iter(qn("w:bidi")))) == 1
    assert all(run.font.rtl for run in turn.runs)


def test_a_long_name_fits_in_the_properties_and_at_the_foot() -> None:
    name = "a" * 900
    document = word_document(dialogue(name))
    assert document.core_properties.title == name[:255]
    assert document.paragraphs[0].text == name
    foot = document.sections[0].footer.paragraphs[0].text
    assert foot.startswith("a" * LONGEST_AT_FOOT + "…\t")


def test_a_transcript_without_speech_is_a_document_without_turns() -> None:
    silent = transcript_of_sentences(source_of("call.wav"), [])
    assert turns_of(word_document(silent)) == []
    assert word_document(silent).tables == []
    assert drawn("md", silent) == "# call.wav\n\n2026-11-28 · 0:00:01 · English\n"


@settings(max_examples=10, deadline=None)
@given(hostile_transcripts())
def test_any_words_and_names_are_read_back_from_word(transcript: Transcript) -> None:
    document = word_document(transcript)
    shown = []
    for turn in turns_of(document):
        line, text = turn.text.split("\n")
        shown.append((line.rpartition("  ")[0], text.rstrip()))
    assert shown == expected_turns(transcript)


@anything
@given(hostile_transcripts())
def test_markdown_shows_any_words_and_names_as_they_are(transcript: Transcript) -> None:
    blocks = MarkdownIt("commonmark").enable("table").parse(drawn("md", transcript))
    paragraphs = [
        blocks[index + 1]
        for index, block in enumerate(blocks)
        if block.type == "paragraph_open" and block.level == 0
    ]
    assert "html_block" not in {block.type for block in blocks}
    shown = [shown_text(block).rstrip() for block in paragraphs[1:]]
    times = [clock_time(one.start) for one in split_paragraphs(transcript.segments)]
    assert shown == [
        f"{label} ({time}) {text}".lstrip(" ")
        for time, (label, text) in zip(times, expected_turns(transcript), strict=True)
    ]


def shown_text(block: Token) -> str:
    """Returns the text of a paragraph, which has no other markup than ours."""
    children = block.children or []
    assert {child.type for child in children} <= OWN_MARKUP
    return "".join(child.content for child in children)


def test_markdown_has_speakers_in_a_table_and_a_paragraph_for_each_turn() -> None:
    assert (
        drawn("md", dialogue("team/Call_1.wav"))
        == """\
# Call\\_1.wav

2026-11-28 · 0:00:04 · English · 2 speakers

| Speaker | Talk time | Share | Turns | Words |
|---|--:|--:|--:|--:|
| Anna | 0:00:00 | 50% | 1 | 2 |
| Bob | 0:00:00 | 50% | 1 | 2 |

**Anna** (0:00:00) Good morning.

**Bob** (0:00:01) Yes. No?

(0:00:02) Hm.
"""
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("a\ud800b", "a\ufffdb"),
        ("a\ufffeb\uffff", "a\ufffdb\ufffd"),
        (" a\tb\r\nc\u2028d ", "a b c d"),
        ("👨\u200d👩", "👨\u200d👩"),
    ],
)
def test_a_document_has_no_control_characters_and_no_lone_surrogates(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_piece_keeps_the_space_at_its_end() -> None:
    assert [printable_piece(piece) for piece in ("a ", "a", "\x00 ", "")] == ["a ", "a", " ", ""]


def test_no_library_of_documents_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, shared.formats.writers; print(sorted({'docx', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
