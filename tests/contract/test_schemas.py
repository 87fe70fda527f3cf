"""The JSON schemas in docs/contracts equal those generated from the code."""

import json
from pathlib import Path

import jsonschema
import pytest

from shared.model.contracts import Problem, Source, StageRequest
from shared.model.schemas import FOLDER, schemas


@pytest.mark.parametrize("path", schemas(), ids=lambda path: path.name)
def test_a_schema_is_written_down_as_the_code_has_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == schemas()[path], (
        "run: python -m shared.model.schemas"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_no_schema_is_left_of_a_model_that_is_gone() -> None:
    assert set(FOLDER.glob("*.schema.json")) == set(schemas())


def test_a_request_and_a_problem_may_leave_out_what_has_a_default() -> None:
    request = StageRequest(source=Source(bucket="b", name="inbox/a.mp3", generation=1))
    problem = Problem(type="urn:x", title="No", status=404, detail="gone")
    for name, model in {"stage-request": request, "problem": problem}.items():
        schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(model.model_dump_json(exclude_defaults=True)), schema)
