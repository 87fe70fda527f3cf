"""Speakers of different diarization spans are linked to the same person by voice."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from functions.finalize.speakers.linking import SpanSpeaker, link_speakers, second_count
from shared.model.artifacts import Diarization
from shared.model.contracts import Engine
from shared.model.voices import Matrix, narrowband_direction
from shared.model.warnings import uncertain_speaker_count
from shared.settings import EMBEDDED_DIARIZE_MODEL
from tests.support.finalize_inputs import (
    diarization,
    manifest_of,
    resolved_options,
    sentence,
    transcript_of,
)

ANNA, BEN, CLEO = (1.0, 0.1, 0.0), (0.1, 1.0, 0.0), (0.0, 0.1, 1.0)
SIZE = 192
TURNS = [(0.0, 1.0, "A"), (1.0, 2.0, "B")]


def people(groups: list[list[SpanSpeaker]]) -> set[frozenset[tuple[int, str]]]:
    return {frozenset(group) for group in groups}


def test_names_swapped_between_spans_are_the_same_people() -> None:
    spans = [diarization(TURNS, {"A": ANNA, "B": BEN}), diarization(TURNS, {"A": BEN, "B": ANNA})]
    assert people(link_speakers(spans, 1, None)) == {
        frozenset({(0, "A"), (1, "B")}),
        frozenset({(0, "B"), (1, "A")}),
    }


def test_an_unknown_voice_in_a_later_span_is_a_new_speaker() -> None:
    spans = [diarization(TURNS, {"A": ANNA, "B": BEN}), diarization(TURNS, {"A": CLEO, "B": BEN})]
    assert people(link_speakers(spans, 1, None)) == {
        frozenset({(0, "A")}),
        frozenset({(0, "B"), (1, "B")}),
        frozenset({(1, "A")}),
    }


def test_similar_voices_of_one_span_stay_two_people() -> None:
    similar = (1.0, 0.12, 0.0)
    spans = [diarization(TURNS, {"A": ANNA, "B": similar}), diarization(TURNS[:1], {"A": ANNA})]
    assert people(link_speakers(spans, 1, None)) == {
        frozenset({(0, "A"), (1, "A")}),
        frozenset({(0, "B")}),
    }


def test_groups_that_share_a_span_stay_apart() -> None:
    turns = [(0.0, 1.0, "A")]
    spans = [
        diarization(TURNS, {"A": ANNA, "B": (1.0, 0.2, 0.0)}),
        diarization(turns, {"A": ANNA}),
        diarization(turns, {"A": (1.0, 0.2, 0.0)}),
    ]
    assert people(link_speakers(spans, 1, None)) == {
        frozenset({(0, "A"), (1, "A")}),
        frozenset({(0, "B"), (2, "A")}),
    }


def test_the_given_number_of_speakers_is_kept() -> None:
    spans = [diarization(TURNS, {"A": ANNA, "B": BEN}), diarization(TURNS, {"A": CLEO, "B": BEN})]
    assert people(link_speakers(spans, 2, 2)) == {
        frozenset({(0, "A"), (1, "A")}),
        frozenset({(0, "B"), (1, "B")}),
    }


def test_at_least_the_given_number_of_speakers_is_kept() -> None:
    spans = [diarization(TURNS, {"A": ANNA, "B": BEN}), diarization(TURNS, {"A": ANNA, "B": BEN})]
    assert len(link_speakers(spans, 1, None)) == 2
    assert len(link_speakers(spans, 3, None)) == 3


def test_the_nearest_speakers_of_one_span_join_if_fewer_are_allowed() -> None:
    turns = [*TURNS, (2.0, 3.0, "C")]
    spans = [diarization(turns, {"A": ANNA, "B": BEN, "C": (1.0, 0.2, 0.0)})]
    assert people(link_speakers(spans, 1, 2)) == {
        frozenset({(0, "A"), (0, "C")}),
        frozenset({(0, "B")}),
    }


def test_the_speakers_of_a_single_span_stay_apart() -> None:
    assert people(link_speakers([diarization(TURNS, {"A": ANNA, "B": ANNA})], 1, None)) == {
        frozenset({(0, "A")}),
        frozenset({(0, "B")}),
    }


def test_a_speaker_without_a_usable_voice_joins_no_other() -> None:
    spans = [
        diarization(TURNS, {"A": ANNA, "B": (0.0, 0.0, 0.0)}),
        diarization(TURNS, {"A": (float("nan"), 0.0, 0.0)}),
    ]
    assert len(link_speakers(spans, 1, None)) == 4


def test_no_turns_make_no_speakers() -> None:
    assert link_speakers([diarization([]), diarization([])], 1, 2) == []


def test_distance_is_the_mean_over_all_pairs() -> None:
    """C is within the threshold of A but not of A and B together."""
    turns = [(0.0, 1.0, "A")]
    spans = [
        diarization(turns, {"A": voice}) for voice in [(1.0, 0.0), (0.9, 0.436), (0.73, -0.683)]
    ]
    assert people(link_speakers(spans, 1, None)) == {
        frozenset({(0, "A"), (1, "A")}),
        frozenset({(2, "A")}),
    }


def embedded(voices: Sequence[Matrix]) -> list[Diarization]:
    """Returns a span per voice, diarized by the embedded model."""
    engine = Engine(name="pyannote.audio", version="4", model=EMBEDDED_DIARIZE_MODEL)
    spans = [diarization(TURNS[:1], {"A": voice.tolist()}) for voice in voices]
    return [span.model_copy(update={"engine": engine}) for span in spans]


def test_strangers_on_a_telephone_are_not_linked() -> None:
    """Their cosine distance of 0.35 is that of one person for other models."""
    one, other, direction = np.linalg.qr(np.stack([narrowband_direction(), *np.eye(SIZE)[:2]]).T)[
        0
    ].T[[1, 2, 0]]
    strangers = [0.6 * direction + np.sqrt(0.64) * own for own in (one, other)]
    tilted = [0.9 * strangers[0] + 0.1 * strangers[1], strangers[1]]
    assert len(link_speakers(embedded(strangers), 1, None)) == 2
    assert len(link_speakers(embedded([strangers[0], tilted[0]]), 1, None)) == 1


def test_a_clear_number_of_people_has_no_second() -> None:
    spans = [diarization(TURNS, {"A": ANNA, "B": BEN}), diarization(TURNS, {"A": BEN, "B": ANNA})]
    assert second_count(spans, 1, None) is None


@pytest.mark.parametrize(("cosine", "people_found", "second"), [(0.63, 1, 2), (0.57, 2, 1)])
def test_a_number_of_people_that_hangs_on_little_has_a_second(
    cosine: float, people_found: int, second: int
) -> None:
    voices = [(1.0, 0.0), (cosine, math.sqrt(1 - cosine**2))]
    spans = [diarization(TURNS[:1], {"A": voice}) for voice in voices]
    assert len(link_speakers(spans, 1, None)) == people_found
    assert second_count(spans, 1, None) == second
    assert second_count(spans, 2, 2) is None


def test_a_transcript_warns_of_an_uncertain_number_of_people() -> None:
    manifest = manifest_of(20.0, [[(0.0, 2.0)], [(10.0, 12.0)]], [(0.0, 10.0), (10.0, 20.0)])
    similar = (0.63, math.sqrt(1 - 0.63**2))
    spans = [diarization(TURNS[:1], {"A": voice}) for voice in [(1.0, 0.0), similar]]
    words = [sentence("one two three four", 0.0)] * 2
    transcript = transcript_of(manifest, words, spans, resolved_options())
    assert uncertain_speaker_count("finalize", found=1, second=2) in transcript.warnings


def test_the_speakers_of_one_span_are_a_certain_number() -> None:
    similar = (1.0, 0.8, 0.0)
    assert second_count([diarization(TURNS, {"A": ANNA, "B": similar})], 1, None) is None


def test_linked_speakers_are_numbered_in_order_of_their_first_turn() -> None:
    manifest = manifest_of(20.0, [[(0.0, 2.0)], [(10.0, 12.0)]], [(0.0, 10.0), (10.0, 20.0)])
    spans = [
        diarization([(0.0, 1.0, "Z"), (1.0, 2.0, "A")], {"Z": ANNA, "A": BEN}),
        diarization(TURNS, {"A": BEN, "B": ANNA}),
    ]
    transcript = transcript_of(
        manifest, [sentence("one two three four", 0.0)] * 2, spans, resolved_options()
    )
    assert [(turn.start, turn.speaker) for turn in transcript.turns] == [
        (0.0, "S1"),
        (1.0, "S2"),
        (10.0, "S2"),
        (11.0, "S1"),
    ]
    assert [
        (one.id, one.label, one.talk_time, one.turns, one.words) for one in transcript.speakers
    ] == [
        ("S1", "Speaker 1", 2.0, 2, 4),
        ("S2", "Speaker 2", 2.0, 2, 4),
    ]
