"""Configured phrases are replaced in the words, keeping times and punctuation."""

from functions.finalize.text import space
from shared.transcript import Transcript
from tests.unit.finalize.recordings import (
    aligned,
    manifest,
    options,
    segment,
    sentence,
    split_manifest,
    transcript,
    word,
)

FOUND = manifest(10.0, [[(0.0, 5.0)]])


def rewritten(text: str, rules: dict[str, str], language: str = "en") -> Transcript:
    """Half a second a word."""
    return transcript(FOUND, [sentence(text, 0.0, language=language)], asked=options(replacements=dict(rules)))


def text(found: str, rules: dict[str, str]) -> str:
    """What is written; the words must say the same."""
    made = rewritten(found, rules)
    for part in made.segments:
        first, last = part.words or (0, -1)
        assert part.text == space(part.language).join(one.word for one in made.words[first : last + 1])
    return made.text


def test_a_word_is_found_whatever_its_case_and_the_marks_around_it() -> None:
    assert text('"Cubernetes," he said.', {"cubernetes": "Kubernetes"}) == '"Kubernetes," he said.'
    assert text("¿Cubernetes?", {"CUBERNETES": "Kubernetes"}) == "¿Kubernetes?"


def test_a_part_of_a_word_is_not_found() -> None:
    assert text("A category of cats.", {"cat": "dog"}) == "A category of cats."
    assert text("An e-mail and C++.", {"mail": "letter", "C": "D"}) == "An e-mail and C++."


def test_a_mark_within_a_word_counts() -> None:
    assert text("Send an e-mail.", {"e-mail": "email"}) == "Send an email."


def test_words_for_as_many_words_keep_their_times_and_marks() -> None:
    made = rewritten("Ask Jon, Smit!", {"jon smit": "John Smith"})
    assert made.text == "Ask John, Smith!"
    assert [(one.word, one.start, one.end, one.timing) for one in made.words[1:]] == [
        ("John,", 0.5, 1.0, "aligned"),
        ("Smith!", 1.0, 1.5, "aligned"),
    ]


def test_one_word_for_several_lasts_as_long_as_they() -> None:
    words = [
        word("“New", 0.0, 0.5, score=0.4, confidence=0.6),
        word("York,", 0.75, 1.0, score=0.8, confidence=None),
        word("yes.", 1.0, 1.5),
    ]
    made = transcript(
        FOUND, [aligned([segment("“New York, yes.")], words)], asked=options(replacements={"new york": "NYC"})
    )
    first = made.words[0]
    assert (made.text, first.word, first.start, first.end) == ("“NYC, yes.", "“NYC,", 0.0, 1.0)
    assert (first.score, first.confidence, first.timing) == (0.6, 0.6, "aligned")


def test_several_words_for_one_share_its_time_by_their_letters() -> None:
    made = rewritten("Hm, gonna.", {"gonna": "going to"})
    assert made.text == "Hm, going to."
    assert [(one.word, one.start, one.end, one.score, one.confidence, one.timing) for one in made.words[1:]] == [
        ("going", 0.5, 0.812, None, 0.8, "interpolated"),
        ("to.", 0.812, 1.0, None, 0.8, "interpolated"),
    ]
    assert made.quality.words_interpolated == 2


def test_nothing_for_a_word_deletes_it_and_keeps_the_end_of_the_sentence() -> None:
    assert text("Well, um, I think so, um.", {"um": ""}) == "Well, I think so."
    assert text("Um. Yes.", {"um": ""}) == "Yes."


def test_a_sentence_of_which_nothing_remains_is_gone_but_was_heard() -> None:
    made = rewritten("Um um um", {"um": ""})
    assert (made.text, made.segments, made.words) == ("", (), ())
    assert made.quality.coverage == 0.36
    assert made.warnings == ()


def test_the_longest_phrase_is_replaced() -> None:
    rules = {"new": "old", "new york": "NYC", "new york city": "Gotham"}
    assert text("New York is new; New York City is not.", rules) == "NYC is old; Gotham is not."


def test_what_was_written_is_not_looked_at_again() -> None:
    assert text("left right", {"left": "right", "right": "left"}) == "right left"


def test_a_full_stop_is_not_written_twice() -> None:
    assert text("By Dropscribe incorporated.", {"incorporated": "Inc."}) == "By Dropscribe Inc."


def test_a_phrase_is_not_found_across_sentences() -> None:
    parts = [segment("I go to New."), segment("York is there.")]
    words = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate(["I", "go", "to", "New."])]
    words += [word(one, 2 + i * 0.5, 2.5 + i * 0.5, 1) for i, one in enumerate(["York", "is", "there."])]
    made = transcript(FOUND, [aligned(parts, words)], asked=options(replacements={"new york": "NYC"}))
    assert made.text == "I go to New. York is there."


def test_words_without_spaces_are_found_when_together_they_spell_the_phrase() -> None:
    spelled = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate(["我", "在", "北", "京，", "你好。"])]
    given = aligned([segment("我在北京，你好。", language="zh")], spelled)
    made = transcript(FOUND, [given], asked=options(replacements={"北京": "上 海", "好": "不"}))
    assert made.text == "我在上 海，你好。"
    assert [(one.word, one.start, one.end) for one in made.words[2:]] == [("上 海，", 1.0, 2.0), ("你好。", 2.0, 2.5)]


def test_text_without_words_and_suspects_are_rewritten_too() -> None:
    parts = [segment("Ask Jon."), segment("Jon Jon Jon", 2.0, 3.0, doubts=("repetitive",))]
    made = transcript(FOUND, [aligned(parts, [])], asked=options(replacements={"jon": "John"}))
    assert made.text == "Ask John."
    assert [suspect.text for suspect in made.quality.suspects] == ["John John John"]


def test_each_channel_is_rewritten() -> None:
    found = split_manifest(10.0, [(0.0, 1.0)], [(2.0, 3.0)])
    said = [sentence("Hi Jon.", 0.0), sentence("Hi Jon.", 2.0)]
    made = transcript(found, said, asked=options(replacements={"jon": "J"}))
    assert [one.word for one in made.words] == ["Hi", "J.", "Hi", "J."]
