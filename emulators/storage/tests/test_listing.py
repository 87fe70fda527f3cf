"""Listing computes prefixes, page sizes and globs correctly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.storage import globs
from emulators.storage.errors import Invalid
from emulators.storage.listing import after_prefix, decoded, encoded
from emulators.storage.requests import page_size

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(NAMES, NAMES)
def test_after_prefix_is_above_the_prefix_and_below_all_else(prefix: str, name: str) -> None:
    end = after_prefix(prefix)
    inside = name >= prefix and (end is None or name < end)
    assert inside == name.startswith(prefix)


@given(NAMES, NAMES)
def test_python_orders_names_as_utf8_does(one: str, other: str) -> None:
    assert (one < other) == (one.encode() < other.encode())


@pytest.mark.parametrize(
    ("prefix", "end"),
    [("", None), ("a", "b"), ("a/", "a0"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b")],
)
def test_after_prefix(prefix: str, end: str | None) -> None:
    assert after_prefix(prefix) == end


@given(NAMES, st.integers(0, 2**63 - 1))
def test_a_page_token_comes_back_as_it_went(name: str, generation: int) -> None:
    assert decoded(encoded((name, generation))) == (name, generation)


@pytest.mark.parametrize(
    ("query", "size"), [({}, 1000), ({"maxResults": "5"}, 5), ({"maxResults": "5000"}, 1000)]
)
def test_a_page_holds_at_most_a_thousand(query: dict[str, str], size: int) -> None:
    assert page_size(query) == size


@given(NAMES.filter(lambda name: not re.search(r"[*?\[\]{}\\]", name)))
def test_a_glob_without_wildcards_is_a_name(name: str) -> None:
    assert globs.compiled(name).fullmatch(name)
    assert globs.literal_prefix(name) == name


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("a.b", "axb", False),
        ("*.mp3", "a.mp3", True),
        ("*.mp3", "a/b.mp3", False),
        ("**.mp3", "a/b.mp3", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a?c", "a/c", False),
        ("[a-c]", "b", True),
        ("[!a-c]", "b", False),
        ("{a,b/c}.x", "b/c.x", True),
        ("a,b", "a,b", True),
        (r"\*", "*", True),
        (r"\*", "x", False),
        ("a**", "a\nb", True),
    ],
)
def test_a_glob(glob: str, name: str, matches: bool) -> None:
    assert bool(globs.compiled(glob).fullmatch(name)) == matches


def test_a_broken_glob_is_refused() -> None:
    with pytest.raises(Invalid):
        globs.compiled("{a")
