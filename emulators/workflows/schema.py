"""The JSON schema (draft-07) of a workflow, which editors use too."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from emulators.workflows.document import Document, read_document
from emulators.workflows.errors import Finding
from emulators.workflows.values import Value

SCHEMA_FILE = Path(__file__).parents[2] / "workflows" / "schema" / "workflow.schema.json"


def schema_findings(text: str) -> list[Finding]:
    """Returns one finding for each place where the source does not match the schema."""
    document = read_document(text)
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    errors = Draft7Validator(schema).iter_errors(document.data)
    return sorted(_finding(best_match([error]), document) for error in errors)


def _finding(error: Any, document: Document) -> Finding:
    path = ".".join(str(part) for part in error.absolute_path)
    return Finding(
        _line(document.data, list(error.absolute_path), document), f"{path}: {error.message[:200]}"
    )


def _line(data: Value, path: list[Any], document: Document) -> int:
    """Returns the line of the innermost map on the path."""
    line = document.line(data)
    for part in path:
        data = data[part]
        line = document.line(data) or line
    return line
