"""The finalize stage builds a valid transcript from examples and from generated inputs."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.generate import CONTRACTS
from shared.model.artifacts import Interval, LanguageGuess, StageWarning
from shared.model.transcript import Suspect, Transcript
from tests.support.finalize_inputs import (
    GHOST,
    aligned,
    aligned_parts,
    assert_text_is_of_words,
    detection,
    diarization,
    manifest_of,
    manifests,
    resolved_options,
    segment,
    sentence,
    transcript_of,
    transcripts,
    word,
)

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((CONTRACTS / "transcript.schema.json").read_text(encoding="utf-8"))
)
anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@anything
@given(transcripts())
def test_every_word_is_timed_in_order_and_inside_the_recording(transcript: Transcript) -> None:
    end = round(transcript.media.duration, 3)
    for one in transcript.words:
        assert 0 <= one.start <= one.end <= end
    for channel in {one.channel for one in transcript.words}:
        own = [one for one in transcript.words if one.channel == channel]
        for before, after in pairwise(own):
            assert before.end <= after.start


@anything
@given(transcripts())
def test_every_word_has_a_speaker_when_any_turn_is_known(transcript: Transcript) -> None:
    known = {speaker.id for speaker in transcript.speakers}
    for one in transcript.words:
        assert (one.speaker is None) == (one.speaker_confidence is None)
        assert one.speaker in known or one.speaker is None
    if transcript.turns and transcript.words:
        assert len({one.speaker is None for one in transcript.words}) == 1
    assert sum(speaker.words for speaker in transcript.speakers) == sum(
        one.speaker is not None for one in transcript.words
    )


@anything
@given(transcripts())
def test_segments_hold_every_word_once_in_order(transcript: Transcript) -> None:
    ranges = [part.words for part in transcript.segments if part.words]
    assert [index for first, last in ranges for index in range(first, last + 1)] == [
        one.id for one in transcript.words
    ]
    for part in transcript.segments:
        first, last = part.words or (0, -1)
        words = transcript.words[first : last + 1]
        assert part.start <= part.end
        assert {(one.speaker, one.language, one.channel) for one in words} <= {
            (part.speaker, part.language, part.channel)
        }
        assert_text_is_of_words(part, transcript)
    assert [one.id for one in transcript.segments] == list(range(len(transcript.segments)))
    assert [one.start for one in transcript.segments] == sorted(
        one.start for one in transcript.segments
    )


@anything
@given(st.data())
def test_every_aligned_word_is_in_the_transcript_or_in_a_suspect(data: st.DataObject) -> None:
    manifest = data.draw(manifests())
    parts = [data.draw(aligned_parts()) for _ in manifest.chunks]
    transcript = transcript_of(manifest, parts)
    said: Counter[str] = Counter()
    suspects = 0
    for part in parts:
        doubted = {index for index, one in enumerate(part.segments) if one.is_suspect}
        suspects += len(doubted)
        said.update(one.word for one in part.words if one.segment not in doubted)
    assert Counter(one.word for one in transcript.words) == said
    assert len(transcript.quality.suspects) == suspects


@anything
@given(transcripts())
def test_the_text_is_that_of_the_segments(transcript: Transcript) -> None:
    assert "".join(transcript.text.split()) == "".join(
        "".join(part.text.split()) for part in transcript.segments
    )


@anything
@given(transcripts())
def test_suspects_are_kept_out_of_text_and_words(transcript: Transcript) -> None:
    assert GHOST not in transcript.text
    assert not any(GHOST in one.word for one in transcript.words)
    for suspect in transcript.quality.suspects:
        assert set(suspect.text) <= {GHOST, " "}
        assert 0 <= suspect.start <= suspect.end <= round(transcript.media.duration, 3)
    assert ("suspects" in [warning.code for warning in transcript.warnings]) == bool(
        transcript.quality.suspects
    )


@anything
@given(transcripts())
def test_a_word_lists_its_own_speaker_first_and_each_one_once(transcript: Transcript) -> None:
    for one in transcript.words:
        assert one.speakers[:1] == ((one.speaker,) if one.speaker else ())
        assert len(set(one.speakers)) == len(one.speakers)
        assert set(one.speakers) <= {speaker.id for speaker in transcript.speakers}


@anything
@given(transcripts())
def test_json_matches_its_schema_and_reads_back(transcript: Transcript) -> None:
    text = transcript.model_dump_json()
    SCHEMA.validate(json.loads(text))
    read = Transcript.model_validate_json(text)
    assert read.words == transcript.words
    assert read.model_dump_json() == text


@anything
@given(transcripts())
def test_every_time_and_every_measure_has_at_most_three_decimals(transcript: Transcript) -> None:
    document = json.loads(transcript.model_dump_json(exclude={"options"}), parse_float=Decimal)
    for number in decimals(document):
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int) and exponent >= -3


def decimals(document: Any) -> Iterator[Decimal]:
    """Yields every fraction of a JSON document."""
    if isinstance(document, Decimal):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from decimals(value)
    elif isinstance(document, list):
        for value in document:
            yield from decimals(value)


def test_times_of_chunks_become_times_of_the_recording() -> None:
    manifest = manifest_of(20.0, [[(0.5, 2.0)], [(10.5, 12.0)]])
    transcript = transcript_of(
        manifest, [sentence("Good morning.", 0.5), sentence("Good night.", 0.5)]
    )
    assert [(one.word, one.start, one.end) for one in transcript.words] == [
        ("Good", 0.5, 1.0),
        ("morning.", 1.0, 1.5),
        ("Good", 10.5, 11.0),
        ("night.", 11.0, 11.5),
    ]
    assert [one.timing for one in transcript.words] == ["aligned"] * 4
    assert [(one.start, one.end, one.words) for one in transcript.segments] == [
        (0.5, 1.5, (0, 1)),
        (10.5, 11.5, (2, 3)),
    ]


def test_words_touch_at_a_cut_through_speech() -> None:
    manifest = manifest_of(20.0, [[(9.0, 10.0)], [(10.0, 11.0)]])
    before = aligned([segment("one two")], [word("one", 9.0, 9.6), word("two", 9.5, 10.4)])
    transcript = transcript_of(
        manifest, [before, aligned([segment("three")], [word("three", -0.2, 0.5)])]
    )
    assert [(one.start, one.end, one.timing) for one in transcript.words] == [
        (9.0, 9.5, "clamped"),
        (9.5, 10.0, "clamped"),
        (10.0, 10.5, "clamped"),
    ]


def test_no_word_ends_after_the_recording() -> None:
    transcript = transcript_of(
        manifest_of(2.0, [[(0.0, 2.0)]]), [sentence("far too late", 1.5, 1.0)]
    )
    assert [(one.start, one.end) for one in transcript.words] == [
        (1.5, 2.0),
        (2.0, 2.0),
        (2.0, 2.0),
    ]


def test_a_sentence_is_split_where_the_speaker_changes_and_keeps_its_spelling() -> None:
    turns = diarization([(0.0, 2.0, "x"), (2.0, 4.0, "y")])
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 4.0)]]),
        [sentence("Are you — sure? Yes, I am.", 0.0)],
        [turns],
        language=detection(),
    )
    assert [(one.speaker, one.text, one.words) for one in transcript.segments] == [
        ("S1", "Are you — sure?", (0, 3)),
        ("S2", "Yes, I am.", (4, 6)),
    ]
    assert transcript.text == "Are you — sure?\nYes, I am."


def test_a_language_without_spaces_is_written_without_spaces() -> None:
    spelled = [word(one, i * 0.5, i * 0.5 + 0.5) for i, one in enumerate("你好。再见。")]
    texts = [segment("你好。", language="zh"), segment("再见。", language="zh")]
    spelled = [one.model_copy(update={"segment": index // 3}) for index, one in enumerate(spelled)]
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 3.0)]]), [aligned(texts, spelled)])
    assert transcript.text == "你好。再见。"
    assert [one.text for one in transcript.segments] == ["你好。", "再见。"]


def test_text_without_words_is_kept_and_flagged() -> None:
    turns = diarization([(0.0, 4.0, "x")])
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 4.0)]]), [aligned([segment("♪ la la ♪", 1.0, 3.0)], [])], [turns]
    )
    (only,) = transcript.segments
    assert (only.text, only.start, only.end, only.words) == ("♪ la la ♪", 1.0, 3.0, None)
    assert (only.speaker, only.flags) == ("S1", ("no_words",))


def test_text_without_words_is_ordered_by_its_time() -> None:
    parts = [segment("♪", 0.0, 1.0), segment("Hello."), segment("♫", 5.0, 6.0)]
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 4.0)]]), [aligned(parts, [word("Hello.", 2.0, 3.0, 1)])]
    )
    assert [(one.id, one.text) for one in transcript.segments] == [
        (0, "♪"),
        (1, "Hello."),
        (2, "♫"),
    ]


def test_a_chunk_ends_with_the_recording() -> None:
    manifest = manifest_of(10.0, [[(0.0, 10.0)]])
    short = manifest.model_copy(
        update={"media": manifest.media.model_copy(update={"duration": 9.0})}
    )
    transcript = transcript_of(short, [sentence("late", 8.8)], [diarization([(0.0, 10.0, "x")])])
    assert (transcript.words[0].end, transcript.turns[0].end) == (9.0, 9.0)


def test_words_timed_by_the_recogniser_flag_their_segment() -> None:
    spelled = [
        word("Dzień", 0.0, 0.5, timing="asr", score=None),
        word("dobry.", 0.5, 1.0, timing="asr", score=None),
    ]
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 1.0)]]),
        [aligned([segment("Dzień dobry.", language="pl")], spelled)],
    )
    assert [one.flags for one in transcript.segments] == [("not_aligned",)]
    assert transcript.words[0].score is None


def test_a_score_of_nan_is_null() -> None:
    odd = word("odd", 0.0, 0.5, score=float("nan"))
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 1.0)]]), [aligned([segment("odd")], [odd])]
    )
    assert transcript.words[0].score is None
    assert "NaN" not in transcript.model_dump_json()


def test_without_diarization_there_are_no_speakers() -> None:
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 1.0)]]), [sentence("Hello.", 0.0)])
    assert (transcript.speakers, transcript.turns, transcript.overlaps) == ((), (), ())
    assert [(one.speaker, one.speaker_confidence) for one in transcript.words] == [(None, None)]


def test_the_transcript_of_silence_is_empty_with_a_warning() -> None:
    transcript = transcript_of(
        manifest_of(30.0, [[]]),
        [aligned([], [])],
        [diarization([])],
        language=detection(None, None),
    )
    assert (transcript.text, transcript.segments, transcript.words, transcript.speakers) == (
        "",
        (),
        (),
        (),
    )
    assert [warning.code for warning in transcript.warnings] == ["no_speech"]
    assert transcript.language.code is None
    assert transcript.quality.coverage is None


def test_a_single_speaker_is_a_warning() -> None:
    manifest = manifest_of(10.0, [[(0.0, 1.0)]])
    transcript = transcript_of(
        manifest, [sentence("Hello.", 0.0)], [diarization([(0.0, 1.0, "x")])]
    )
    assert [warning.code for warning in transcript.warnings] == ["one_speaker"]


def test_a_suspect_segment_does_not_move_the_words_around_it() -> None:
    parts = [
        segment("one two"),
        segment("Thanks for watching.", 0.5, 9.0, "en", ("no_speech",)),
        segment("three"),
    ]
    words = [
        word("one", 0.0, 0.5),
        word("two", 0.5, 1.0),
        word("Thanks", 0.5, 9.0, 1),
        word("three", 1.0, 1.5, 2),
    ]
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 2.0)]]), [aligned(parts, words)])
    assert [(one.word, one.start, one.end, one.timing) for one in transcript.words] == [
        ("one", 0.0, 0.5, "aligned"),
        ("two", 0.5, 1.0, "aligned"),
        ("three", 1.0, 1.5, "aligned"),
    ]
    assert transcript.text == "one two three"
    assert transcript.quality.suspects == (
        Suspect(
            start=0.5,
            end=9.0,
            text="Thanks for watching.",
            language="en",
            channel=None,
            reasons=("no_speech",),
        ),
    )
    assert [warning.code for warning in transcript.warnings] == ["suspects"]


def test_an_uncertain_language_is_a_warning() -> None:
    manifest = manifest_of(10.0, [[(0.0, 1.0)]])
    transcript = transcript_of(
        manifest, [sentence("Ahoj.", 0.0, language="cs")], language=detection("cs", 0.32)
    )
    assert [warning.code for warning in transcript.warnings] == ["language_uncertain"]
    assert (transcript.language.code, transcript.language.method) == ("cs", "detected")


def test_a_given_language_is_reported_as_given() -> None:
    transcript = transcript_of(
        manifest_of(10.0, [[]]), [aligned([], [])], options=resolved_options(language="pl")
    )
    assert (
        transcript.language.code,
        transcript.language.confidence,
        transcript.language.method,
    ) == (
        "pl",
        None,
        "given",
    )


def test_each_segment_has_its_own_language_and_the_recording_that_of_most_words() -> None:
    parts = [
        segment("Hello there.", language="en"),
        segment("你好。", language="zh"),
        segment("Bye.", language="en"),
    ]
    words = [
        word("Hello", 0.0, 0.5),
        word("there.", 0.5, 1.0),
        word("你", 1.0, 1.5, 1),
        word("好。", 1.5, 2.0, 1),
    ]
    recognition = aligned(parts, [*words, word("Bye.", 2.0, 2.5, 2)])
    windows = tuple(
        LanguageGuess(start=0.0, end=1.0, code=code, confidence=p)
        for code, p in [("zh", 0.9), ("en", 0.6)]
    )
    voted = detection("zh", 0.4).model_copy(update={"windows": windows})
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 3.0)]]),
        [recognition],
        options=resolved_options(language="multi"),
        language=voted,
    )
    assert (
        transcript.language.code,
        transcript.language.method,
        transcript.language.confidence,
    ) == (
        "en",
        "multi",
        0.75,
    )
    assert transcript.language.windows == windows
    assert [one.language for one in transcript.segments] == ["en", "zh", "en"]
    assert [one.language for one in transcript.words] == ["en", "en", "zh", "zh", "en"]
    assert transcript.text == "Hello there. 你好。 Bye."
    assert transcript.warnings == ()


def test_a_translation_does_not_decide_the_recordings_language() -> None:
    options = resolved_options(language="multi", task="translate")
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 1.0)]]),
        [sentence("Good day.", 0.0)],
        options=options,
        language=detection("pl"),
    )
    assert (transcript.language.code, transcript.words[0].language) == ("pl", "en")


def test_without_words_the_language_of_many_is_the_detected_one_or_none() -> None:
    silent = manifest_of(10.0, [[]])
    options = resolved_options(language="multi")
    assert (
        transcript_of(
            silent, [aligned([], [])], options=options, language=detection("pl")
        ).language.code
        == "pl"
    )
    assert transcript_of(silent, [aligned([], [])], options=options).language.code is None


def test_another_number_of_speakers_than_given_is_a_warning() -> None:
    manifest = manifest_of(10.0, [[(0.0, 1.0)]])
    turns = diarization([(0.0, 1.0, "x")])
    transcript = transcript_of(
        manifest, [sentence("Hello.", 0.0)], [turns], resolved_options(speakers=2)
    )
    assert "speaker_count" in [warning.code for warning in transcript.warnings]


def test_warnings_of_chunks_are_listed_once_and_in_recording_time() -> None:
    about = StageWarning(code="not_aligned", stage="align", message="No model for this language.")
    there = StageWarning(
        code="loud", stage="align", message="Distorted.", span=Interval(start=1.0, end=30.0)
    )
    parts = [aligned([], [], warnings=(about, there)) for _ in range(2)]
    transcript = transcript_of(manifest_of(20.0, [[(0.0, 1.0)], []], warnings=(about,)), parts)
    assert [(warning.code, warning.span) for warning in transcript.warnings] == [
        ("not_aligned", None),
        ("loud", Interval(start=1.0, end=10.0)),
        ("loud", Interval(start=11.0, end=20.0)),
    ]


def test_warnings_of_spans_are_listed_in_recording_time() -> None:
    manifest = manifest_of(20.0, [[(0.0, 1.0)], []], [(0.0, 10.0), (10.0, 20.0)])
    warning = StageWarning(
        code="voice_unknown",
        stage="diarize",
        message="Too little.",
        span=Interval(start=1.0, end=2.0),
    )
    turns = [
        diarization([(0.0, 2.0, "x")]),
        diarization([(1.0, 2.0, "y")]).model_copy(update={"warnings": (warning,)}),
    ]
    transcript = transcript_of(manifest, [sentence("Hello.", 0.0), aligned([], [])], turns)
    assert [one for one in transcript.warnings if one.stage == "diarize"] == [
        warning.model_copy(update={"span": Interval(start=11.0, end=12.0)})
    ]


def test_every_engine_is_listed_once() -> None:
    manifest = manifest_of(20.0, [[], []])
    transcript = transcript_of(
        manifest, [aligned([], []), aligned([], [])], [diarization([])], language=detection()
    )
    assert {
        stage: [one.name for one in used] for stage, used in transcript.provenance.stages.items()
    } == {
        "prepare": ["prepare"],
        "detect": ["faster-whisper"],
        "transcribe": ["faster-whisper"],
        "align": ["hama"],
        "diarize": ["pyannote"],
    }
    assert transcript.provenance.dropscribe == "0.1.0"


def test_if_only_the_language_was_wanted_nothing_is_said_about_the_speech() -> None:
    speech = manifest_of(60, [[(0, 30)], [(30, 60)]])
    options = resolved_options(task="detect")
    transcript = transcript_of(speech, [], [], options, detection("de", 0.9))
    assert (transcript.language.code, transcript.language.confidence) == ("de", 0.9)
    assert (transcript.text, transcript.words, transcript.speakers) == ("", (), ())
    assert (transcript.quality.coverage, transcript.quality.uncovered) == (None, ())
    assert transcript.warnings == ()
    assert set(transcript.provenance.stages) == {"prepare", "detect"}
