"""The generated files, such as the schemas in docs/contracts, are what the code generates."""

import json
from pathlib import Path

import jsonschema
import pytest

from shared.generate import CONTRACTS, GENERATED, generated_files
from shared.model.contracts import Problem, Source, StageRequest


@pytest.mark.parametrize("path", generated_files(), ids=lambda path: path.name)
def test_a_generated_file_is_what_the_code_generates(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated_files()[path], (
        "run: python -m shared.generate"
    )


@pytest.mark.parametrize("path", sorted(CONTRACTS.iterdir()), ids=lambda path: path.name)
def test_a_schema_is_a_valid_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_no_generated_file_is_left_of_a_model_that_was_removed() -> None:
    assert {*CONTRACTS.iterdir(), *GENERATED.iterdir()} == set(generated_files())


def test_a_request_and_a_problem_may_leave_out_what_has_a_default() -> None:
    request = StageRequest(source=Source(bucket="b", name="inbox/a.mp3", generation=1))
    problem = Problem(type="urn:x", title="No", status=404, detail="gone")
    for name, model in {"stage-request": request, "problem": problem}.items():
        schema = json.loads((CONTRACTS / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(model.model_dump_json(exclude_defaults=True)), schema)
