"""`fields=` chooses parts of a response, as Google's partial responses do."""

from typing import Any

import pytest

from emulators.storage.errors import Invalid
from emulators.storage.fields import parse, selected

ITEMS = [{"name": "a", "size": "1", "metadata": {"x": "1", "y": "2"}}, {"name": "b", "size": "2"}]
BODY = {"kind": "storage#objects", "items": ITEMS, "nextPageToken": "t"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("kind", {"kind": "storage#objects"}),
        (
            "items(name),nextPageToken",
            {"items": [{"name": "a"}, {"name": "b"}], "nextPageToken": "t"},
        ),
        ("items/name", {"items": [{"name": "a"}, {"name": "b"}]}),
        ("items/metadata/x", {"items": [{"metadata": {"x": "1"}}, {}]}),
        ("items(metadata(y))", {"items": [{"metadata": {"y": "2"}}, {}]}),
        (
            "items/name,items/size",
            {"items": [{"name": "a", "size": "1"}, {"name": "b", "size": "2"}]},
        ),
        ("items/name,items", {"items": ITEMS}),
        ("items,items/name", {"items": ITEMS}),
        ("*", BODY),
        (
            "*/name",
            {
                "kind": "storage#objects",
                "items": [{"name": "a"}, {"name": "b"}],
                "nextPageToken": "t",
            },
        ),
        ("unknown", {}),
        ("kind/deeper", {"kind": "storage#objects"}),
    ],
)
def test_only_the_named_parts_are_left(fields: str, expected: dict[str, Any]) -> None:
    assert selected(BODY, parse(fields)) == expected


@pytest.mark.parametrize(
    "fields", [",", "a,", "a(", "a(b", "a)", "()", "a/", "/a", "a b", "a(b))", "a" + "(a" * 999]
)
def test_a_malformed_selection_is_refused(fields: str) -> None:
    with pytest.raises(Invalid):
        parse(fields)
