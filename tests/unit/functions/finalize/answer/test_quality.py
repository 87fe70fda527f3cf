"""Coverage, suspects and confidence in the transcript are computed correctly."""

import pytest

from shared.model.transcript import Gap
from tests.support.finalize_inputs import (
    aligned,
    manifest_of,
    segment,
    transcript_of,
    word,
)


def test_a_word_covers_its_time_and_a_little_around_it() -> None:
    manifest = manifest_of(20.0, [[(0.0, 10.0)]])
    transcript = transcript_of(
        manifest, [aligned([segment("one two")], [word("one", 1.0, 2.0), word("two", 5.0, 6.0)])]
    )
    assert transcript.quality.coverage == pytest.approx(0.32)
    assert transcript.quality.uncovered == (
        Gap(start=0.0, end=0.8, channel=None),
        Gap(start=2.2, end=4.8, channel=None),
        Gap(start=6.2, end=9.8, channel=None),
    )


def test_speech_cut_between_chunks_is_one_gap() -> None:
    manifest = manifest_of(20.0, [[(9.2, 10.0)], [(10.0, 10.8)]])
    transcript = transcript_of(manifest, [aligned([], []), aligned([], [])])
    assert transcript.quality.uncovered == (Gap(start=9.4, end=10.6, channel=None),)
    assert transcript.quality.coverage == 0.0


@pytest.mark.parametrize(
    ("before", "answer", "after", "gap"),
    [
        (0.0, (0.0, 0.6), 0.8, (0.0, 0.4)),
        (2.5, (2.5, 3.2), 3.2, (2.65, 3.05)),
        (2.5, (4.0, 4.65), 6.0, (4.2, 4.45)),
        (2.5, (19.5, 20.0), 20.0, (19.7, 20.0)),
    ],
    ids=["at the start", "between short pauses", "between long pauses", "at the end"],
)
def test_a_short_answer_without_a_word_is_reported(
    before: float, answer: tuple[float, float], after: float, gap: tuple[float, float]
) -> None:
    """A sentence lasts until `before`, and the next one begins after `after`."""
    speech = [answer]
    words = []
    if before > 0:
        speech.insert(0, (0.0, before))
        words.append(word("one", 0.0, before - 0.15))
    if after < 20:
        speech.append((after, after + 2))
        words.append(word("two", after + 0.2, after + 1.8))
    said = aligned([segment(" ".join(one.word for one in words))], words)
    transcript = transcript_of(manifest_of(20.0, [speech]), [said])
    assert transcript.quality.uncovered == (Gap(start=gap[0], end=gap[1], channel=None),)


@pytest.mark.parametrize(
    ("answer", "gap"), [((4.0, 4.5), (4.2, 4.3)), ((2.5, 2.85), (2.618, 2.682))]
)
def test_an_answer_of_any_length_between_pauses_is_reported(
    answer: tuple[float, float], gap: tuple[float, float]
) -> None:
    manifest = manifest_of(20.0, [[(0.8, 2.5), answer]])
    said = aligned([segment("one")], [word("one", 1.0, 2.3)])
    expected = Gap(start=gap[0], end=gap[1], channel=None)
    assert transcript_of(manifest, [said]).quality.uncovered == (expected,)


@pytest.mark.parametrize("timing", ["asr", "clamped"])
def test_a_word_that_is_not_aligned_hides_no_speech_before_it(timing: str) -> None:
    """Cross-attention extends a word over the speech that was missed before it."""
    manifest = manifest_of(20.0, [[(1.0, 8.0)]])
    stretched = word("well", 1.2, 7.8, score=None, timing=timing)
    transcript = transcript_of(manifest, [aligned([segment("well")], [stretched])])
    assert transcript.quality.uncovered == (Gap(start=1.2, end=7.08, channel=None),)
    assert transcript.quality.coverage == pytest.approx(0.146)
    drawn = stretched.model_copy(update={"score": 0.8, "timing": "aligned"})
    transcript = transcript_of(manifest, [aligned([segment("well")], [drawn])])
    assert transcript.quality.uncovered == ()


def test_a_suspect_segment_covers_no_speech() -> None:
    manifest = manifest_of(20.0, [[(0.0, 4.0)]])
    doubted = segment("la la la la", 0.0, 4.0, quality_flags=("repetitive", "improbable"))
    transcript = transcript_of(
        manifest, [aligned([doubted], [word("la", i * 1.0, i + 1.0) for i in range(4)])]
    )
    assert (transcript.quality.coverage, transcript.quality.uncovered) == (
        0.0,
        (Gap(start=0.0, end=3.8, channel=None),),
    )
    assert [suspect.reasons for suspect in transcript.quality.suspects] == [
        ("repetitive", "improbable")
    ]
    assert transcript.quality.mean_confidence is None


def test_suspects_are_in_order_of_time_and_inside_the_recording() -> None:
    parts = [
        segment("late", 8.0, 99.0, quality_flags=("too_fast",)),
        segment("early", 3.0, 2.0, quality_flags=("prompt",)),
    ]
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 10.0)]]), [aligned(parts, [])])
    assert [(one.text, one.start, one.end) for one in transcript.quality.suspects] == [
        ("early", 3.0, 3.0),
        ("late", 8.0, 10.0),
    ]
    assert [warning.message for warning in transcript.warnings] == [
        "2 sentences were probably never said. They are kept apart."
    ]


def test_confidence_is_the_mean_of_the_known_values() -> None:
    words = [
        word("one", 0.0, 1.0, confidence=0.5),
        word("two", 1.0, 2.0, confidence=None, timing="interpolated"),
        word("three", 2.0, 3.0, confidence=1.0),
    ]
    transcript = transcript_of(
        manifest_of(20.0, [[(0.0, 3.0)]]), [aligned([segment("one two three")], words)]
    )
    assert (transcript.quality.mean_confidence, transcript.quality.words_interpolated) == (0.75, 1)
