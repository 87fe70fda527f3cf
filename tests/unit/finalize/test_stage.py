"""The finalize stage builds a valid transcript from examples and from generated inputs."""

import json
from itertools import pairwise

import jsonschema
from hypothesis import HealthCheck, given, settings

from functions.finalize.text import space
from shared.schemas import FOLDER
from shared.speech import Guess, Region, Warning
from shared.transcript import Suspect, Transcript
from tests.unit.finalize.recordings import (
    GHOST,
    aligned,
    detection,
    diarization,
    manifest,
    options,
    segment,
    sentence,
    transcript,
    transcripts,
    word,
)

SCHEMA = jsonschema.Draft202012Validator(json.loads((FOLDER / "transcript.schema.json").read_text(encoding="utf-8")))
anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@anything
@given(transcripts())
def test_every_word_is_timed_in_order_and_inside_the_recording(made: Transcript) -> None:
    end = round(made.media.duration, 3)
    for one in made.words:
        assert 0 <= one.start <= one.end <= end
    for channel in {one.channel for one in made.words}:
        own = [one for one in made.words if one.channel == channel]
        for before, after in pairwise(own):
            assert before.end <= after.start


@anything
@given(transcripts())
def test_every_word_has_a_speaker_when_any_turn_is_known(made: Transcript) -> None:
    known = {speaker.id for speaker in made.speakers}
    for one in made.words:
        assert (one.speaker is None) == (one.speaker_confidence is None)
        assert one.speaker in known or one.speaker is None
    if made.turns and made.words:
        assert len({one.speaker is None for one in made.words}) == 1
    assert sum(speaker.words for speaker in made.speakers) == sum(one.speaker is not None for one in made.words)


@anything
@given(transcripts())
def test_segments_hold_every_word_once_in_order(made: Transcript) -> None:
    ranges = [part.words for part in made.segments if part.words]
    assert [index for first, last in ranges for index in range(first, last + 1)] == [one.id for one in made.words]
    for part in made.segments:
        first, last = part.words or (0, -1)
        words = made.words[first : last + 1]
        assert part.start <= part.end
        assert {(one.speaker, one.language, one.channel) for one in words} <= {
            (part.speaker, part.language, part.channel)
        }
        assert not words or part.text == space(part.language).join(one.word for one in words)
    assert [one.id for one in made.segments] == list(range(len(made.segments)))
    assert [one.start for one in made.segments] == sorted(one.start for one in made.segments)


@anything
@given(transcripts())
def test_the_text_is_that_of_the_segments(made: Transcript) -> None:
    assert "".join(made.text.split()) == "".join("".join(part.text.split()) for part in made.segments)


@anything
@given(transcripts())
def test_what_nobody_said_is_told_apart(made: Transcript) -> None:
    assert GHOST not in made.text
    assert not any(GHOST in one.word for one in made.words)
    for suspect in made.quality.suspects:
        assert set(suspect.text) <= {GHOST, " "}
        assert 0 <= suspect.start <= suspect.end <= round(made.media.duration, 3)
    assert ("suspects" in [warning.code for warning in made.warnings]) == bool(made.quality.suspects)


@anything
@given(transcripts())
def test_a_word_names_its_speaker_first_and_nobody_twice(made: Transcript) -> None:
    for one in made.words:
        assert one.speakers[:1] == ((one.speaker,) if one.speaker else ())
        assert len(set(one.speakers)) == len(one.speakers)
        assert set(one.speakers) <= {speaker.id for speaker in made.speakers}


@anything
@given(transcripts())
def test_json_matches_its_schema_and_reads_back(made: Transcript) -> None:
    text = made.model_dump_json()
    SCHEMA.validate(json.loads(text))
    read = Transcript.model_validate_json(text)
    assert read.words == made.words
    assert read.model_dump_json() == text


def test_times_of_chunks_become_times_of_the_recording() -> None:
    found = manifest(20.0, [[(0.5, 2.0)], [(10.5, 12.0)]])
    made = transcript(found, [sentence("Good morning.", 0.5), sentence("Good night.", 0.5)])
    assert [(one.word, one.start, one.end) for one in made.words] == [
        ("Good", 0.5, 1.0),
        ("morning.", 1.0, 1.5),
        ("Good", 10.5, 11.0),
        ("night.", 11.0, 11.5),
    ]
    assert [one.timing for one in made.words] == ["aligned"] * 4
    assert [(one.start, one.end, one.words) for one in made.segments] == [(0.5, 1.5, (0, 1)), (10.5, 11.5, (2, 3))]


def test_words_touch_at_a_cut_through_speech() -> None:
    found = manifest(20.0, [[(9.0, 10.0)], [(10.0, 11.0)]])
    before = aligned([segment("one two")], [word("one", 9.0, 9.6), word("two", 9.5, 10.4)])
    made = transcript(found, [before, aligned([segment("three")], [word("three", -0.2, 0.5)])])
    assert [(one.start, one.end, one.timing) for one in made.words] == [
        (9.0, 9.5, "clamped"),
        (9.5, 10.0, "clamped"),
        (10.0, 10.5, "clamped"),
    ]


