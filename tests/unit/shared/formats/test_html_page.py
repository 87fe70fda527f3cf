"""The HTML page has no other markup than its own, whatever was said, and asks for nothing."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

from hypothesis import given, settings

from shared.formats.characters import printable
from shared.formats.text import split_paragraphs
from shared.model.transcript import Transcript
from tests.support.drawn import drawn
from tests.support.finalize_inputs import (
    aligned,
    detection,
    manifest_of,
    resolved_options,
    segment,
    transcript_of,
    transcripts,
    word,
)
from tests.support.hostile_transcripts import hostile_transcripts, renamed, source_of
from tests.support.made_transcripts import said, transcript_of_sentences

anything = settings(max_examples=25, deadline=None)
OWN_ATTRIBUTES = {
    "accept", "aria-label", "checked", "class", "charset", "content", "controls", "data-t", "dir",
    "hidden", "href", "http-equiv", "id", "lang", "name", "preload", "rel", "role", "scope",
    "selected", "src", "type", "value",
}  # fmt: skip


@dataclass
class ReadPage(HTMLParser):
    """A page as Python's parser reads it."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    """What is inside each kind of element, in order."""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.texts.setdefault(tag, []).append("")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read(transcript: Transcript) -> ReadPage:
    page = ReadPage()
    page.feed(drawn("html", transcript))
    page.close()
    return page


def dialogue() -> Transcript:
    sentences = [said("S1", "Good morning."), said("S2", "Is 1 < 2 & 3?"), said(None, "Hm.")]
    source = source_of("team/Call #1: 50%.wav")
    return renamed(transcript_of_sentences(source, sentences), ["Anna", "<b>Bob</b>"])


def test_a_page_has_its_speakers_and_paragraphs_with_times_and_timed_words() -> None:
    page = read(dialogue())
    assert page.texts["h1"] == ["Call #1: 50%.wav"]
    assert page.texts["b"] == ["Anna", "<b>Bob</b>"]
    assert page.texts["a"] == ["0:00:00", "0:00:01", "0:00:04"]
    assert page.texts["p"][1:4] == ["Good morning.", "Is 1 < 2 & 3?", "Hm."]
    times = [attributes.get("data-t") for attributes in page.attributes("span")]
    assert times[:3] == ["0.45", "0.79", "1.58"]


def test_the_recording_is_looked_for_beside_the_page() -> None:
    (audio,) = read(dialogue()).attributes("audio")
    assert audio["src"] == "./Call%20%231%3A%2050%25.wav"
    assert unquote(audio["src"] or "") == "./Call #1: 50%.wav"


def test_a_page_asks_for_nothing_but_the_recording() -> None:
    page = read(dialogue())
    addresses = []
    for _, attributes in page.tags:
        addresses += [attributes.get("src"), attributes.get("href")]
    outside = [one for one in addresses if one and not one.startswith("#p")]
    assert outside == ["data:,", "./Call%20%231%3A%2050%25.wav"]
    assert "url(" not in page.texts["style"][0]
    assert "@import" not in page.texts["style"][0]
    assert "fetch" not in page.texts["script"][0]


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_no_other() -> None:
    page = read(dialogue())
    policies = [one["content"] for one in page.attributes("meta") if "http-equiv" in one]
    assert policies == [
        "default-src 'none'; "
        f"style-src '{digest(page.texts['style'][0])}'; "
        f"script-src '{digest(page.texts['script'][0])}'; "
        "media-src 'self' file: blob:; img-src data:; base-uri 'none'; form-action 'none'"
    ]


def digest(text: str) -> str:
    """Returns the digest of a script as a browser computes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_script_writes_no_markup() -> None:
    (script,) = read(dialogue()).texts["script"]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function", script
    )


def test_a_sentence_in_another_language_is_marked() -> None:
    texts = {"en": "Good morning.", "de": "Guten Tag."}
    parts = []
    words = []
    for index, (language, text) in enumerate(texts.items()):
        parts.append(segment(text, index, index + 1.0, language))
        words.append(word(text, index, index + 1.0, index))
    transcript = transcript_of(
        manifest_of(9.0, [[(0.0, 2.0)]]),
        [aligned(parts, words)],
        options=resolved_options(language="multi"),
        language=detection(),
    )
    page = read(transcript)
    assert page.attributes("main") == [{"lang": "en"}]
    assert [one["lang"] for one in page.attributes("span") if "lang" in one] == ["de"]
    assert page.texts["p"][1] == "Good morning. Guten Tag."


@anything
@given(hostile_transcripts())
def test_no_word_and_no_name_becomes_markup(transcript: Transcript) -> None:
    page = read(transcript)
    used = {name for _, attributes in page.tags for name in attributes}
    assert used <= OWN_ATTRIBUTES
    assert len(page.texts["script"]) == len(page.texts["style"]) == 1
    paragraphs = split_paragraphs(transcript.segments)
    shown = page.texts["p"][1 : len(paragraphs) + 1]
    assert [text.rstrip() for text in shown] == [printable(one.text) for one in paragraphs]
    labels = {speaker.id: printable(speaker.label) for speaker in transcript.speakers}
    named = [labels.get(paragraph.speaker or "") for paragraph in paragraphs]
    assert page.texts.get("b", []) == [label for label in named if label]


@anything
@given(transcripts())
def test_a_page_shows_all_that_was_said(transcript: Transcript) -> None:
    page = read(transcript)
    paragraphs = split_paragraphs(transcript.segments)
    shown = page.texts["p"][1 : len(paragraphs) + 1]
    assert [text.rstrip() for text in shown] == [printable(one.text) for one in paragraphs]
