"""The page about transcript.json shows a valid transcript and explains every field of it."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from functions.finalize.answer.missing_parts import ALIGNMENT_FAILED, SPEAKERS_UNKNOWN
from shared.generate import CONTRACTS
from shared.model.transcript import Transcript

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "transcript.md").read_text(encoding="utf-8")
SCHEMA = json.loads((CONTRACTS / "transcript.schema.json").read_text(encoding="utf-8"))


def code_block(language: str) -> str:
    """Returns the only block of code in that language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def field_names() -> set[str]:
    names = set(SCHEMA["properties"])
    for model in SCHEMA["$defs"].values():
        names.update(model.get("properties", {}))
    return names


def test_the_example_is_a_transcript() -> None:
    example = code_block("json")
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(example))
    Transcript.model_validate_json(example)


def test_the_example_shows_every_field() -> None:
    shown = set(keys(json.loads(code_block("json"))))
    absent = {"currency", "total", "items", "price_table", "reasons", "message", "span"}
    assert field_names() - shown <= absent, "what has no value in a good answer"


def keys(document: Any) -> Iterator[str]:
    """Yields every key of a JSON document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from keys(value)
    elif isinstance(document, list):
        for value in document:
            yield from keys(value)


def test_every_field_is_explained() -> None:
    _, _, explained = PAGE.partition("## What was said")
    names = set(re.findall(r"`(?:job\.|provenance\.)?(\w+)`", explained))
    assert field_names() - names <= {"schema", "schema_version"}, "they are explained at the top"


def test_the_program_on_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = json.loads(code_block("json"))
    nothing = [{**example["words"][0], "id": number} for number in range(9)]
    example["words"] = [*nothing, *example["words"]]
    (tmp_path / "transcript.json").write_text(json.dumps(example), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(code_block("python"), {})
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Speaker 1 I didn't know you were there. [9.504")
    assert second == "Speaker 2 Neither did I. [9.984]"


def warning_codes() -> set[str]:
    """Returns the codes of all warnings that the source gives: a constant that is passed as `code`,
    or the first argument of a function whose name ends in `warning` or `_warn`."""
    codes = set()
    for file in [*ROOT.glob("functions/**/*.py"), *ROOT.glob("shared/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                codes |= set(map(str, codes_of(node)))
    return codes


def codes_of(call: ast.Call) -> Iterator[object]:
    name = ast.unparse(call.func)
    candidates = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    if name.endswith(("warning", "_warn")) and not name.startswith("log."):
        candidates += call.args[:1]
    for value in candidates:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def test_every_code_of_a_warning_is_explained() -> None:
    _, _, from_codes = PAGE.partition("### Codes of warnings")
    codes_section, _, _ = from_codes.partition("\n## ")
    explained = set(re.findall(r"^\| `(\w+)` \|", codes_section, re.MULTILINE))
    codes = warning_codes() | {ALIGNMENT_FAILED, SPEAKERS_UNKNOWN}
    assert codes == explained
