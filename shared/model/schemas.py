"""The JSON Schemas of everything on the wire, which `python -m shared.generate` writes to
docs/contracts/."""

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from shared.model.contracts import (
    Finalized,
    JobEvent,
    Prepared,
    Problem,
    StageRequest,
    StageResponse,
    kebab_case,
)
from shared.model.edits import Edits, StoredEdits
from shared.model.stages import STAGES

READ: tuple[type[BaseModel], ...] = (StageRequest, Problem, Edits)
"""Models that are read: a key with a default may be left out."""
WRITTEN: tuple[type[BaseModel], ...] = (
    StageResponse,
    Prepared,
    Finalized,
    JobEvent,
    StoredEdits,
    *(stage.output for stage in STAGES.values()),
)
"""Models that are written: every key is present."""


class EveryFieldRequired(GenerateJsonSchema):
    """Marks every field as required, also one with a default."""

    def field_is_required(self, field: object, total: bool) -> bool:
        return True


def schemas() -> dict[str, dict[str, object]]:
    """Returns the schemas by the name of the model in lower case, such as "stage-request"."""
    found = {}
    for model in READ:
        schema = model.model_json_schema()
        found[kebab_case(model)] = with_dialect(schema)
    for model in WRITTEN:
        schema = model.model_json_schema(mode="serialization", schema_generator=EveryFieldRequired)
        found[kebab_case(model)] = with_dialect(schema)
    return found


def with_dialect(schema: dict[str, object]) -> dict[str, object]:
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
