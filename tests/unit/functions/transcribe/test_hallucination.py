"""Proves which segments get quality flags, and which flags remain at the end."""

import pytest

from functions.transcribe.hallucination import final_flags, quality_flags
from shared.model.artifacts import QualityFlag
from tests.support.recognisers import segment

SENTENCE = "I did not know that you were there, so I went on to the next one."
PROMPT = "The weekly call of the Dropscribe team with Ann Miller and Bob about cloud storage."


def flags_of(
    text: str,
    speech_seconds: float = 5.0,
    prompt: str = "",
    avg_logprob: float = -0.3,
    compression_ratio: float = 1.0,
    no_speech_prob: float = 0.1,
    peak: float = 0.3,
    language: str = "en",
) -> tuple[QualityFlag, ...]:
    decoded = segment(
        text,
        language=language,
        avg_logprob=avg_logprob,
        compression_ratio=compression_ratio,
        no_speech_prob=no_speech_prob,
    )
    return quality_flags(decoded, speech_seconds, prompt, peak)


def test_a_sentence_has_no_flags() -> None:
    assert flags_of(SENTENCE) == ()


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
def test_a_loop_is_repetitive_though_it_hardly_compresses(text: str) -> None:
    assert flags_of(text, speech_seconds=30, compression_ratio=1.5) == ("repetitive",)


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
def test_ordinary_repetitions_are_not_flagged(text: str) -> None:
    assert flags_of(text, speech_seconds=30) == ()


def test_text_that_compresses_too_well_is_repetitive() -> None:
    assert flags_of(SENTENCE, compression_ratio=2.5) == ("repetitive",)


def test_a_low_log_probability_is_improbable() -> None:
    assert flags_of(SENTENCE, avg_logprob=-1.1) == ("improbable",)


def test_a_few_words_without_speech_are_invented() -> None:
    assert flags_of("Thank you.", no_speech_prob=0.8, avg_logprob=-0.5) == ("no_speech",)
    assert flags_of(SENTENCE, no_speech_prob=0.9, avg_logprob=-1.1) == ("improbable", "no_speech")


@pytest.mark.parametrize("avg_logprob", [-0.49, -0.47, -0.45, -0.43, -0.41, -0.3, -0.2])
@pytest.mark.parametrize("speech_seconds", [0.25, 0.6, 4.0])
def test_a_word_invented_in_silence_is_far_from_the_threshold(
    avg_logprob: float, speech_seconds: float
) -> None:
    """The base model's "you" had -0.49 to -0.40 on different processors; the range here is
    wider."""
    for no_speech_prob in (0.9, 0.924, 0.935):
        flags = flags_of(
            "you", speech_seconds, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob
        )
        assert flags == ("no_speech",)


def test_a_few_words_in_much_speech_need_a_higher_probability() -> None:
    """Such as "Thank you." in four seconds of laughter."""
    laughter = flags_of("Thank you.", speech_seconds=4.0, avg_logprob=-0.8, no_speech_prob=0.5)
    assert laughter == ("no_speech",)
    assert flags_of("Thank you.", speech_seconds=1.0, avg_logprob=-0.8, no_speech_prob=0.5) == ()
    assert flags_of("Thank you.", speech_seconds=4.0, avg_logprob=-0.3, no_speech_prob=0.1) == ()


@pytest.mark.parametrize("text", ["you", SENTENCE])
def test_there_is_no_word_in_digital_silence(text: str) -> None:
    silence = flags_of(text, avg_logprob=-0.1, no_speech_prob=0.0, peak=1 / 32768)
    assert silence == ("no_speech",)
    assert flags_of(text, avg_logprob=-0.1, no_speech_prob=0.0, peak=0.001) == ()


@pytest.mark.parametrize(
    ("text", "speech_seconds", "no_speech_prob", "avg_logprob"),
    [
        ("Yes.", 1.0, 0.4, -0.9),
        ("Okay.", 1.2, 0.65, -0.3),
        ("No.", 1.5, 0.2, -0.95),
        (SENTENCE, 4.0, 0.9, -0.9),
    ],
)
def test_a_true_short_answer_has_no_flags(
    text: str, speech_seconds: float, no_speech_prob: float, avg_logprob: float
) -> None:
    flags = flags_of(text, speech_seconds, no_speech_prob=no_speech_prob, avg_logprob=avg_logprob)
    assert flags == ()


def test_no_text_has_no_flags() -> None:
    assert flags_of("", no_speech_prob=0.99, avg_logprob=-3) == ()


def test_misheard_speech_is_kept_but_improbable_words_in_a_long_noise_are_not() -> None:
    misheard = segment(
        "Never lack the bed rather", avg_logprob=-1.2, quality_flags=("improbable", "too_fast")
    )
    assert final_flags(misheard, speech_seconds=2.5) == ("too_fast",)
    assert final_flags(misheard, speech_seconds=10) == ("improbable", "too_fast")
    less_probable = misheard.model_copy(update={"avg_logprob": -1.6})
    assert final_flags(less_probable, speech_seconds=2.5) == ("improbable", "too_fast")


@pytest.mark.parametrize(
    ("text", "is_flagged"),
    [("谢谢观看" * 4, True), ("谢谢观看", False), ("好好好好好好好好", False)],
)
def test_characters_count_where_no_spaces_are_written(text: str, is_flagged: bool) -> None:
    flags = flags_of(text, language="zh", avg_logprob=-0.1)
    assert (flags == ("repetitive",)) is is_flagged


def test_a_speaking_rate_can_be_implausible() -> None:
    assert flags_of(SENTENCE, speech_seconds=1.5) == ("too_fast",)
    assert flags_of("Thank you very much.", speech_seconds=0.4) == ("too_fast",)
    assert flags_of("All right.", speech_seconds=0.4) == ()


@pytest.mark.parametrize(
    "text",
    [
        PROMPT,
        "The weekly call",
        "ann miller and Bob",
        "Good morning. The weekly call of the Dropscribe team with us.",
    ],
)
def test_repeating_the_prompt_is_flagged(text: str) -> None:
    assert flags_of(text, prompt=PROMPT) == ("prompt",)


@pytest.mark.parametrize(
    "text",
    [
        "We talked about Dropscribe and its cloud storage with Ann Miller and Bob.",
        "Dropscribe",
        "Ann Miller.",
        "The weekly call was cancelled.",
    ],
)
def test_a_few_words_of_the_prompt_are_not_flagged(text: str) -> None:
    assert flags_of(text, prompt=PROMPT) == ()
