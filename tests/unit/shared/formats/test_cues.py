"""Captions of any script end between words, whatever the recogniser took for a word."""

from itertools import pairwise

import srt
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.formats.cues import Cue, build_cues
from shared.formats.lines import columns, line_columns
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript
from tests.support.drawn import drawn
from tests.support.finalize_inputs import (
    aligned,
    manifest_of,
    segment,
    transcript_of,
    word,
)
from tests.support.scripts import LANGUAGES, any_texts, cuts_of, inside_clusters, latin_words

anything = settings(max_examples=150, deadline=None)
SECONDS_A_CHARACTER = 0.2


def cues_of(transcript: Transcript) -> list[Cue]:
    return build_cues(transcript, CaptionOptions())


def spoken(text: str, borders: list[int], language: str | None) -> Transcript:
    """Returns a transcript of the text, of which the recogniser made words at the borders."""
    edges = sorted({0, len(text), *(border for border in borders if border < len(text))})
    words = []
    for start, end in pairwise(edges):
        spelling = text[start:end].strip()
        if spelling:
            words.append(word(spelling, start * SECONDS_A_CHARACTER, end * SECONDS_A_CHARACTER))
    duration = len(text) * SECONDS_A_CHARACTER
    written = segment(text, 0.0, duration, language)
    manifest = manifest_of(duration + 1, [[(0.0, duration)]])
    return transcript_of(manifest, [aligned([written], words)])


@anything
@given(
    any_texts.filter(str.strip),
    st.lists(st.integers(1, 150), max_size=60),
    st.sampled_from(LANGUAGES),
)
def test_no_caption_and_no_line_ends_inside_a_word_of_any_script(
    text: str, borders: list[int], language: str | None
) -> None:
    transcript = spoken(text, borders, language)
    (said,) = transcript.segments
    cues = cues_of(transcript)
    lines = [line for cue in cues for line in cue.lines]
    cuts = set(cuts_of(said.text, lines))
    assert all(len(cue.lines) <= 2 for cue in cues)
    assert all(columns(line) <= line_columns(language) for line in lines)
    assert not cuts & inside_clusters(said.text)
    for start, end in latin_words(said.text):
        if columns(said.text[start:end]) <= line_columns(language):
            assert not cuts & set(range(start + 1, end))


def test_a_word_that_the_recogniser_wrote_in_parts_stays_in_one_caption() -> None:
    text = "今天我们来讨论一下OpenAI和Google都在做的事情因为这是大家一直都在关心的问题"
    cut = text.index("oogle")
    cues = cues_of(spoken(text, [*range(1, 10), cut, *range(cut + 5, 60)], "zh"))
    assert "".join(cue.speech for cue in cues) == text
    assert [cue.lines for cue in cues] == [
        ["今天我们来讨论", "一下OpenAI和Google都在"],
        ["做的事情因为这是大家", "一直都在关心的问题"],
    ]


def test_thai_captions_begin_with_no_tone_mark_and_no_vowel_sign() -> None:
    text = "วันนี้เราจะมาพูดคุยเกี่ยวกับเรื่องที่น่าสนใจมากที่สุดในปีนี้กันครับ" * 3
    cues = cues_of(spoken(text, list(range(1, 150)), "th"))
    assert "".join(cue.speech for cue in cues) == text
    assert not {cue.speech[0] for cue in cues} & set("่้๊๋ิีึืุูัะาำ")
    assert len(cues) > 2


def test_a_piece_inside_a_word_has_its_share_of_the_words_time() -> None:
    cues = cues_of(spoken("今天的天气非常好，我们去公园散步。" * 3, [], "zh"))
    assert [(cue.start, cue.end, cue.speech[:4]) for cue in cues] == [
        (0, 3320, "今天的天"),
        (3400, 6720, "今天的天"),
        (6800, 10700, "今天的天"),
    ]


def test_a_segment_that_begins_with_a_mark_continues_the_one_before() -> None:
    texts = ["ฉันอยากไปที", "่บ้านของคุณ", "，然后"]
    words = [word(text, index * 1.5, index * 1.5 + 1.4, index) for index, text in enumerate(texts)]
    segments = [segment(text, language="th") for text in texts]
    manifest = manifest_of(20.0, [[(0.0, 6.0)]])
    cues = cues_of(transcript_of(manifest, [aligned(segments, words)]))
    assert [cue.speech for cue in cues] == ["ฉันอยากไปที่บ้านของคุณ，然后"]


def test_a_mark_after_a_pause_is_a_caption_of_its_own() -> None:
    words = [word("Well", 0.0, 1.5), word("...", 5.0, 6.5, 1)]
    parts = aligned([segment("Well"), segment("...")], words)
    cues = cues_of(transcript_of(manifest_of(20.0, [[(0.0, 7.0)]]), [parts]))
    assert [(cue.start, cue.end, cue.speech) for cue in cues] == [
        (0, 2000, "Well"),
        (5000, 7000, "..."),
    ]


def test_korean_is_cut_at_spaces() -> None:
    text = "오늘은 인공지능에 대해서 이야기해 보겠습니다 그리고 다음에는 기계학습을 살펴봅시다"
    borders = [at + 1 for at, character in enumerate(text) if character == " "]
    cues = cues_of(spoken(text, borders, "ko"))
    lines = [line for cue in cues for line in cue.lines]
    assert " ".join(lines) == text
    assert all(columns(line) <= 32 for line in lines)


def test_japanese_captions_have_thirteen_characters_a_line() -> None:
    text = "今日は天気がいいので、公園に行って、友達と一緒にお弁当を食べました。"
    written = drawn("srt", spoken(text, list(range(1, 60)), "ja"))
    lines = [one.content.split("\n") for one in srt.parse(written)]
    assert lines == [
        ["今日は天気が", "いいので、公園に行って、"],
        ["友達と一緒に", "お弁当を食べました。"],
    ]
