"""Speakers of different diarization spans are linked to the same person by voice."""

from functions.finalize.speakers.linking import SpanSpeaker, link_speakers
from shared.model.contracts import Engine
from tests.support.finalize_inputs import (
    diarization,
    manifest_of,
    resolved_options,
    sentence,
    transcript_of,
)

ANNA, BEN, CLEO = (1.0, 0.1, 0.0), (0.1, 1.0, 0.0), (0.0, 0.1, 1.0)
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


def test_voices_of_the_embedded_model_must_be_nearer() -> None:
    """At a distance of 0.3, which is near for other models."""
    spans = [diarization(TURNS[:1], {"A": voice}) for voice in [(1.0, 0.0), (0.7, 0.714)]]
    assert len(link_speakers(spans, 1, None)) == 1
    embedded = Engine(name="pyannote.audio", version="4", model="embedded")
    assert (
        len(
            link_speakers([span.model_copy(update={"engine": embedded}) for span in spans], 1, None)
        )
        == 2
    )


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
