"""The standard library matches the examples and error tables of Google's reference."""

import re
from typing import Any

import pytest

from emulators.workflows.errors import WorkflowError
from emulators.workflows.stdlib import FUNCTIONS
from emulators.workflows.tests.running import value_of


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('double("2.7")', 2.7),
        ("double(2)", 2.0),
        ("int(2.7)", 2),
        ('int("12")', 12),
        ("string(1.7)", "1.7"),
        ("string(true)", "true"),
        ('default(null, "d")', "d"),
        ("default(false, true)", False),
        ('if(1 < 2, "y", "n")', "y"),
        ('keys({"b": 1, "a": 2})', ["b", "a"]),
        ('len("héllo") + len([1, 2]) + len({"a": 1})', 8),
        ("get_type(1.0)", "double"),
        ('get_type(text.encode("a"))', "bytes"),
        ("get_type({})", "map"),
        ("get_type(null)", "null"),
        ('base64.encode(text.encode("hi"), false)', "aGk"),
        ('text.decode(base64.decode("aGk", false))', "hi"),
        (
            'base64.encode(hash.compute_hmac(text.encode("key"), text.encode("Hello World"),'
            ' "SHA256"))',
            "QidPcoCDkuWLV9co1+PA5RY+rwfRZdwDEF9iq74afRE=",
        ),
        (
            'base64.encode(hash.compute_checksum(text.encode("a"), "MD5"))',
            "DMF1ucDxtqgxw5niaXcmYQ==",
        ),
        ('json.decode(text.encode("[1, null]"))', [1, None]),
        ('json.encode_to_string({"a": [1, "ü"]})', '{"a":[1,"ü"]}'),
        ('json.encode_to_string({"a": 1}, true)', '{\n    "a": 1\n}'),
        ('json.encode_to_string([1], {"prefix": ">", "indent": "-"})', "[\n>-1\n>]"),
        ('text.decode(json.encode("a"))', '"a"'),
        ("list.concat([1], [2])", [1, [2]]),
        ("list.prepend([1], 0)", [0, 1]),
        ('map.get({"a": {"b": 3}}, ["a", "b"])', 3),
        ('map.get("no map", "a")', None),
        ('map.delete({"a": 1}, "b")', {"a": 1}),
        ('map.merge({"a": {"x": 1}}, {"a": 2})', {"a": 2}),
        (
            'map.merge_nested({"a": {"x": 1}}, {"a": {"y": 2}, "b": 3})',
            {"a": {"x": 1, "y": 2}, "b": 3},
        ),
        ("math.abs(-1.5)", 1.5),
        ("math.floor(-1.5)", -2),
        ("math.max(1, 2.5)", 2.5),
        ("math.min(1, 2)", 1),
        ('text.find_all("aaa", "a")', [0, 1, 2]),
        (
            'text.find_all_regex("HelloWorld", "Hello|World")',
            [{"index": 0, "match": "Hello"}, {"index": 5, "match": "World"}],
        ),
        ('text.match_regex("abc", "b")', True),
        ('text.match_regex("abc", "^b")', False),
        ('text.replace_all("aXbX", "X", "-")', "a-b-"),
        ('text.replace_all_regex("one two", "one|two", "three")', "three three"),
        ('text.replace_all_regex("ab", "(a)", "\\\\1")', "\\1b"),
        ('text.split("a,b,", ",")', ["a", "b", ""]),
        ('text.substring("hello", 1, 3)', "el"),
        ('text.to_upper("é") + text.to_lower("Ä")', "Éä"),
        ('text.url_encode("a b/c&d")', "a%20b%2Fc%26d"),
        ('text.url_encode_plus("a b")', "a+b"),
        ('text.url_decode("a%20b")', "a b"),
        ("time.format(1720788633)", "2024-07-12T12:50:33.000000Z"),
        ('time.format(1720788633, "Europe/Paris")', "2024-07-12T14:50:33.000000+02:00"),
        ('time.parse("2024-07-12T14:50:33.5+02:00")', 1720788633.5),
        ('retry.always("x") and not retry.never("x")', True),
        ('http.default_retry_predicate({"code": 429})', True),
        ('http.default_retry_predicate({"code": 500, "tags": ["HttpError"]})', False),
        ('http.default_retry_predicate({"tags": ["TimeoutError"]})', True),
        ('http.default_retry_predicate_non_idempotent({"tags": ["TimeoutError"]})', False),
        ('http.default_retry_predicate_non_idempotent({"tags": ["ConnectionFailedError"]})', True),
        ('http.default_retry_predicate("boom")', False),
        ("http.default_retry.max_retries", 5),
        ("retry.default_backoff.multiplier", 1.25),
    ],
)
def test_values(expression: str, result: Any) -> None:
    value = value_of(expression)
    assert value == result
    assert type(value) is type(result)


@pytest.mark.parametrize(
    ("expression", "tag"),
    [
        ('int("abc")', "ValueError"),
        ('double("abc")', "ValueError"),
        ("int(true)", "TypeError"),
        ("string([1])", "TypeError"),
        ("string(null)", "TypeError"),
        ("len(1)", "TypeError"),
        ("keys([1])", "TypeError"),
        ('if("yes", 1, 2)', "TypeError"),
        ("json.decode(1)", "TypeError"),
        ('json.decode("{")', "ValueError"),
        ('json.encode(text.encode("a"))', "ValueError"),
        ('base64.decode("?")', "ValueError"),
        ('hash.compute_checksum(text.encode("a"), "ROT13")', "ValueError"),
        ('hash.compute_checksum("a", "MD5")', "TypeError"),
        ('map.get({"a": 1}, 1)', "TypeError"),
        ("list.concat(1, 2)", "TypeError"),
        ("math.max(1, true)", "TypeError"),
        ('text.match_regex("a", "(")', "ValueError"),
        ("text.to_upper(1)", "TypeError"),
        ('text.substring("abc", 2, 9)', "IndexError"),
        ('time.format(0, "Nowhere/Else")', "ValueError"),
        ('time.parse("yesterday")', "ValueError"),
        ('text.encode("a", "no-such-charset")', "ValueError"),
        ("len()", "TypeError"),
        ("len(1, 2)", "TypeError"),
        ('sys.get_env("UNSET")', "KeyError"),
    ],
)
def test_errors_carry_googles_tags(expression: str, tag: str) -> None:
    with pytest.raises(WorkflowError) as raised:
        value_of(expression)
    assert raised.value.tags == [tag]


def test_deep_json_is_an_error_not_a_crash() -> None:
    with pytest.raises(WorkflowError) as raised:
        FUNCTIONS["json.decode"]("[" * 100_000)
    assert raised.value.tags == ["ValueError"]


def test_uuids_differ() -> None:
    first, second = value_of("[uuid.generate(), uuid.generate()]")
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)
