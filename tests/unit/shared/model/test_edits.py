"""Edits have limits with clear messages, form no circle, and name ids that the transcript has."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.model.edits import Edits, StoredEdits, ids_of, unknown_ids
from tests.support.finalize_inputs import manifest_of, sentence, transcript_of


def refusal(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Edits.model_validate_json(json.dumps(fields))
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"speakers": {"S1": "a" * 101}}, "at most 100 characters"),
        ({"speakers": {"S1": ""}}, "at least 1 character"),
        ({"speakers": {"S1": "Anna\nWeber"}}, "a control character or a line break"),
        ({"speakers": {"S1": "Anna\u2028"}}, "a control character or a line break"),
        ({"speakers": {"S1": "\u202eanna"}}, "a control character or a line break"),
        ({"speakers": {"S1": " Anna"}}, "begins or ends with a space"),
        ({"speakers": {"Anna": "S1"}}, "should match pattern"),
        ({"words": {"1": "a" * 201}}, "at most 200 characters"),
        ({"words": {"1": "a\x00b"}}, "a control character or a line break"),
        ({"words": {"01": "a"}}, "should match pattern"),
        ({"merges": {"S1": "S1"}}, "the merges of S1 form a circle"),
        ({"merges": {"S1": "S2", "S2": "S3", "S3": "S1"}}, "form a circle"),
        ({"kept": ["suspect-1"], "dropped": ["suspect-1"]}, "suspect-1 is both kept and dropped"),
        ({"kept": ["gap-1"]}, "should match pattern"),
        ({"names": {}}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_refused_and_why(fields: dict[str, Any], reason: str) -> None:
    assert reason in refusal(**fields)


def test_a_refusal_does_not_repeat_what_was_written() -> None:
    assert "Weber" not in refusal(speakers={"S1": "Anna\nWeber"})


def test_chains_of_merges_and_names_of_any_script_are_accepted() -> None:
    edits = Edits(
        merges={"S4": "S3", "S3": "S1"},
        speakers={"S1": "アンナ・ウェーバー", "S2": "نغمه‌جان"},
        words={"0": "New York", "1": ""},
    )
    assert Edits.model_validate_json(edits.model_dump_json()) == edits


def test_stored_edits_have_their_schema_and_give_the_edits_back() -> None:
    stored = StoredEdits(
        speakers={"S1": "Anna"}, base=3, revision=2, updated="2026-11-28T09:00:00Z"
    )
    document = json.loads(stored.model_dump_json())
    assert (document["schema"], document["schema_version"]) == ("dropscribe/edits", 1)
    assert StoredEdits.model_validate(document) == stored
    assert stored.edits == Edits(speakers={"S1": "Anna"})


def test_ids_that_the_transcript_lacks_are_reported_without_any_text() -> None:
    transcript = transcript_of(manifest_of(5.0, [[(0.0, 2.0)]]), [sentence("one two", 0.0)])
    edits = Edits(
        speakers={"S1": "Anna", "S7": "Secret"},
        merges={"S8": "S7"},
        words={"1": "fine", "2": "secret"},
        sentences={"0": "S7", "1": "S7", "suspect-0": "S7"},
        kept=("suspect-0",),
        dropped=("gap-5", "segment-1"),
    )
    assert unknown_ids(edits, ids_of(transcript)) == [
        "words: the transcript has no word 2",
        "sentences: the transcript has no segment 1",
        "speakers: the transcript has no speaker S1",
        "merges: the transcript has no speaker S8",
        "the transcript has no suspect-0",
        "the transcript has no gap-5",
        "the transcript has no segment-1",
    ]


def test_only_the_first_reasons_are_reported() -> None:
    transcript = transcript_of(manifest_of(5.0, [[(0.0, 2.0)]]), [sentence("one two", 0.0)])
    edits = Edits(words={str(number): "x" for number in range(2, 100)})
    assert len(unknown_ids(edits, ids_of(transcript))) == 10
