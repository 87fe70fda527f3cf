"""Writes the files that follow from the code: `python -m shared.generate`.

* docs/contracts/*.schema.json: the JSON Schemas of everything on the wire
* shared/generated/stages.json: the functions, for Terraform, the Makefile and the images
* shared/generated/settings.json: the settings, for Terraform
"""

import json
from collections.abc import Mapping
from pathlib import Path

from shared.model.schemas import schemas
from shared.model.stages import FUNCTIONS, STAGE_FUNCTIONS, FunctionSpec
from shared.settings import setting_fields

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "docs" / "contracts"
GENERATED = ROOT / "shared" / "generated"


def main() -> None:
    for path, text in generated_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def generated_files() -> dict[Path, str]:
    """Returns the content of every generated file."""
    files = {}
    for name, schema in schemas().items():
        path = CONTRACTS / f"{name}.schema.json"
        files[path] = as_text(schema)

    stages_path = GENERATED / "stages.json"
    functions = {name: function_facts(spec) for name, spec in FUNCTIONS.items()}
    files[stages_path] = one_line_each(functions)

    settings_path = GENERATED / "settings.json"
    fields = setting_fields()
    settings = {name: field._asdict() for name, field in fields.items()}
    files[settings_path] = one_line_each(settings)
    return files


def as_text(content: object) -> str:
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return f"{text}\n"


def one_line_each(entries: Mapping[str, object]) -> str:
    """Returns a JSON object with one line per entry."""
    lines = []
    for name, value in entries.items():
        key = json.dumps(name)
        content = json.dumps(value, ensure_ascii=False)
        lines.append(f"  {key}: {content}")
    body = ",\n".join(lines)
    return f"{{\n{body}\n}}\n"


def function_facts(spec: FunctionSpec) -> dict[str, object]:
    """Returns what is deployed of a function and what its image installs."""
    return {
        "model": spec.has_model,
        "cpu": as_number(spec.resources.cpu),
        "memory_gib": as_number(spec.resources.memory_gib),
        "concurrency": spec.concurrency,
        "max_instances": spec.max_instances,
        "extra": spec.extra,
        "in_workflow": spec.name in STAGE_FUNCTIONS,
    }


def as_number(value: float) -> int | float:
    """Returns a whole number as an int, which JSON writes without ".0"."""
    if value.is_integer():
        return int(value)
    return value


if __name__ == "__main__":
    main()
