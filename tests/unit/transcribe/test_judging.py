"""Repetitions, inventions and leaked prompts are flagged, and true speech is not."""

import pytest

from functions.transcribe.judging import doubts, standing
from shared.speech import Doubt
from tests.unit.transcribe.recognisers import segment

SENTENCE = "I did not know that you were there, so I went on to the next one."


def judged(
    text: str,
    spoken: float = 5.0,
    prompt: str = "",
    avg_logprob: float = -0.3,
    compression_ratio: float = 1.0,
    no_speech_prob: float = 0.1,
) -> tuple[Doubt, ...]:
    measured = segment(
        text, avg_logprob=avg_logprob, compression_ratio=compression_ratio, no_speech_prob=no_speech_prob
    )
    return doubts(measured, spoken, prompt)


def test_a_sentence_is_believed() -> None:
    assert judged(SENTENCE) == ()


@pytest.mark.parametrize(
    "text",
    [
        "thank you " * 4,
        "I'm going to " * 4,
        "Okay. " * 8,
        f"{SENTENCE} and then, and then, AND THEN and then it was over.",
        "one two three four five " * 4,
    ],
)
def test_a_loop_is_repetitive_though_it_hardly_packs(text: str) -> None:
    assert judged(text, spoken=30, compression_ratio=1.5) == ("repetitive",)


@pytest.mark.parametrize(
    "text",
    ["No, no, no, no.", "very, very, very, very, very good", "row, row, row your boat", "bye bye bye", SENTENCE * 3],
)
def test_what_people_do_repeat_is_believed(text: str) -> None:
    assert judged(text, spoken=30) == ()


def test_what_packs_too_well_is_repetitive() -> None:
    assert judged(SENTENCE, compression_ratio=2.5) == ("repetitive",)


def test_what_the_recogniser_doubts_is_improbable() -> None:
    assert judged(SENTENCE, avg_logprob=-1.1) == ("improbable",)


def test_a_few_words_where_nobody_speaks_are_invented() -> None:
    assert judged("Thank you.", no_speech_prob=0.9, avg_logprob=-0.5) == ("no_speech",)
    assert judged(SENTENCE, no_speech_prob=0.9, avg_logprob=-1.1) == ("improbable", "no_speech")


@pytest.mark.parametrize(
    ("text", "no_speech_prob", "avg_logprob"), [("Yes.", 0.5, -0.9), ("Okay.", 0.7, -0.3), (SENTENCE, 0.9, -0.9)]
)
def test_a_true_short_answer_is_believed(text: str, no_speech_prob: float, avg_logprob: float) -> None:
    assert judged(text, no_speech_prob=no_speech_prob, avg_logprob=avg_logprob) == ()


def test_nothing_is_no_invention() -> None:
    assert judged("", no_speech_prob=0.99, avg_logprob=-3) == ()


def test_misheard_speech_stands_and_an_improbable_word_in_a_long_noise_does_not() -> None:
    text = segment("Never lack the bed rather", avg_logprob=-1.2, doubts=("improbable", "too_fast"))
    assert standing(text, spoken=2.5) == ("too_fast",)
    assert standing(text, spoken=10) == ("improbable", "too_fast")
    assert standing(text.model_copy(update={"avg_logprob": -1.6}), spoken=2.5) == ("improbable", "too_fast")


@pytest.mark.parametrize(
    ("text", "doubted"), [("谢谢观看" * 4, True), ("谢谢观看", False), ("好好好好好好好好", False)]
)
def test_where_words_are_not_written_apart_characters_count(text: str, doubted: bool) -> None:
    assert (doubts(segment(text, language="zh"), 5.0, "") == ("repetitive",)) is doubted


def test_nobody_talks_that_fast() -> None:
    assert judged(SENTENCE, spoken=1.5) == ("too_fast",)
    assert judged("Thank you very much.", spoken=0.4) == ("too_fast",)
    assert judged("All right.", spoken=0.4) == ()


PROMPT = "The weekly call of the Dropscribe team with Ann Miller and Bob about cloud storage."


@pytest.mark.parametrize(
    "text",
    [
        PROMPT,
        "The weekly call",
        "ann miller and Bob",
        "Good morning. The weekly call of the Dropscribe team with us.",
    ],
)
def test_the_prompt_leaks(text: str) -> None:
    assert judged(text, prompt=PROMPT) == ("prompt",)


@pytest.mark.parametrize(
    "text",
    [
        "We talked about Dropscribe and its cloud storage with Ann Miller and Bob.",
        "Dropscribe",
        "Ann Miller.",
        "The weekly call was cancelled.",
    ],
)
def test_a_prompted_word_in_a_sentence_is_no_leak(text: str) -> None:
    assert judged(text, prompt=PROMPT) == ()
