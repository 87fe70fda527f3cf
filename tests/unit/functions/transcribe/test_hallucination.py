"""Repetitions, inventions and leaked prompts are flagged, and true speech is not."""

import pytest

from functions.transcribe.hallucination import doubts, standing
from shared.model.artifacts import QualityFlag
from tests.support.recognisers import segment

SENTENCE = "I did not know that you were there, so I went on to the next one."


def judged(
    text: str,
    spoken: float = 5.0,
    prompt: str = "",
    avg_logprob: float = -0.3,
    compression_ratio: float = 1.0,
    no_speech_prob: float = 0.1,
    loudest: float = 0.3,
) -> tuple[QualityFlag, ...]:
    measured = segment(
        text,
        avg_logprob=avg_logprob,
        compression_ratio=compression_ratio,
        no_speech_prob=no_speech_prob,
    )
    return doubts(measured, spoken, prompt, loudest)


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
    [
        "No, no, no, no.",
        "very, very, very, very, very good",
        "row, row, row your boat",
        "bye bye bye",
        SENTENCE * 3,
    ],
)
def test_what_people_do_repeat_is_believed(text: str) -> None:
    assert judged(text, spoken=30) == ()


def test_what_packs_too_well_is_repetitive() -> None:
    assert judged(SENTENCE, compression_ratio=2.5) == ("repetitive",)


def test_what_the_recogniser_doubts_is_improbable() -> None:
    assert judged(SENTENCE, avg_logprob=-1.1) == ("improbable",)


def test_a_few_words_where_nobody_speaks_are_invented() -> None:
    assert judged("Thank you.", no_speech_prob=0.8, avg_logprob=-0.5) == ("no_speech",)
    assert judged(SENTENCE, no_speech_prob=0.9, avg_logprob=-1.1) == ("improbable", "no_speech")


@pytest.mark.parametrize("avg_logprob", [-0.49, -0.47, -0.45, -0.43, -0.41, -0.3, -0.2])
@pytest.mark.parametrize("spoken", [0.25, 0.6, 4.0])
def test_no_last_digit_decides_about_what_is_said_in_silence(
    avg_logprob: float, spoken: float
) -> None:
    """The base model's "you", which had from -0.49 to -0.40 on different processors, and more room
    than that."""
    for no_speech_prob in (0.9, 0.924, 0.935):
        assert judged("you", spoken, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob) == (
            "no_speech",
        )


def test_a_few_words_in_much_speech_need_more_probability() -> None:
    """Thank you, in four seconds of laughter."""
    assert judged("Thank you.", spoken=4.0, avg_logprob=-0.8, no_speech_prob=0.5) == ("no_speech",)
    assert judged("Thank you.", spoken=1.0, avg_logprob=-0.8, no_speech_prob=0.5) == ()
    assert judged("Thank you.", spoken=4.0, avg_logprob=-0.3, no_speech_prob=0.1) == ()


@pytest.mark.parametrize("text", ["you", SENTENCE])
def test_no_word_is_in_digital_silence(text: str) -> None:
    assert judged(text, avg_logprob=-0.1, no_speech_prob=0.0, loudest=1 / 32768) == ("no_speech",)
    assert judged(text, avg_logprob=-0.1, no_speech_prob=0.0, loudest=0.001) == ()


@pytest.mark.parametrize(
    ("text", "spoken", "no_speech_prob", "avg_logprob"),
    [
        ("Yes.", 1.0, 0.4, -0.9),
        ("Okay.", 1.2, 0.65, -0.3),
        ("No.", 1.5, 0.2, -0.95),
        (SENTENCE, 4.0, 0.9, -0.9),
    ],
)
def test_a_true_short_answer_is_believed(
    text: str, spoken: float, no_speech_prob: float, avg_logprob: float
) -> None:
    assert judged(text, spoken, no_speech_prob=no_speech_prob, avg_logprob=avg_logprob) == ()


def test_nothing_is_no_invention() -> None:
    assert judged("", no_speech_prob=0.99, avg_logprob=-3) == ()


def test_misheard_speech_stands_and_an_improbable_word_in_a_long_noise_does_not() -> None:
    text = segment(
        "Never lack the bed rather", avg_logprob=-1.2, quality_flags=("improbable", "too_fast")
    )
    assert standing(text, spoken=2.5) == ("too_fast",)
    assert standing(text, spoken=10) == ("improbable", "too_fast")
    assert standing(text.model_copy(update={"avg_logprob": -1.6}), spoken=2.5) == (
        "improbable",
        "too_fast",
    )


@pytest.mark.parametrize(
    ("text", "doubted"), [("谢谢观看" * 4, True), ("谢谢观看", False), ("好好好好好好好好", False)]
)
def test_where_words_are_not_written_apart_characters_count(text: str, doubted: bool) -> None:
    assert (doubts(segment(text, language="zh"), 5.0, "", 0.3) == ("repetitive",)) is doubted


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
