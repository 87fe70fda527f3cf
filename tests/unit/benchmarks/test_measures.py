"""The evaluation's measures give the values known by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.evaluation import measures
from benchmarks.evaluation.language_measures import language_right
from benchmarks.evaluation.measures import Score
from benchmarks.evaluation.result import Ratio, Result, Turn, Word
from benchmarks.evaluation.speaker_measures import diarization_errors, speakers_counted
from benchmarks.evaluation.speech_measures import aligned, coverage, faults, invented
from benchmarks.evaluation.start_measures import starts
from benchmarks.evaluation.truth import Onset, Recording, Utterance
from benchmarks.evaluation.word_measures import speaker_errors, word_errors


def truth(
    *utterances: Utterance,
    seconds: float = 60,
    onsets: Sequence[Onset] = (),
    language: str | None = "en",
    options: dict[str, str] | None = None,
    speakers_known: bool = True,
) -> Recording:
    return Recording(
        "r",
        "set",
        Path("r.wav"),
        seconds,
        utterances,
        tuple(onsets),
        language,
        options or {},
        speakers_known,
    )


def said(
    text: str | None, start: float = 0, end: float = 10, speaker: str = "A", language: str = "en"
) -> Utterance:
    return Utterance(speaker, start, end, text, language)


def heard(text: str, speaker: str | None = "S1", language: str | None = None) -> tuple[Word, ...]:
    """A word a second."""
    return tuple(
        Word(word, float(i), i + 0.5, speaker, timing="aligned", language=language)
        for i, word in enumerate(text.split())
    )


def at(*times: tuple[float, float]) -> Result:
    return Result(tuple(Word("word", start, end) for start, end in times))


def test_word_errors_are_those_of_the_normalised_texts() -> None:
    found = word_errors(
        truth(said("It's twenty-five, Mr. Smith.")), Result(heard("it is 25 mister Smyth now"))
    )
    assert found["wer"] == Ratio(2, 5)
    assert (found["substituted"].part, found["deleted"].part, found["inserted"].part) == (1, 0, 1)


def test_without_an_answer_every_word_is_deleted() -> None:
    found = word_errors(truth(said("one word too many")), Result(error="it crashed"))
    assert found["wer"] == found["deleted"] == Ratio(4, 4)


def test_no_word_errors_where_a_text_is_not_known() -> None:
    assert word_errors(truth(said("known"), said(None)), Result(heard("known"))) == {}
    assert word_errors(truth(), Result(heard("invented"))) == {}


def test_a_language_without_spaces_is_counted_in_characters() -> None:
    found = word_errors(truth(said("你好世界"), language="zh"), Result(heard("你好世間")))
    assert found["wer"] == Ratio(1, 4)


def test_rates_of_many_recordings_are_weighed_by_their_words() -> None:
    short, long = Ratio(1, 1), Ratio(0, 9)
    pooled = measures.figures(
        [Score({"wer": short}, {}, ()), Score({"wer": long}, {}, ()), Score({}, {}, ())]
    )
    assert pooled == {"wer": pytest.approx(0.1)}


def test_a_word_of_the_wrong_speaker_is_deleted_from_one_and_inserted_to_the_other() -> None:
    pytest.importorskip("meeteval", reason="meeteval comes with the extra `benchmarks`")
    words = (
        *heard("one fine day", "S1"),
        *heard("we two went out", "S1")[:1],
        *heard("went home", "S2"),
    )
    found = speaker_errors(
        truth(said("one fine day"), said("we went home", speaker="B")), Result(words)
    )
    assert found["cpwer"] == Ratio(2, 6)
    assert found["speaker_cost"] == Ratio(2, 6)


def test_words_errors_alone_cost_no_speakers() -> None:
    pytest.importorskip("meeteval", reason="meeteval comes with the extra `benchmarks`")
    found = speaker_errors(truth(said("one fine day")), Result(heard("one nice day", "anybody")))
    assert (found["cpwer"], found["speaker_cost"]) == (Ratio(1, 3), Ratio(0, 3))


def test_no_speaker_errors_where_speakers_are_not_known() -> None:
    unknown = truth(said("one fine day"), speakers_known=False)
    assert speaker_errors(unknown, Result(heard("one fine day"))) == {}
    assert diarization_errors(unknown, Result(turns=(Turn(0, 10, "S1"),))) == {}
    assert speakers_counted(unknown, Result(turns=(Turn(0, 10, "S1"),))) == {}


def test_a_turn_that_is_a_second_late_misses_one_and_alarms_for_one() -> None:
    found = diarization_errors(truth(said(None, 10, 20)), Result(turns=(Turn(11, 21, "S1"),)))
    assert found["der"] == pytest.approx(Ratio(2, 10))
    assert found["jer"] == pytest.approx(Ratio(2 / 11, 1))
    assert found["der_missed"] == found["der_false_alarm"] == pytest.approx(Ratio(1, 10))


def test_a_turn_of_another_speaker_is_confused_and_the_parts_add_up() -> None:
    found = diarization_errors(
        truth(said(None, 0, 6), said(None, 6, 10, speaker="B")),
        Result(turns=(Turn(0, 7, "S1"), Turn(7, 9, "S2"))),
    )
    assert found["der_confusion"] == pytest.approx(Ratio(1, 10))
    assert found["der_missed"] == pytest.approx(Ratio(1, 10))
    parts = [ratio.part for name, ratio in found.items() if name.startswith("der_")]
    assert found["der"].part == pytest.approx(sum(parts) - found["der_collar"].part)


def test_the_collar_frees_a_quarter_of_a_second_on_either_side() -> None:
    found = diarization_errors(truth(said(None, 10, 20)), Result(turns=(Turn(10.2, 20.4, "S1"),)))
    assert found["der"] == pytest.approx(Ratio(0.2 + 0.4, 10))
    assert found["der_collar"] == pytest.approx(Ratio(0.4 - 0.25, 10 - 2 * 0.25))


def test_two_who_speak_at_once_must_both_be_found() -> None:
    both = truth(said(None, 0, 10), said(None, 5, 10, speaker="B"))
    found = diarization_errors(both, Result(turns=(Turn(0, 10, "S1"),)))
    assert found["der"] == pytest.approx(Ratio(5, 15))
    assert found["jer"] == pytest.approx(Ratio(1, 2))


def test_turns_of_one_speaker_that_touch_are_counted_once() -> None:
    found = diarization_errors(
        truth(said(None, 0, 6), said(None, 4, 10)),
        Result(turns=(Turn(0, 7, "S1"), Turn(6, 10, "S1"))),
    )
    assert found["der"] == pytest.approx(Ratio(0, 10))


def test_no_turns_at_all_is_everything_missed() -> None:
    assert diarization_errors(truth(said(None, 0, 8)), Result())["der"] == pytest.approx(
        Ratio(8, 8)
    )


def test_the_number_of_speakers_is_right_or_wrong_unless_it_was_given() -> None:
    two, one = (
        truth(said(None), said(None, speaker="B")),
        Result(turns=(Turn(0, 5, "S1"), Turn(6, 9, "S1"))),
    )
    assert speakers_counted(two, one)["speakers_counted"] == Ratio(0, 1)
    assert speakers_counted(truth(said(None)), one)["speakers_counted"] == Ratio(1, 1)
    assert speakers_counted(truth(said(None), options={"speakers": "1"}), one) == {}


def test_where_only_the_number_of_people_is_known_nothing_else_is_measured() -> None:
    counted = replace(truth(), number_known=3, speech_known=False)
    result = Result(heard("one fine day"), (Turn(0, 5, "S1"),), "en", 6.0)
    assert speakers_counted(counted, result) == {
        "speakers_counted": Ratio(0, 1),
        "speakers_off": Ratio(2, 1),
        "speakers_found": Ratio(1, 1),
    }
    measured = set(measures.score(counted, result).ratios)
    assert measured == {
        "aligned",
        "speakers_counted",
        "speakers_off",
        "speakers_found",
        "rtf",
    }
    assert speakers_counted(truth(), result) == {}


def test_onsets_are_found_around_a_wrong_word() -> None:
    onsets = [Onset("Hello,", 1.0), Onset("dear", 2.0), Onset("World", 3.0)]
    words = (Word("hello", 1.04, 1.5), Word("near", 2.0, 2.5), Word("world.", 2.9, 3.5))
    errors, found = starts(truth(onsets=onsets), Result(words))
    assert sorted(errors) == pytest.approx([0.04, 0.1])
    assert found == {"onsets_found": Ratio(2, 3)}


def test_a_heard_word_is_no_more_than_one_onset_and_never_a_far_one() -> None:
    onsets = [Onset("no", 1.0), Onset("no", 1.5), Onset("yes", 5.0)]
    errors, found = starts(
        truth(onsets=onsets), Result((Word("no", 1.4, 1.6), Word("yes", 6.1, 6.4)))
    )
    assert errors == pytest.approx([0.1])
    assert found == {"onsets_found": Ratio(1, 3)}


def test_the_spread_of_start_errors_is_over_all_recordings() -> None:
    scores = [Score({}, {}, (0.05, 0.15)), Score({}, {}, (0.01,))]
    assert measures.figures(scores) == pytest.approx(
        {
            "start_median": 0.05,
            "start_p90": 0.13,
            "start_within_50ms": 2 / 3,
            "start_within_100ms": 2 / 3,
            "start_within_200ms": 1,
        }
    )


def test_without_onsets_nothing_is_said_of_starts() -> None:
    assert starts(truth(said("hello")), Result(heard("hello"))) == ((), {})


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ("unordered", ((2.0, 2.5), (1.0, 1.5), (1.2, 1.6))),
        ("outside", ((-0.2, 0.3), (5.0, 5.5))),
        ("outside", ((59.5, 60.2),)),
        ("reversed", ((5.0, 4.9),)),
        ("over_long", ((5.0, 6.6), (8.0, 9.5))),
    ],
)
def test_a_fault_is_counted_as_that_and_nothing_else(
    fault: str, times: tuple[tuple[float, float], ...]
) -> None:
    counts = faults(truth(), at(*times))
    none = {"untimed": 0, "unordered": 0, "outside": 0, "reversed": 0, "over_long": 0}
    assert {name: counts[name] for name in none} == {**none, fault: 1}


def test_untimed_words_count_for_no_order() -> None:
    words = (Word("a", 2.0, 2.1), Word("b"), Word("c", 1.0, 1.1), Word("d", 3.0))
    counts = faults(truth(), Result(words))
    assert (counts["words"], counts["untimed"], counts["unordered"]) == (4, 2, 1)


def test_words_without_a_named_speaker_are_counted_even_when_one_is_taken() -> None:
    words = (Word("a", speaker="S1"), Word("b", speaker="S1", speakers=("S1", "S2")))
    assert faults(truth(), Result(words))["without_speaker"] == 1


def test_a_recording_without_an_answer_is_counted() -> None:
    scores = [
        Score({}, faults(truth(), result), ()) for result in (Result(), Result(error="it crashed"))
    ]
    assert {name: measures.figures(scores)[name] for name in ("recordings", "errors")} == {
        "recordings": 2,
        "errors": 1,
    }


def test_aligned_words_are_a_share_of_all_words() -> None:
    words = (Word("a", timing="aligned"), Word("b", timing="interpolated"), Word("c"))
    assert aligned(truth(), Result(words))["aligned"] == Ratio(1, 3)


def test_words_cover_speech_with_what_is_around_them() -> None:
    found = coverage(truth(said(None, 10, 20)), at((12.0, 13.0), (13.2, 14.0), (19.8, 30.0)))
    assert found["coverage"] == pytest.approx(Ratio((14.3 - 11.7) + (20 - 19.5), 10))


def test_coverage_says_nothing_without_speech_or_without_any_times() -> None:
    assert coverage(truth(), at((1.0, 2.0))) == {}
    assert coverage(truth(said("hello")), Result((Word("hello"),))) == {}
    assert coverage(truth(said("hello")), Result())["coverage"] == Ratio(0, 10)


def test_without_any_speech_every_word_is_invented() -> None:
    words = (Word("thanks", 1.0, 1.5), Word("for"), Word("watching", 70.0, 71.0))
    assert invented(truth(seconds=30), Result(words))["invented"] == pytest.approx(Ratio(3, 0.5))


def test_between_speech_only_words_far_from_it_are_invented() -> None:
    pauses = truth(said(None, 10, 20), said(None, 40, 50))
    result = Result(
        (
            Word("late", 20.2, 20.9),
            Word("made", 29.0, 30.0),
            Word("across", 19.0, 41.0),
            Word("untimed"),
        )
    )
    found = invented(pauses, result)["invented"]
    assert found == pytest.approx(Ratio(1, (9.5 + 19 + 9.5) / 60))


def test_a_language_is_right_without_regard_to_the_country() -> None:
    assert language_right(truth(said("hi"), language="en-GB"), Result(language="en")) == {
        "language": Ratio(1, 1)
    }
    assert language_right(truth(said("hi")), Result(language="de")) == {"language": Ratio(0, 1)}


def test_each_language_of_a_recording_is_judged_by_the_words_heard_there() -> None:
    halves = truth(said("a b", 0, 2), said("c d", 2.5, 5, language="de"), language=None)
    words = (
        *heard("a b c", language="en"),
        Word("d", 3.0, 3.4, language="de"),
        Word("e", 4.0, 4.4, language="de"),
    )
    assert language_right(halves, Result(words, language="en")) == {"language": Ratio(2, 2)}
    assert language_right(halves, Result(heard("a b c d"), language="en")) == {
        "language": Ratio(1, 2)
    }
    assert language_right(halves, Result((Word("d"),), language="de")) == {"language": Ratio(1, 2)}


@pytest.mark.parametrize("options", [{}, {"language": "multi"}, {"speakers": "2"}])
def test_a_language_is_judged_where_it_was_not_given(options: dict[str, str]) -> None:
    assert language_right(truth(said("hi"), options=options), Result(language="en"))


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param(truth(said("hi"), options={"language": "en"}), id="told"),
        pytest.param(truth(language="en"), id="nobody speaks"),
        pytest.param(truth(Utterance("A", 0, 1, "hi", None), language=None), id="not known"),
    ],
)
def test_else_nothing_is_said_of_the_language(recording: Recording) -> None:
    assert language_right(recording, Result(language="en")) == {}


def test_speed_is_that_of_the_recordings_with_an_answer() -> None:
    assert measures.real_time_factor(truth(seconds=40), Result(wall=10))["rtf"] == Ratio(10, 40)
    assert measures.real_time_factor(truth(), Result(error="it crashed")) == {}


def test_a_score_holds_every_measure_that_the_truth_allows() -> None:
    pytest.importorskip("meeteval", reason="meeteval comes with the extra `benchmarks`")
    recording = truth(said("one fine day", 0, 3), onsets=[Onset("one", 0.0)])
    result = Result(heard("one fine day"), (Turn(0, 3, "S1"),), "en", 6.0)
    found = measures.figures([measures.score(recording, result)])
    assert {
        "wer": 0.0,
        "cpwer": 0.0,
        "der": 0.0,
        "start_median": 0.0,
        "words": 3,
        "rtf": 0.1,
    }.items() <= found.items()
