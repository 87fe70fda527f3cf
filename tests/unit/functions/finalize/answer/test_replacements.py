"""Configured phrases are replaced in the words, keeping times and punctuation."""

from shared.model.transcript import Transcript
from tests.support.finalize_inputs import (
    aligned,
    assert_text_is_of_words,
    manifest_of,
    resolved_options,
    segment,
    sentence,
    split_manifest_of,
    transcript_of,
    word,
)

MANIFEST = manifest_of(10.0, [[(0.0, 5.0)]])


def rewritten(text: str, rules: dict[str, str], language: str = "en") -> Transcript:
    """Returns the transcript of a text with half a second per word."""
    return transcript_of(
        MANIFEST,
        [sentence(text, 0.0, language=language)],
        options=resolved_options(replacements=dict(rules)),
    )


def text(found: str, rules: dict[str, str]) -> str:
    """Returns the text after replacements; checks that the words have the same text."""
    transcript = rewritten(found, rules)
    for part in transcript.segments:
        assert_text_is_of_words(part, transcript)
    return transcript.text


def test_case_and_surrounding_punctuation_do_not_matter() -> None:
    assert text('"Cubernetes," he said.', {"cubernetes": "Kubernetes"}) == '"Kubernetes," he said.'
    assert text("¿Cubernetes?", {"CUBERNETES": "Kubernetes"}) == "¿Kubernetes?"


def test_a_part_of_a_word_is_not_found() -> None:
    assert text("A category of cats.", {"cat": "dog"}) == "A category of cats."
    assert text("An e-mail and C++.", {"mail": "letter", "C": "D"}) == "An e-mail and C++."


def test_punctuation_within_a_word_matters() -> None:
    assert text("Send an e-mail.", {"e-mail": "email"}) == "Send an email."


def test_a_replacement_of_as_many_words_keeps_times_and_punctuation() -> None:
    transcript = rewritten("Ask Jon, Smit!", {"jon smit": "John Smith"})
    assert transcript.text == "Ask John, Smith!"
    assert [(one.word, one.start, one.end, one.timing) for one in transcript.words[1:]] == [
        ("John,", 0.5, 1.0, "aligned"),
        ("Smith!", 1.0, 1.5, "aligned"),
    ]


def test_one_word_for_several_lasts_as_long_as_all_of_them() -> None:
    words = [
        word("“New", 0.0, 0.5, score=0.4, confidence=0.6),
        word("York,", 0.75, 1.0, score=0.8, confidence=None),
        word("yes.", 1.0, 1.5),
    ]
    transcript = transcript_of(
        MANIFEST,
        [aligned([segment("“New York, yes.")], words)],
        options=resolved_options(replacements={"new york": "NYC"}),
    )
    first = transcript.words[0]
    assert (transcript.text, first.word, first.start, first.end) == (
        "“NYC, yes.",
        "“NYC,",
        0.0,
        1.0,
    )
    assert (first.score, first.confidence, first.timing) == (0.6, 0.6, "aligned")


def test_several_words_for_one_share_its_time_by_their_letters() -> None:
    transcript = rewritten("Hm, gonna.", {"gonna": "going to"})
    assert transcript.text == "Hm, going to."
    assert [
        (one.word, one.start, one.end, one.score, one.confidence, one.timing)
        for one in transcript.words[1:]
    ] == [
        ("going", 0.5, 0.812, None, 0.8, "interpolated"),
        ("to.", 0.812, 1.0, None, 0.8, "interpolated"),
    ]
    assert transcript.quality.words_interpolated == 2


def test_an_empty_replacement_deletes_the_word_and_keeps_the_sentence_end() -> None:
    assert text("Well, um, I think so, um.", {"um": ""}) == "Well, I think so."
    assert text("Um. Yes.", {"um": ""}) == "Yes."


def test_a_sentence_that_loses_all_words_is_dropped_but_counts_as_covered() -> None:
    transcript = rewritten("Um um um", {"um": ""})
    assert (transcript.text, transcript.segments, transcript.words) == ("", (), ())
    assert transcript.quality.coverage == 0.36
    assert transcript.warnings == ()


