"""Transcripts of minutes of test sound stay within the measured error rates.

With each change those of a part of the recordings, with the slow tests those of all. The limits are
a little above (or below) the figures of the day they were set, so that a change that makes words,
times or speakers worse fails, and noise does not. They are no claim: claims are `make eval`'s.
"""

from collections.abc import Callable, Sequence

import pytest

from benchmarks.evaluation import packages, sets, systems
from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.speaker_measures import diarization_errors, speakers_counted
from benchmarks.evaluation.speech_measures import aligned, coverage, faults, invented
from benchmarks.evaluation.start_measures import starts
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.word_measures import word_errors
from tests.support.cloud import Cloud

pytestmark = pytest.mark.models
Heard = list[tuple[Recording, Result]]
Measure = Callable[[Recording, Result], dict[str, Ratio]]


LONGEST = {"sample-after-silence", "sample-twice"}
"""The recordings that are not in the part: the words of "sample" again, which take half of the
time."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Recording]:
    """Returns the recordings that need no package of others."""
    return sets.quick(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(
    scope="module", params=["a part", pytest.param("all of it", marks=pytest.mark.slow)]
)
def heard(request: pytest.FixtureRequest, real_cloud: Cloud, made: Sequence[Recording]) -> Heard:
    """Returns these recordings, or a part of them, and what was made of them."""
    left_out = LONGEST if request.param == "a part" else set()
    recordings = [each for each in made if each.name not in left_out]
    outputs = [
        systems.transcribed(real_cloud, f"quality/{each.name}.wav", each.audio, each.options, 300)
        for each in recordings
    ]
    return list(zip(recordings, map(systems.result, outputs), strict=True))


@pytest.fixture(scope="module")
def voices_heard(real_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Returns five people, then Spanish, and what was made of them."""
    try:
        recordings = sets.gate(tmp_path_factory.mktemp("voices"))
    except packages.PackagesMissing as missing:
        pytest.skip(str(missing))
    outputs = [
        systems.transcribed(real_cloud, f"quality/{each.name}.wav", each.audio, each.options, 600)
        for each in recordings
    ]
    return list(zip(recordings, map(systems.result, outputs), strict=True))


def rate(heard: Heard, measure: Measure, name: str) -> float:
    """Over all recordings of which the truth allows it."""
    found = [ratios[name] for each in heard if name in (ratios := measure(*each))]
    return sum(ratio.part for ratio in found) / sum(ratio.whole for ratio in found)


def test_every_recording_is_answered(heard: Heard) -> None:
    assert [result.error for _, result in heard] == [None] * len(heard)


@pytest.mark.parametrize(
    ("measure", "name", "limit"),
    [
        (word_errors, "wer", 0.15),
        (invented, "invented", 0.0),
    ],
)
def test_errors_stay_low(heard: Heard, measure: Measure, name: str, limit: float) -> None:
    assert rate(heard, measure, name) <= limit


def test_speakers_are_seldom_mistaken_for_others(heard: Heard) -> None:
    """The turns of "sample-respliced" are too short to tell voices by, and half of the part."""
    names = {recording.name for recording, _ in heard}
    limit = 0.15 if names >= LONGEST else 0.2
    assert rate(heard, diarization_errors, "der") <= limit


@pytest.mark.parametrize(
    ("measure", "name", "limit"),
    [(aligned, "aligned", 0.95), (coverage, "coverage", 0.95)],
)
def test_words_are_aligned_and_cover_the_speech(
    heard: Heard, measure: Measure, name: str, limit: float
) -> None:
    assert rate(heard, measure, name) >= limit


def test_known_words_start_where_they_were_put(heard: Heard) -> None:
    errors = sorted(error for each in heard for error in starts(*each)[0])
    assert len(errors) >= 3
    assert middle(errors) <= 0.05


def middle(numbers: Sequence[float]) -> float:
    return numbers[len(numbers) // 2]


def test_no_word_is_untimed_out_of_order_or_outside(heard: Heard) -> None:
    counted = [faults(*each) for each in heard]
    for fault in ("untimed", "unordered", "outside", "reversed", "over_long", "without_speaker"):
        assert sum(each[fault] for each in counted) == 0, fault


def test_english_is_heard_as_english(heard: Heard) -> None:
    spoken = [result.language for recording, result in heard if recording.utterances]
    assert set(spoken) == {"en"}


def test_english_is_heard_as_english_after_silence_too(
    real_cloud: Cloud, made: Sequence[Recording]
) -> None:
    """Nothing but the language is asked for, which takes seconds."""
    (later,) = [each for each in made if each.name == "sample-after-silence"]
    name = "quality/language-after-silence.wav"
    output = systems.transcribed(real_cloud, name, later.audio, {"task": "detect"}, 300)
    assert systems.result(output).language == "en"


def test_without_speech_there_is_no_word(heard: Heard) -> None:
    silent = [
        (recording.name, result.words) for recording, result in heard if not recording.utterances
    ]
    assert len(silent) == 3
    assert [words for _, words in silent] == [(), (), ()]


def test_both_speakers_of_the_call_are_distinguished(heard: Heard) -> None:
    counts = {
        recording.name: len({turn.speaker for turn in result.turns}) for recording, result in heard
    }
    assert counts["sample"] == 2


@pytest.mark.slow  # half a minute of models; test_diarize.py runs with each change
def test_five_people_are_distinguished_as_well_as_before(voices_heard: Heard) -> None:
    (recording, result), _ = voices_heard
    assert recording.people == 5
    assert rate([(recording, result)], diarization_errors, "der") <= 0.45
    assert rate([(recording, result)], speakers_counted, "speakers_off") <= 2


@pytest.mark.slow  # as the one before
def test_spanish_is_recognised_and_written_down(voices_heard: Heard) -> None:
    _, (recording, result) = voices_heard
    assert result.language == recording.language == "es"
    assert rate([(recording, result)], word_errors, "wer") <= 0.36
    assert rate([(recording, result)], coverage, "coverage") >= 0.95
    errors = sorted(starts(recording, result)[0])
    assert len(errors) >= 3
    assert middle(errors) <= 0.1
