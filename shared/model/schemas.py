"""The JSON Schemas of what goes over the wire. `python -m shared.model.schemas` writes them to
docs/contracts/."""

import json
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from shared.model.artifacts import Aligned, Detection, Diarization, Manifest, Recognition
from shared.model.contracts import (
    Finalized,
    JobEvent,
    Prepared,
    Problem,
    StageRequest,
    StageResponse,
)
from shared.model.transcript import Transcript

FOLDER = Path(__file__).parents[2] / "docs" / "contracts"

READ: dict[str, type[BaseModel]] = {"stage-request": StageRequest, "problem": Problem}
"""Those where a key with a default may be left out."""

WRITTEN: dict[str, type[BaseModel]] = {
    "stage-response": StageResponse,
    "prepared": Prepared,
    "finalized": Finalized,
    "completion": JobEvent,
    "manifest": Manifest,
    "detection": Detection,
    "heard": Recognition,
    "aligned": Aligned,
    "diarization": Diarization,
    "transcript": Transcript,
}
"""Those written in full, where every key is present."""


class InFull(GenerateJsonSchema):
    """Every field is required: one with a default is written too."""

    def field_is_required(self, field: object, total: bool) -> bool:
        return True


def schemas() -> dict[Path, str]:
    """Each file and what it should hold."""
    made = {name: model.model_json_schema() for name, model in READ.items()}
    for name, model in WRITTEN.items():
        made[name] = model.model_json_schema(mode="serialization", schema_generator=InFull)
    return {FOLDER / f"{name}.schema.json": as_text(schema) for name, schema in made.items()}


def as_text(schema: dict[str, object]) -> str:
    dialect = {"$schema": GenerateJsonSchema.schema_dialect}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