def test_nothing_is_timed_after_the_end_of_the_recording() -> None:
    made = transcript(manifest(2.0, [[(0.0, 2.0)]]), [sentence("far too late", 1.5, 1.0)])
    assert [(one.start, one.end) for one in made.words] == [(1.5, 2.0), (2.0, 2.0), (2.0, 2.0)]


def test_a_sentence_is_split_where_the_speaker_changes_and_keeps_its_spelling() -> None:
    turns = diarization([(0.0, 2.0, "x"), (2.0, 4.0, "y")])
    made = transcript(
        manifest(10.0, [[(0.0, 4.0)]]), [sentence("Are you — sure? Yes, I am.", 0.0)], [turns], language=detection()
    )
    assert [(one.speaker, one.text, one.words) for one in made.segments] == [
        ("S1", "Are you — sure?", (0, 3)),
        ("S2", "Yes, I am.", (4, 6)),
    ]
    assert made.text == "Are you — sure?\nYes, I am."


def test_a_language_without_spaces_is_written_without_spaces() -> None:
    spelled = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate("你好。再见。")]
    texts = [segment("你好。", language="zh"), segment("再见。", language="zh")]
    spelled = [one.model_copy(update={"segment": index // 3}) for index, one in enumerate(spelled)]
    made = transcript(manifest(10.0, [[(0.0, 3.0)]]), [aligned(texts, spelled)])
    assert made.text == "你好。再见。"
    assert [one.text for one in made.segments] == ["你好。", "再见。"]


def test_text_without_words_is_kept_and_flagged() -> None:
    turns = diarization([(0.0, 4.0, "x")])
    made = transcript(manifest(10.0, [[(0.0, 4.0)]]), [aligned([segment("♪ la la ♪", 1.0, 3.0)], [])], [turns])
    (only,) = made.segments
    assert (only.text, only.start, only.end, only.words) == ("♪ la la ♪", 1.0, 3.0, None)
    assert (only.speaker, only.flags) == ("S1", ("no_words",))


def test_text_without_words_stands_where_it_was_heard() -> None:
    parts = [segment("♪", 0.0, 1.0), segment("Hello."), segment("♫", 5.0, 6.0)]
    made = transcript(manifest(10.0, [[(0.0, 4.0)]]), [aligned(parts, [word("Hello.", 2.0, 3.0, 1)])])
    assert [(one.id, one.text) for one in made.segments] == [(0, "♪"), (1, "Hello."), (2, "♫")]


def test_a_chunk_does_not_outlast_the_recording() -> None:
    found = manifest(10.0, [[(0.0, 10.0)]])
    short = found.model_copy(update={"media": found.media.model_copy(update={"duration": 9.0})})
    made = transcript(short, [sentence("late", 8.8)], [diarization([(0.0, 10.0, "x")])])
    assert (made.words[0].end, made.turns[0].end) == (9.0, 9.0)


def test_words_timed_by_the_recogniser_flag_their_segment() -> None:
    spelled = [word("Dzień", 0.0, 0.5, timing="asr", score=None), word("dobry.", 0.5, 1.0, timing="asr", score=None)]
    made = transcript(manifest(10.0, [[(0.0, 1.0)]]), [aligned([segment("Dzień dobry.", language="pl")], spelled)])
    assert [one.flags for one in made.segments] == [("not_aligned",)]
    assert made.words[0].score is None


def test_a_score_that_is_no_number_is_null() -> None:
    odd = word("odd", 0.0, 0.5, score=float("nan"))
    made = transcript(manifest(10.0, [[(0.0, 1.0)]]), [aligned([segment("odd")], [odd])])
    assert made.words[0].score is None
    assert "NaN" not in made.model_dump_json()


def test_without_diarization_nobody_is_named() -> None:
    made = transcript(manifest(10.0, [[(0.0, 1.0)]]), [sentence("Hello.", 0.0)])
    assert (made.speakers, made.turns, made.overlaps) == ((), (), ())
    assert [(one.speaker, one.speaker_confidence) for one in made.words] == [(None, None)]


def test_the_answer_to_silence_is_empty_and_says_so() -> None:
    made = transcript(manifest(30.0, [[]]), [aligned([], [])], [diarization([])], language=detection(None, None))
    assert (made.text, made.segments, made.words, made.speakers) == ("", (), (), ())
    assert [warning.code for warning in made.warnings] == ["no_speech"]
    assert made.language.code is None
    assert made.quality.coverage is None


def test_a_single_speaker_is_an_answer_with_a_warning() -> None:
    found = manifest(10.0, [[(0.0, 1.0)]])
    made = transcript(found, [sentence("Hello.", 0.0)], [diarization([(0.0, 1.0, "x")])])
    assert [warning.code for warning in made.warnings] == ["one_speaker"]


def test_what_nobody_said_does_not_move_the_words_around_it() -> None:
    parts = [segment("one two"), segment("Thanks for watching.", 0.5, 9.0, "en", ("no_speech",)), segment("three")]
    words = [word("one", 0.0, 0.5), word("two", 0.5, 1.0), word("Thanks", 0.5, 9.0, 1), word("three", 1.0, 1.5, 2)]
    made = transcript(manifest(10.0, [[(0.0, 2.0)]]), [aligned(parts, words)])
    assert [(one.word, one.start, one.end, one.timing) for one in made.words] == [
        ("one", 0.0, 0.5, "aligned"),
        ("two", 0.5, 1.0, "aligned"),
        ("three", 1.0, 1.5, "aligned"),
    ]
    assert made.text == "one two three"
    assert made.quality.suspects == (
        Suspect(start=0.5, end=9.0, text="Thanks for watching.", language="en", channel=None, reasons=("no_speech",)),
    )
    assert [warning.code for warning in made.warnings] == ["suspects"]


def test_an_unsure_language_is_an_answer_with_a_warning() -> None:
    found = manifest(10.0, [[(0.0, 1.0)]])
    made = transcript(found, [sentence("Ahoj.", 0.0, language="cs")], language=detection("cs", 0.32))
    assert [warning.code for warning in made.warnings] == ["language_uncertain"]
    assert (made.language.code, made.language.method) == ("cs", "detected")


def test_a_given_language_is_reported_as_given() -> None:
    made = transcript(manifest(10.0, [[]]), [aligned([], [])], asked=options(language="pl"))
    assert (made.language.code, made.language.confidence, made.language.method) == ("pl", None, "given")


def test_each_segment_has_its_own_language_and_the_recording_that_of_most_words() -> None:
    parts = [segment("Hello there.", language="en"), segment("你好。", language="zh"), segment("Bye.", language="en")]
    words = [word("Hello", 0.0, 0.5), word("there.", 0.5, 1.0), word("你", 1.0, 1.5, 1), word("好。", 1.5, 2.0, 1)]
    heard = aligned(parts, [*words, word("Bye.", 2.0, 2.5, 2)])
    windows = tuple(Guess(start=0.0, end=1.0, code=code, confidence=p) for code, p in [("zh", 0.9), ("en", 0.6)])
    voted = detection("zh", 0.4).model_copy(update={"windows": windows})
    made = transcript(manifest(10.0, [[(0.0, 3.0)]]), [heard], asked=options(language="multi"), language=voted)
    assert (made.language.code, made.language.method, made.language.confidence) == ("en", "multi", 0.75)
    assert made.language.windows == windows
    assert [one.language for one in made.segments] == ["en", "zh", "en"]
    assert [one.language for one in made.words] == ["en", "en", "zh", "zh", "en"]
    assert made.text == "Hello there. 你好。 Bye."
    assert made.warnings == ()


def test_a_translation_does_not_tell_the_language_of_the_recording() -> None:
    asked = options(language="multi", task="translate")
    made = transcript(
        manifest(10.0, [[(0.0, 1.0)]]), [sentence("Good day.", 0.0)], asked=asked, language=detection("pl")
    )
    assert (made.language.code, made.words[0].language) == ("pl", "en")


def test_many_languages_without_a_word_are_the_one_detected_or_none() -> None:
    silent = manifest(10.0, [[]])
    asked = options(language="multi")
    assert transcript(silent, [aligned([], [])], asked=asked, language=detection("pl")).language.code == "pl"
    assert transcript(silent, [aligned([], [])], asked=asked).language.code is None


def test_another_number_of_speakers_than_asked_for_is_a_warning() -> None:
    found = manifest(10.0, [[(0.0, 1.0)]])
    turns = diarization([(0.0, 1.0, "x")])
    made = transcript(found, [sentence("Hello.", 0.0)], [turns], options(speakers=2))
    assert "speaker_count" in [warning.code for warning in made.warnings]


def test_warnings_of_chunks_are_told_once_and_in_recording_time() -> None:
    about = Warning(code="not_aligned", stage="align", message="No model for this language.")
    there = Warning(code="loud", stage="align", message="Distorted.", span=Region(start=1.0, end=30.0))
    parts = [aligned([], [], warnings=(about, there)) for _ in range(2)]
    made = transcript(manifest(20.0, [[(0.0, 1.0)], []], warnings=(about,)), parts)
    assert [(warning.code, warning.span) for warning in made.warnings] == [
        ("not_aligned", None),
        ("loud", Region(start=1.0, end=10.0)),
        ("loud", Region(start=11.0, end=20.0)),
    ]


def test_every_engine_that_took_part_is_named_once() -> None:
    found = manifest(20.0, [[], []])
    made = transcript(found, [aligned([], []), aligned([], [])], [diarization([])], language=detection())
    assert {stage: [one.name for one in used] for stage, used in made.provenance.stages.items()} == {
        "prepare": ["prepare"],
        "detect": ["faster-whisper"],
        "transcribe": ["faster-whisper"],
        "align": ["hama"],
        "diarize": ["pyannote"],
    }
    assert made.provenance.dropscribe == "0.1.0"
