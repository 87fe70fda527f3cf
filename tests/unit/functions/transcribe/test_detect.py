"""Proves which windows the stage detect listens to, and how their guesses are weighed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from functions.transcribe.detect import DetectParams, detect, vote
from functions.transcribe.language_choice import probabilities_within
from shared.model.artifacts import Chunk, Detection, Interval, ProbeWindow
from shared.model.errors import BadOption
from shared.runtime.stage import StageInput
from tests.support.recognisers import FakeRecogniser, write_manifest

WINDOWS = (
    ProbeWindow(start=5, end=15, offset=0),
    ProbeWindow(start=50, end=60, offset=10),
    ProbeWindow(start=90, end=95, offset=20),
)
FIVE_WINDOWS = tuple(
    ProbeWindow(start=start, end=start + 9, offset=0) for start in (0, 10, 20, 30, 40)
)
NOISY_WINDOW = ProbeWindow(start=5, end=35, offset=7)
CONTINUOUS_SPEECH = (Interval(start=0, end=120),)

ENGLISH = {"en": 0.95, "de": 0.05}
GERMAN = {"en": 0.05, "de": 0.95}
UNCERTAIN = {"en": 0.6, "de": 0.4}
FRENCH = {"fr": 0.8, "ru": 0.2}
RUSSIAN = {"fr": 0.1, "ru": 0.9}


def run_detect(
    folder: Path,
    recogniser: FakeRecogniser,
    probe: Sequence[ProbeWindow] = WINDOWS,
    speech: Sequence[Interval] = CONTINUOUS_SPEECH,
    languages: Sequence[str] = (),
) -> Detection:
    chunks = [Chunk(start=0, end=120, speech=tuple(speech))]
    files = {"audio": folder / "probe.wav", "manifest": write_manifest(folder, chunks, probe)}
    stage_input = StageInput(
        DetectParams.model_validate({"task": "detect", "languages": languages}),
        files,
        folder,
        lambda: (folder / "none").open("rb"),
    )
    (output,) = detect(stage_input, lambda model: recogniser)
    assert output.name == "language" and isinstance(output.content, Detection)
    return output.content


def test_the_likeliest_languages_are_listed_with_their_mean_probabilities(tmp_path: Path) -> None:
    guess = {"cs": 0.5, "pl": 0.3, "sk": 0.15, "en": 0.05}
    other = {"pl": 0.9, "cs": 0.1}
    recogniser = FakeRecogniser("cs", "pl", "sk", "en", guesses=[guess, guess, other])
    detection = run_detect(tmp_path, recogniser)
    assert list(detection.probabilities.items()) == [("pl", 0.5), ("cs", 0.3667), ("sk", 0.1)]


def test_one_certain_window_outweighs_two_uncertain_ones(tmp_path: Path) -> None:
    uncertain = {"cs": 0.4, "pl": 0.3, "en": 0.3}
    certain = {"pl": 0.9, "cs": 0.05, "en": 0.05}
    recogniser = FakeRecogniser("cs", "pl", "en", guesses=[uncertain, uncertain, certain])
    detection = run_detect(tmp_path, recogniser)
    assert detection.code == "pl" and detection.confidence == pytest.approx(0.5 - 0.85 / 3)
    assert [(guess.start, guess.code) for guess in detection.windows] == [
        (5, "cs"),
        (50, "cs"),
        (90, "pl"),
    ]


def test_three_certain_windows_of_five_are_enough(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("en", "de", guesses=[ENGLISH] * 3)
    detection = run_detect(tmp_path, recogniser, FIVE_WINDOWS)
    assert detection.code == "en"
    assert [guess.start for guess in detection.windows] == [0, 20, 40]


@pytest.mark.parametrize("third", [GERMAN, UNCERTAIN])
def test_all_windows_are_used_when_the_first_three_do_not_agree(
    tmp_path: Path, third: dict[str, float]
) -> None:
    guesses = [ENGLISH, ENGLISH, third, GERMAN, GERMAN]
    recogniser = FakeRecogniser("en", "de", guesses=guesses)
    detection = run_detect(tmp_path, recogniser, FIVE_WINDOWS)
    assert [guess.start for guess in detection.windows] == [0, 10, 20, 30, 40]
    assert [guess.code for guess in detection.windows][1::2] == ["de", "de"]


def test_a_recording_without_speech_has_no_language(tmp_path: Path) -> None:
    for recogniser in (FakeRecogniser("en", "de"), FakeRecogniser("en")):
        detection = run_detect(tmp_path, recogniser, probe=())
        assert (detection.code, detection.confidence, detection.windows) == (None, None, ())


def test_a_model_with_one_language_names_it_without_confidence(tmp_path: Path) -> None:
    detection = run_detect(tmp_path, FakeRecogniser("en"))
    assert (detection.code, detection.confidence, detection.windows) == ("en", None, ())


def test_a_tie_goes_to_the_first_in_the_alphabet_without_confidence() -> None:
    assert vote([({"de": 0.5, "da": 0.5}, 1.0)]) == ("da", "de", 0.0)


def test_a_language_without_a_lead_has_no_confidence(tmp_path: Path) -> None:
    """The last digit may decide which of two languages is first, but not the confidence."""
    guesses = [{"ru": 0.41, "fr": 0.40, "en": 0.19}, {"ru": 0.40, "fr": 0.41, "en": 0.19}]
    for guess in guesses:
        recogniser = FakeRecogniser("ru", "fr", "en", guesses=[guess])
        detection = run_detect(tmp_path, recogniser, WINDOWS[:1])
        assert detection.confidence == pytest.approx(0.01)


def test_sparse_speech_is_also_judged_without_the_noise(tmp_path: Path) -> None:
    recogniser = FakeRecogniser(
        "fr", "ru", guesses=[RUSSIAN, FRENCH], logprobs={"fr": -1.0, "ru": -1.0}
    )
    speech = (Interval(start=4, end=7), Interval(start=20, end=23), Interval(start=22, end=24))
    detection = run_detect(tmp_path, recogniser, (NOISY_WINDOW,), speech)
    whole_window = [Interval(start=7, end=37)]
    speech_alone = [
        Interval(start=7, end=9),
        Interval(start=22, end=25),
        Interval(start=25, end=26),
    ]
    assert [list(view) for view in recogniser.windows] == [whole_window, speech_alone]
    assert detection.code == "ru"
    assert detection.confidence == pytest.approx(0.1), "the two views do not agree"
    (guess,) = detection.windows
    assert guess.code == "ru" and guess.confidence == pytest.approx(0.55)
    assert [list(view) for view in recogniser.compared] == [speech_alone]


@pytest.mark.parametrize(
    ("logprob_of_second", "code"), [(-1.3, "fr"), (-0.95, "fr"), (-0.85, "ru"), (-0.3, "ru")]
)
def test_the_clearly_more_probable_text_decides_between_two_near_languages(
    tmp_path: Path, logprob_of_second: float, code: str
) -> None:
    guess = {"fr": 0.45, "ru": 0.4, "en": 0.15}
    logprobs = {"fr": -1.0, "ru": logprob_of_second, "en": 0.0}
    recogniser = FakeRecogniser("fr", "ru", "en", guesses=[guess], logprobs=logprobs)
    detection = run_detect(tmp_path, recogniser, (NOISY_WINDOW,))
    assert detection.code == code
    assert detection.confidence == pytest.approx(0.05), "the vote was no clearer"
    assert [list(view) for view in recogniser.compared] == [[Interval(start=7, end=37)]]


def test_texts_are_not_compared_where_the_vote_is_sure(tmp_path: Path) -> None:
    logprobs = {"fr": -2.0, "ru": -0.1}
    recogniser = FakeRecogniser("fr", "ru", guesses=[FRENCH], logprobs=logprobs)
    detection = run_detect(tmp_path, recogniser, (NOISY_WINDOW,))
    assert detection.code == "fr" and recogniser.compared == []


def test_a_window_full_of_speech_is_judged_once(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("fr", "ru", guesses=[FRENCH])
    run_detect(tmp_path, recogniser, (NOISY_WINDOW,), [Interval(start=5, end=22)])
    assert [list(view) for view in recogniser.windows] == [[Interval(start=7, end=37)]]


def test_a_window_with_little_speech_has_little_weight(tmp_path: Path) -> None:
    windows = (ProbeWindow(start=0, end=10, offset=0), ProbeWindow(start=50, end=51, offset=10))
    speech = (Interval(start=0, end=10), Interval(start=50, end=50.6))
    recogniser = FakeRecogniser("fr", "ru", guesses=[FRENCH, RUSSIAN])
    detection = run_detect(tmp_path, recogniser, windows, speech)
    assert detection.code == "fr"
    assert detection.confidence == pytest.approx((0.6 - 0.2 * 0.8) / 1.2)


def test_speech_counts_half_where_it_is_sparse(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("fr", "ru", guesses=[FRENCH, FRENCH])
    speech = [Interval(start=10, end=13.6)]
    detection = run_detect(tmp_path, recogniser, (NOISY_WINDOW,), speech)
    assert detection.confidence == pytest.approx(0.6 * 3.6 / 2 / 3)


def test_little_speech_lowers_the_confidence(tmp_path: Path) -> None:
    window = ProbeWindow(start=0, end=1.2, offset=0)
    recogniser = FakeRecogniser("fr", "ru", guesses=[RUSSIAN])
    detection = run_detect(tmp_path, recogniser, (window,), [Interval(start=0, end=1.2)])
    assert detection.code == "ru" and detection.confidence == pytest.approx(0.8 * 0.4)


def test_detection_chooses_among_the_languages_of_the_option(tmp_path: Path) -> None:
    guess = {"no": 0.5, "en": 0.3, "de": 0.1, "nl": 0.1}
    recogniser = FakeRecogniser("no", "en", "de", "nl", guesses=[guess] * 3)
    detection = run_detect(tmp_path, recogniser, languages=("en", "de"))
    assert detection.code == "en"
    assert detection.confidence == pytest.approx((0.3 - 0.1) / 0.4)
    assert [window.code for window in detection.windows] == ["en", "en", "en"]
    assert detection.warnings == (), "the vote over all languages is not sure"


def test_certain_windows_are_enough_once_other_languages_are_excluded(tmp_path: Path) -> None:
    guess = {"no": 0.5, "en": 0.48, "de": 0.02}
    recogniser = FakeRecogniser("no", "en", "de", guesses=[guess] * 3)
    detection = run_detect(tmp_path, recogniser, FIVE_WINDOWS, languages=("de", "en"))
    assert [window.start for window in detection.windows] == [0, 20, 40]


def test_a_language_that_is_clearly_heard_but_excluded_is_in_a_warning(tmp_path: Path) -> None:
    guess = {"fr": 0.9, "en": 0.06, "de": 0.04}
    recogniser = FakeRecogniser("fr", "en", "de", guesses=[guess] * 3)
    detection = run_detect(tmp_path, recogniser, languages=("en", "de"))
    (warning,) = detection.warnings
    assert detection.code == "en" and warning.code == "language_excluded"
    assert warning.message == (
        "The language is probably fr, but the option languages allows only de, en."
    )


def test_texts_are_compared_in_the_languages_of_the_option_only(tmp_path: Path) -> None:
    guess = {"no": 0.6, "en": 0.21, "de": 0.19}
    logprobs = {"no": -0.1, "en": -2.0, "de": -0.5}
    recogniser = FakeRecogniser("no", "en", "de", guesses=[guess], logprobs=logprobs)
    detection = run_detect(tmp_path, recogniser, WINDOWS[:1], languages=("en", "de"))
    assert detection.code == "de"


def test_a_single_language_of_the_option_is_named_unheard(tmp_path: Path) -> None:
    recogniser = FakeRecogniser("fr", "en", "de")
    detection = run_detect(tmp_path, recogniser, languages=("de",))
    assert (detection.code, detection.confidence, detection.windows) == ("de", None, ())
    assert recogniser.windows == []


def test_languages_that_the_model_lacks_are_left_out_or_refused(tmp_path: Path) -> None:
    detection = run_detect(tmp_path, FakeRecogniser("en"), languages=("en", "de"))
    assert detection.code == "en"
    with pytest.raises(BadOption, match=r'languages is \["de", "fr"\]; .* only en$'):
        run_detect(tmp_path, FakeRecogniser("en"), languages=("de", "fr"))


def test_probabilities_within_all_languages_are_the_same() -> None:
    """The last digit may decide a vote, so nothing is computed that need not be."""
    guess = {"fr": 0.1, "en": 0.2}
    assert probabilities_within(guess, {"fr", "en", "de"}) == guess
    assert probabilities_within(guess, {"de", "es"}) == {"de": 0.5, "es": 0.5}
