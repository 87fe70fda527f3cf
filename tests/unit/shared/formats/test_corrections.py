"""A transcript with edits has the names, speakers and words that people chose, in every format."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.model.artifacts import Turn
from shared.model.caption_options import CaptionOptions
from shared.model.edits import Edits, ids_of, unknown_ids
from shared.model.formats import FORMATS
from shared.model.transcript import Segment, Transcript, Word
from tests.support.finalize_inputs import (
    aligned,
    assert_text_is_of_words,
    diarization,
    manifest_of,
    segment,
    sentence,
    transcript_of,
    transcripts,
    word,
)

CAPTIONS = CaptionOptions()
TURNS = [(0.0, 2.0, "A"), (2.0, 4.0, "B"), (5.0, 7.0, "A"), (6.0, 8.0, "C")]


def talk() -> Transcript:
    """Returns four sentences of S1, S2, S1 and S3. The last two speakers talk at once for 1 s."""
    texts = ["One two.", "Three four.", "Five six.", "Seven eight."]
    starts = [0.0, 2.0, 5.0, 7.0]
    segments = []
    words = []
    for index, (text, start) in enumerate(zip(texts, starts, strict=True)):
        first, second = text.split()
        segments.append(segment(text, start, start + 1))
        words.append(word(first, start, start + 0.5, index))
        words.append(word(second, start + 0.5, start + 1, index))
    manifest = manifest_of(10.0, [[(0.0, 8.0)]])
    exclusive = [(0.0, 2.0, "A"), (2.0, 4.0, "B"), (5.0, 7.0, "A"), (7.0, 8.0, "C")]
    return transcript_of(
        manifest, [aligned(segments, words)], [diarization(exclusive, None, TURNS)]
    )


def turns_of(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(turn.start, turn.end, turn.speaker) for turn in transcript.turns]


def speakers_of(transcript: Transcript) -> list[tuple[str, str, float, int, int]]:
    found = []
    for speaker in transcript.speakers:
        figures = (speaker.talk_time, speaker.turns, speaker.words)
        found.append((speaker.id, speaker.label, *figures))
    return found


def test_the_made_up_talk_is_as_the_other_tests_expect() -> None:
    assert [one.speaker for one in talk().segments] == ["S1", "S2", "S1", "S3"]
    assert [one.overlap for one in talk().words] == [False] * 6 + [False, False]
    assert [(one.start, one.end) for one in talk().overlaps] == [(6.0, 7.0)]


def test_a_name_is_the_label_of_its_speaker() -> None:
    corrected = correct(talk(), Edits(speakers={"S2": "Anna Weber"}))
    assert [one.label for one in corrected.speakers] == ["Speaker 1", "Anna Weber", "Speaker 3"]
    assert "Anna Weber: Three four." in draw_format("txt", corrected, CAPTIONS).decode()


def test_merged_speakers_share_turns_words_and_talk_time() -> None:
    corrected = correct(talk(), Edits(merges={"S3": "S2", "S2": "S1"}, speakers={"S1": "Anna"}))
    assert turns_of(corrected) == [(0.0, 4.0, "S1"), (5.0, 8.0, "S1")]
    assert speakers_of(corrected) == [("S1", "Anna", 7.0, 2, 8)]
    assert corrected.overlaps == ()
    assert {one.speaker for one in corrected.segments} == {"S1"}
    assert {one.speakers for one in corrected.words} == {("S1",)}
    assert corrected.text == "One two. Three four.\nFive six. Seven eight."


def test_a_sentence_given_to_another_speaker_takes_its_turn_along() -> None:
    corrected = correct(talk(), Edits(sentences={"1": "S5"}, speakers={"S5": "Eve"}))
    assert turns_of(corrected)[1] == (2.0, 3.0, "S5")
    assert turns_of(corrected)[2] == (3.0, 4.0, "S2"), "a second that nothing is said in stays"
    assert speakers_of(corrected)[-1] == ("S5", "Eve", 1.0, 1, 2)
    given_words = corrected.words[2:4]
    assert {one.speakers for one in given_words} == {("S5",)}
    assert {one.speaker_confidence for one in given_words} == {1.0}


def test_a_short_rest_of_a_turn_around_a_given_sentence_is_no_turn() -> None:
    transcript = talk()
    turn = Turn(start=1.9, end=3.4, speaker="S2")
    turns = (transcript.turns[0], turn, *transcript.turns[2:])
    corrected = correct(
        transcript.model_copy(update={"turns": turns}), Edits(sentences={"1": "S3"})
    )
    assert "S2" not in {one.speaker for one in corrected.turns}


def test_a_sentence_given_to_its_own_speaker_changes_no_turn() -> None:
    assert correct(talk(), Edits(sentences={"1": "S2"})).turns == talk().turns


@pytest.mark.parametrize(
    ("language", "text", "words", "new_words", "corrected"),
    [
        ("en", "we saw new york today", "we saw new york today", {2: "New", 3: "York,"},
         "we saw New York, today"),
        ("en", "we saw NYC today", "we saw NYC today", {2: "New York"}, "we saw New York today"),
        ("en", "well uh we saw", "well uh we saw", {1: ""}, "well we saw"),
        ("en", "uh we saw", "uh we saw", {0: ""}, "we saw"),
        ("en", "we saw uh.", "we saw uh.", {2: ""}, "we saw"),
        ("ja", "今日はいい天気。", "今日 は いい 天気。", {3: "電気。"}, "今日はいい電気。"),
        ("ja", "今日はいい天気です。", "今日 は いい 天気 です。", {2: ""}, "今日は天気です。"),
        ("zh", "我用 GitHub 写", "我 用 GitHub 写", {2: "GitLab"}, "我用 GitLab 写"),
        ("th", "สวัสดี ครับ", "สวัสดี ครับ", {1: "ค่ะ"}, "สวัสดี ค่ะ"),
        ("ar", "مرحبا بكم هنا", "مرحبا بكم هنا", {1: "بك"}, "مرحبا بك هنا"),
    ],
)  # fmt: skip
def test_words_are_replaced_with_the_spaces_that_were_written(
    language: str, text: str, words: str, new_words: dict[int, str], corrected: str
) -> None:
    spellings = words.split()
    timed = [word(one, index, index + 1.0) for index, one in enumerate(spellings)]
    whole = segment(text, 0.0, len(spellings), language)
    transcript = transcript_of(manifest_of(20.0, [[(0.0, 9.0)]]), [aligned([whole], timed)])
    edits = Edits(words={str(index): new for index, new in new_words.items()})
    after = correct(transcript, edits)
    assert [one.text for one in after.segments] == [corrected]
    assert after.text == corrected
    for index, new in new_words.items():
        assert {one.word for one in after.words if one.id == index} == ({new} if new else set())


def test_a_corrected_word_has_no_confidence_of_the_recogniser() -> None:
    corrected = correct(talk(), Edits(words={"0": "Won", "1": "two."}))
    assert [one.confidence for one in corrected.words[:2]] == [None, 0.8]


def test_a_sentence_without_words_is_gone() -> None:
    corrected = correct(talk(), Edits(words={"2": "", "3": ""}))
    assert [one.id for one in corrected.segments] == [0, 2, 3]
    assert [one.id for one in corrected.words] == [0, 1, 4, 5, 6, 7]
    assert [one.word for one in corrected.words_of(corrected.segments[1])] == ["Five", "six."]


def test_a_dropped_sentence_is_gone_with_its_words() -> None:
    corrected = correct(talk(), Edits(dropped=("segment-2",)))
    assert "Five" not in corrected.text
    assert [one.words for one in corrected.speakers] == [2, 2, 2]


def with_suspects() -> Transcript:
    ghost = segment("Thanks for watching!", 2.5, 3.5, quality_flags=("no_speech",))
    late = segment("Bye.", 9.0, 9.5, quality_flags=("no_speech",))
    transcript = talk()
    manifest = manifest_of(
        10.0,
        [
            [(0.0, 8.0)],
        ],
    )
    suspects = transcript_of(manifest, [aligned([ghost, late], [])]).quality.suspects
    quality = transcript.quality.model_copy(update={"suspects": suspects})
    return transcript.model_copy(update={"quality": quality})


def test_a_kept_suspect_is_a_sentence_in_its_place() -> None:
    corrected = correct(with_suspects(), Edits(kept=("suspect-0",), dropped=("suspect-1",)))
    assert [one.id for one in corrected.segments] == [0, 1, 4, 2, 3]
    kept: Segment = corrected.segments[2]
    assert (kept.text, kept.speaker, kept.words) == ("Thanks for watching!", "S2", None)
    assert corrected.quality.suspects == ()
    assert "Three four. Thanks for watching!" in corrected.text
    for name in ("srt", "vtt", "txt"):
        assert b"Thanks for" in draw_format(name, corrected, CAPTIONS)


def test_a_kept_suspect_can_be_given_to_a_speaker() -> None:
    edits = Edits(kept=("suspect-1",), sentences={"suspect-1": "S3"}, merges={"S3": "S1"})
    corrected = correct(with_suspects(), edits)
    assert corrected.segments[-1].speaker == "S1"
    undecided = correct(with_suspects(), Edits(kept=("suspect-1",)))
    assert undecided.segments[-1].speaker is None, "no one talks then"


def test_dismissed_gaps_are_gone() -> None:
    manifest = manifest_of(30.0, [[(0.0, 2.0), (10.0, 14.0), (20.0, 24.0)]])
    transcript = transcript_of(manifest, [sentence("one two three", 0.0)])
    assert len(transcript.quality.uncovered) == 2
    corrected = correct(transcript, Edits(dropped=("gap-0",)))
    assert corrected.quality.uncovered == transcript.quality.uncovered[1:]


# All transcripts and all edits

SPEAKERS = st.sampled_from([f"S{number}" for number in range(1, 6)])
NAMES = st.sampled_from(["Anna", "<b>", "-->", "=1+1", "アンナ", "a" * 100, "S2: x"])
TEXTS = st.sampled_from(
    [
        "",
        "new",
        "New York",
        "</v>",
        "-->",
        "好",
        "one, two.",
        "{\\an8}",
    ]
)


@st.composite
def any_edits(draw: st.DrawFn, transcript: Transcript) -> Edits:
    """Draws edits with ids of the transcript."""
    word_ids = [str(one.id) for one in transcript.words]
    sentence_ids = [str(one.id) for one in transcript.segments]
    suspects = [f"suspect-{index}" for index in range(len(transcript.quality.suspects))]
    others = [f"segment-{one}" for one in sentence_ids]
    others += [f"gap-{index}" for index in range(len(transcript.quality.uncovered))]
    kept = draw(subset(suspects))
    left = [one for one in suspects if one not in kept]
    targets = st.sampled_from(["S1", "S2"])
    known = {one.id for one in transcript.speakers}
    sentences = draw(some(sentence_ids + kept, SPEAKERS))
    known |= set(sentences.values())
    names = draw(some(sorted(known), NAMES))
    merges = draw(some([one for one in known if one > "S2"], targets))
    merges = {one: into for one, into in merges.items() if into in known}
    return Edits(
        speakers=names,
        merges=merges,
        words=draw(some(word_ids, TEXTS)),
        sentences=sentences,
        kept=tuple(kept),
        dropped=tuple(draw(subset(left)) + draw(subset(others))),
    )


def subset(items: list[str]) -> st.SearchStrategy[list[str]]:
    if not items:
        return st.just([])
    return st.lists(st.sampled_from(items), unique=True, max_size=6)


def some(keys: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    if not keys:
        return st.just({})
    return st.dictionaries(st.sampled_from(sorted(keys)), values, max_size=6)


@settings(max_examples=20, deadline=None)
@given(transcripts())
def test_without_edits_a_transcript_is_the_same(transcript: Transcript) -> None:
    assert correct(transcript, Edits()) == transcript
    read = Transcript.model_validate_json(transcript.model_dump_json())
    assert correct(read, Edits()) == read


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_every_corrected_transcript_holds_together(data: st.DataObject) -> None:
    transcript = data.draw(transcripts())
    edits = data.draw(any_edits(transcript))
    assert unknown_ids(edits, ids_of(transcript)) == []
    corrected = correct(transcript, edits)
    assert Transcript.model_validate_json(corrected.model_dump_json())
    speakers = {one.id for one in corrected.speakers}
    assert speakers >= {turn.speaker for turn in corrected.turns}
    in_segments: list[Word] = []
    for one in corrected.segments:
        assert one.text
        assert one.speaker is None or one.speaker in speakers
        assert_text_is_of_words(one, corrected)
        own = corrected.words_of(one)
        in_segments += own
        assert {each.speaker for each in own} <= {one.speaker}
    assert in_segments == list(corrected.words)
    said = sum(one.words for one in corrected.speakers)
    assert said == sum(each.speaker is not None for each in corrected.words)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_same_words_and_speakers_can_be_corrected_twice(data: st.DataObject) -> None:
    """Ids stay, so edits of words and speakers mean the same in the corrected transcript."""
    transcript = data.draw(transcripts())
    edits = data.draw(any_edits(transcript))
    of_words = Edits(speakers=edits.speakers, merges=edits.merges, words=edits.words)
    once = correct(transcript, of_words)
    assert correct(once, of_words) == once


@settings(max_examples=5, deadline=None)  # each draws every format twice
@given(st.data())
def test_every_format_is_drawn_as_of_a_transcript_with_those_words(data: st.DataObject) -> None:
    """A format that finds words by their index instead of their id would draw other words."""
    transcript = data.draw(transcripts())
    edits = data.draw(any_edits(transcript))
    corrected = correct(transcript, edits)
    for name in FORMATS:
        drawn = draw_format(name, corrected, CAPTIONS)
        if name not in FORMATS_WITH_IDS:
            assert drawn == draw_format(name, renumbered(corrected), CAPTIONS), name


FORMATS_WITH_IDS = {"openai", "csv", "words-csv", "parquet", "words-parquet"}
"""Formats in which the ids of words or segments are written."""


def renumbered(transcript: Transcript) -> Transcript:
    """Returns the transcript with ids that are the indexes again."""
    new_ids = {one.id: index for index, one in enumerate(transcript.words)}
    words = [one.model_copy(update={"id": new_ids[one.id]}) for one in transcript.words]
    segments = []
    for index, one in enumerate(transcript.segments):
        own = transcript.words_of(one)
        span = (new_ids[own[0].id], new_ids[own[-1].id]) if own else None
        segments.append(one.model_copy(update={"id": index, "words": span}))
    return transcript.model_copy(update={"words": tuple(words), "segments": tuple(segments)})
