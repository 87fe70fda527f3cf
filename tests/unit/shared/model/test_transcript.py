"""transcript.json has every key, rounded seconds, and rejects any other shape."""

import json

import pytest
from pydantic import ValidationError

from shared.model.transcript import Transcript, Word
from tests.support.finalize_inputs import aligned, manifest_of, sentence, transcript_of

KEYS = (
    "schema schema_version job media options tags language text segments words speakers turns "
    "overlaps quality warnings provenance timings cost outputs"
)


def written() -> dict[str, object]:
    made: dict[str, object] = json.loads(
        transcript_of(manifest_of(5.0, [[]]), [aligned([], [])]).model_dump_json()
    )
    return made


def test_every_key_is_there_even_when_nothing_was_said() -> None:
    assert " ".join(written()) == KEYS
    assert (written()["schema"], written()["schema_version"]) == ("dropscribe/transcript", 2)
    assert written()["cost"] is None


def test_seconds_have_three_decimals_at_most() -> None:
    made = transcript_of(manifest_of(5.0, [[(0.0, 1.0)]]), [sentence("one two three", 0.1, 1 / 3)])
    text = made.model_dump_json()
    assert [word["start"] for word in json.loads(text)["words"]] == [0.1, 0.433, 0.767]


@pytest.mark.parametrize("extra", [{"schema_version": 1}, {"unknown": 1}, {"schema": "other"}])
def test_another_shape_is_refused(extra: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Transcript.model_validate(written() | extra)


@pytest.mark.parametrize("field", ["start", "end", "score", "confidence"])
def test_no_number_may_be_nan(field: str) -> None:
    (one,) = transcript_of(manifest_of(5.0, [[(0.0, 1.0)]]), [sentence("one", 0.0)]).words
    with pytest.raises(ValidationError):
        Word.model_validate(one.model_dump() | {field: float("nan")})
