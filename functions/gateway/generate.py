"""Writes the OpenAPI document to docs/openapi.json: `python -m functions.gateway.generate`."""

import json
from pathlib import Path

from functions.gateway.app import create_app

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def generated_document() -> str:
    """Returns the OpenAPI document as the repository keeps it."""
    document = create_app().openapi()
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return f"{text}\n"


if __name__ == "__main__":
    text = generated_document()
    DOCUMENT.write_text(text, encoding="utf-8")