def test_the_longest_phrase_is_replaced() -> None:
    rules = {"new": "old", "new york": "NYC", "new york city": "Gotham"}
    assert text("New York is new; New York City is not.", rules) == "NYC is old; Gotham is not."


def test_a_replacement_is_not_replaced_again() -> None:
    assert text("left right", {"left": "right", "right": "left"}) == "right left"


def test_a_full_stop_is_not_written_twice() -> None:
    assert text("By Dropscribe incorporated.", {"incorporated": "Inc."}) == "By Dropscribe Inc."


def test_a_phrase_is_not_found_across_sentences() -> None:
    parts = [segment("I go to New."), segment("York is there.")]
    words = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate(["I", "go", "to", "New."])]
    words += [
        word(one, 2 + i * 0.5, 2.5 + i * 0.5, 1) for i, one in enumerate(["York", "is", "there."])
    ]
    transcript = transcript_of(
        MANIFEST,
        [aligned(parts, words)],
        options=resolved_options(replacements={"new york": "NYC"}),
    )
    assert transcript.text == "I go to New. York is there."


def test_words_without_spaces_are_found_when_together_they_spell_the_phrase() -> None:
    spelled = [
        word(one, i * 0.5, i * 0.5 + 0.5)
        for i, one in enumerate(["我", "在", "北", "京，", "你好。"])
    ]
    given = aligned([segment("我在北京，你好。", language="zh")], spelled)
    transcript = transcript_of(
        MANIFEST, [given], options=resolved_options(replacements={"北京": "上 海", "好": "不"})
    )
    assert transcript.text == "我在上 海，你好。"
    assert [(one.word, one.start, one.end) for one in transcript.words[2:]] == [
        ("上 海，", 1.0, 2.0),
        ("你好。", 2.0, 2.5),
    ]


def test_spaces_in_a_language_without_them_stay_where_they_were() -> None:
    spelled = ["她", "的", "孩子", "almost", "hurt", "the", "dog."]
    words = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate(spelled)]
    given = aligned([segment("她的孩子almost hurt the dog.", language="zh")], words)
    for rules, expected in (
        ({"hurt": "伤害"}, "她的孩子almost 伤害 the dog."),
        ({"the dog": "猫"}, "她的孩子almost hurt 猫."),
        ({"孩子": "child"}, "她的childalmost hurt the dog."),
        ({"hurt": ""}, "她的孩子almost the dog."),
        ({"dog": ""}, "她的孩子almost hurt the."),
        ({"hurt": "really hurt"}, "她的孩子almost really hurt the dog."),
    ):
        options = resolved_options(replacements=dict(rules))
        transcript = transcript_of(MANIFEST, [given], options=options)
        assert transcript.text == expected
        (part,) = transcript.segments
        assert_text_is_of_words(part, transcript)


def test_a_phrase_of_latin_letters_is_no_part_of_a_longer_word() -> None:
    text_only = segment("很smart的art。", language="zh")
    transcript = transcript_of(
        MANIFEST, [aligned([text_only], [])], options=resolved_options(replacements={"art": "艺术"})
    )
    assert transcript.text == "很smart的艺术。"


def test_replacements_apply_to_text_without_words_and_to_suspects() -> None:
    parts = [segment("Ask Jon."), segment("Jon Jon Jon", 2.0, 3.0, quality_flags=("repetitive",))]
    transcript = transcript_of(
        MANIFEST, [aligned(parts, [])], options=resolved_options(replacements={"jon": "John"})
    )
    assert transcript.text == "Ask John."
    assert [suspect.text for suspect in transcript.quality.suspects] == ["John John John"]


def test_replacements_apply_to_each_channel() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 1.0)], [(2.0, 3.0)])
    said = [sentence("Hi Jon.", 0.0), sentence("Hi Jon.", 2.0)]
    transcript = transcript_of(manifest, said, options=resolved_options(replacements={"jon": "J"}))
    assert [one.word for one in transcript.words] == ["Hi", "J.", "Hi", "J."]
