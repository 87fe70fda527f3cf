"""The dialogue as one HTML page that can be opened without a network, and plays the recording.

The page loads nothing but the recording: its policy allows the style and the script in it, by their
digests, and sound from its own folder or from a file that the reader chooses.
"""

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

from shared.formats.characters import printable, printable_piece
from shared.formats.clock import clock_time
from shared.formats.summary import (
    SPEAKER_HEADINGS,
    SpeakerRow,
    describe_recording,
    recording_file,
    speaker_rows,
)
from shared.formats.text import Paragraph, split_paragraphs, utf8
from shared.model.spacing import split_at_words, word_separator
from shared.model.transcript import Segment, Transcript
from shared.model.transcript_language import other_languages, text_language

COLORS = 8
"""Colours of speakers. The ninth speaker has the first one again."""
CELL_CLASSES = ("name", "talk", "share", "turns", "words")
"""The class of each cell in the table of speakers. Narrow screens leave some out."""


def write_html(transcript: Transcript) -> bytes:
    """Returns the page."""
    rows = speaker_rows(transcript)
    blocks = [page_head(transcript), page_header(transcript, rows)]
    language = text_language(transcript)
    blocks.append(f'<main lang="{escaped(language or "")}">')
    blocks += dialogue(transcript, rows)
    blocks += ["</main>", player(transcript), "</body>", "</html>", ""]
    document = "\n".join(blocks)
    return utf8(document)


def page_head(transcript: Transcript) -> str:
    """Returns what comes before the page's content."""
    name = escaped(recording_file(transcript))
    style = page_file("html_page.css")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{page_policy()}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{style}</style>",
            "</head>",
            "<body>",
        ]
    )


@cache
def page_file(name: str) -> str:
    """Returns the style or the script of the page."""
    module = Path(__file__)
    path = module.with_name(name)
    return path.read_text()


@cache
def page_policy() -> str:
    """Returns what the page may load and run. `file:` is for a page that is opened from a disk."""
    style = digest_of("html_page.css")
    script = digest_of("html_page.js")
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{style}'",
            f"script-src '{script}'",
            "media-src 'self' file: blob:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def digest_of(name: str) -> str:
    """Returns the digest of a file of the page, as a policy has it."""
    text = page_file(name)
    content = text.encode()
    digest = hashlib.sha256(content).digest()
    encoded = base64.b64encode(digest)
    shown = encoded.decode()
    return f"sha256-{shown}"


def page_header(transcript: Transcript, rows: list[SpeakerRow]) -> str:
    """Returns the title, a line about the recording, and the table of its speakers."""
    name = escaped(recording_file(transcript))
    facts = " · ".join(describe_recording(transcript))
    lines = [
        "<header>",
        f'<h1 dir="auto">{name}</h1>',
        f'<p class="facts">{escaped(facts)}</p>',
    ]
    if rows:
        lines += speaker_table(rows)
    lines.append("</header>")
    return "\n".join(lines)


def speaker_table(rows: list[SpeakerRow]) -> Iterator[str]:
    yield "<table>"
    headings = zip(CELL_CLASSES, SPEAKER_HEADINGS, strict=True)
    cells = [f'<th scope="col" class="{kind}">{heading}</th>' for kind, heading in headings]
    yield f"<thead><tr>{''.join(cells)}</tr></thead>"
    yield "<tbody>"
    for number, row in enumerate(rows):
        label, *figures = row.cells
        name = f'<th scope="row" class="name"><bdi>{escaped(label)}</bdi></th>'
        kinds = zip(CELL_CLASSES[1:], figures, strict=True)
        cells = [f'<td class="{kind}">{figure}</td>' for kind, figure in kinds]
        yield f'<tr class="{color_of(number)}">{name}{"".join(cells)}</tr>'
    yield "</tbody>"
    yield "</table>"


def color_of(number: int) -> str:
    """Returns the class with the colour of the speaker of this number, from 0."""
    color = number % COLORS
    return f"s{color + 1}"


def dialogue(transcript: Transcript, rows: list[SpeakerRow]) -> Iterator[str]:
    """Yields the paragraphs, each with its speaker, its time and its words."""
    colors = {row.speaker: color_of(number) for number, row in enumerate(rows)}
    labels = {row.speaker: row.label for row in rows}
    others = other_languages(transcript)
    for number, paragraph in enumerate(split_paragraphs(transcript.segments), start=1):
        speaker = paragraph.speaker or ""
        color = colors.get(speaker, "s0")
        label = labels.get(speaker, "")
        time = clock_time(paragraph.start)
        name = ""
        if label:
            name = f'<b class="name"><bdi>{escaped(label)}</bdi></b>'
        start = f"{paragraph.start:.2f}"
        link = f'<a class="time" href="#p{number}" data-t={start}>{time}</a>'
        spoken = spoken_words(paragraph, transcript, others)
        words = "".join(spoken)
        yield f'<div class="paragraph {color}" id="p{number}"><div class="who">{name}{link}</div>'
        yield f'<p dir="auto">{words}</p></div>'


def spoken_words(
    paragraph: Paragraph, transcript: Transcript, others: Mapping[int, str]
) -> Iterator[str]:
    """Yields the words of a paragraph, those of a sentence in another language inside a mark.

    `others` are the languages of such sentences by their ids.
    """
    for segment, piece in zip(paragraph.segments, paragraph.pieces, strict=True):
        timed = timed_words(segment, piece, transcript)
        language = others.get(segment.id)
        if language is None:
            yield from timed
        else:
            yield f'<span lang="{language}">'
            yield from timed
            yield "</span>"


def timed_words(segment: Segment, piece: str, transcript: Transcript) -> Iterator[str]:
    """Yields the words of a sentence, or all of it as one if it came without words. `piece` is its
    text, with the space that follows it."""
    if segment.words is None:
        yield timed_word(piece, segment.start)
        return
    own_words = transcript.words_of(segment)
    spellings = [word.word for word in own_words]
    separator = word_separator(segment.language)
    texts = split_at_words(piece, spellings, separator)
    for word, text in zip(own_words, texts, strict=True):
        yield timed_word(text, word.start)


def timed_word(text: str, start: float) -> str:
    """Returns a word that is played from its start, in seconds, and the space that follows it."""
    shown = printable_piece(text)
    word = shown.rstrip()
    length = len(word)
    space = shown[length:]
    content = escaped(word)
    return f"<span data-t={start:.2f}>{content}</span>{space}"


def player(transcript: Transcript) -> str:
    """Returns the controls of the sound, and the script. The recording is looked for beside the
    page, under its own name."""
    name = recording_file(transcript)
    address = "./" + quote(name, safe="", errors="replace")
    rates = "".join(map(rate_choice, ("0.75", "1", "1.25", "1.5", "2")))
    script = page_file("html_page.js")
    return f"""<aside class="player" aria-label="Sound"><div>
<audio controls preload="metadata" src="{address}"></audio>
<label class="rate" hidden>Speed <select>{rates}</select></label>
<label class="follow" hidden><input type="checkbox" checked> Follow</label>
<p class="missing" role="status" hidden>{escaped(name)} is not beside this page,
or this browser cannot play it. Choose the recording to listen to it:</p>
<input class="chooser" type="file" accept="audio/*,video/*" aria-label="Recording" hidden>
</div></aside>
<script>{script}</script>"""


def rate_choice(rate: str) -> str:
    selected = " selected" if rate == "1" else ""
    return f'<option value="{rate}"{selected}>{rate}×</option>'


def escaped(text: str) -> str:
    """Returns the text as HTML shows it as it is, also inside the quotes of an attribute."""
    return html.escape(printable(text))
