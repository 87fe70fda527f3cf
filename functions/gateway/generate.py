"""Writes the OpenAPI document to docs/openapi.json, and from it docs/api-problems.md:
`python -m functions.gateway.generate`."""

import json
from pathlib import Path

from functions.gateway.app import create_app
from functions.gateway.problem_table import problem_page

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCS / "openapi.json"
PROBLEMS = DOCS / "api-problems.md"


def generated_document() -> str:
    """Returns the OpenAPI document as the repository keeps it."""
    document = create_app().openapi()
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return f"{text}\n"


def generated_problems() -> str:
    """Returns the page with the problems of each route as the repository keeps it."""
    return problem_page(create_app().openapi())


if __name__ == "__main__":
    text = generated_document()
    DOCUMENT.write_text(text, encoding="utf-8")
    page = generated_problems()
    PROBLEMS.write_text(page, encoding="utf-8")
