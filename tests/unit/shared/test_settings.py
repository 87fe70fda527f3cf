"""The settings are those that docs/options.md lists, and each has a default, a type and a
description for lists that are generated from them."""

import re
from pathlib import Path

from shared.settings import SettingField, setting_fields

PAGE = (Path(__file__).parents[3] / "docs" / "options.md").read_text()


def test_every_setting_is_on_the_page_in_the_same_order() -> None:
    section = PAGE.partition("\n## Settings of a deployment\n")[2]
    listed = re.findall(r"(?m)^\| `(\w+)` \|", section)
    assert listed == list(setting_fields())


def test_a_setting_is_described_by_its_default_its_type_and_its_docstring() -> None:
    fields = setting_fields()
    assert fields["inbox"] == SettingField(
        default="dropscribe-inbox", type="string", description="Bucket for recordings."
    )
    types = {name: (field.default, field.type) for name, field in fields.items()}
    assert types["lease"] == (60, "number")
    assert types["keep_answer_days"] == (None, "integer"), "a setting that may be null"
    assert types["download_models"] == (False, "boolean")
    assert types["callers"] == ([], "array")
    assert types["resources"] == ({}, "object"), "a setting whose type is a map of models"


def test_every_setting_has_a_description_and_no_default_depends_on_the_machine() -> None:
    home = str(Path.home())
    for name, field in setting_fields().items():
        assert field.description, name
        assert home not in str(field.default), name
