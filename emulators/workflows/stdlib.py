"""The pure part of Google's standard library, with its names, arguments and errors.

An argument whose type is not the annotated one raises a TypeError. Regular expressions are
Python's, a superset of RE2.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, unquote

from emulators.workflows.errors import failure
from emulators.workflows.library import Arguments, invoke
from emulators.workflows.operators import as_string
from emulators.workflows.values import (
    Function,
    List,
    Map,
    Number,
    Value,
    from_json,
    to_json,
    type_name,
)

_DIGESTS = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA224": "sha224",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}
_RETRIED_CODES = {429, 502, 503, 504}
_RETRIED_TAGS = {"ConnectionError", "ConnectionFailedError", "TimeoutError"}
_RETRIED_CODES_NON_IDEMPOTENT = {429, 503}
_RETRIED_TAGS_NON_IDEMPOTENT = {"ConnectionFailedError"}


def call(name: str, arguments: Arguments) -> Value:
    return invoke(name, FUNCTIONS[name], arguments)


# Helpers


def to_double(value: str | Number) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise failure("ValueError", f"double: {value!r} is no number") from error


def to_int(value: str | Number) -> int:
    try:
        return int(value)
    except (ValueError, OverflowError) as error:
        raise failure("ValueError", f"int: {value!r} is no integer") from error


def string(value: Value) -> str:
    return as_string(value)


def default(val: Value, defaultVal: Value) -> Value:
    return defaultVal if val is None else val


def choose(condition: bool, ifTrue: Value, ifFalse: Value) -> Value:
    return ifTrue if condition else ifFalse


def keys(map: Map) -> List:
    return list(map)


def length(value: str | List | Map) -> int:
    return len(value)


def get_type(value: Value) -> str:
    return type_name(value)


# base64, hash, uuid


def base64_decode(data: str, padding: bool = True) -> bytes:
    text = data if padding else data + "=" * (-len(data) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise failure("ValueError", f"base64.decode: {error}") from error


def base64_encode(data: bytes, padding: bool = True) -> str:
    text = base64.b64encode(data).decode()
    return text if padding else text.rstrip("=")


def compute_checksum(data: bytes, algorithm: str) -> bytes:
    return hashlib.new(_digest(algorithm), data).digest()


def compute_hmac(key: bytes, data: bytes, algorithm: str) -> bytes:
    return hmac.digest(key, data, _digest(algorithm))


def _digest(algorithm: str) -> str:
    if algorithm not in _DIGESTS:
        raise failure(
            "ValueError", f"hash algorithm {algorithm!r} is not one of {', '.join(_DIGESTS)}"
        )
    return _DIGESTS[algorithm]


def generate() -> str:
    return str(uuid.uuid4())


# json


def json_decode(data: str | bytes) -> Value:
    return from_json(data)


def json_encode(data: Value, indent: bool | Map | None = None) -> bytes:
    return json_encode_to_string(data, indent).encode()


def json_encode_to_string(data: Value, indent: bool | Map | None = None) -> str:
    compact = to_json(data)
    if indent is None or indent is False:
        return compact
    options = indent if isinstance(indent, dict) else {}
    text = json.dumps(data, ensure_ascii=False, indent=options.get("indent", "    "))
    return text.replace("\n", "\n" + options.get("prefix", ""))


# list, map


def concat(objs: List, val: Value) -> List:
    return [*objs, val]


def prepend(objs: List, val: Value) -> List:
    return [val, *objs]


def map_get(map: Value, keys: str | List) -> Value:
    found = map
    for key in keys if isinstance(keys, list) else [keys]:
        if not isinstance(key, str):
            raise failure("TypeError", f"map.get: a key cannot be a {type_name(key)}")
        found = found.get(key) if isinstance(found, dict) else None
    return found


def map_delete(map: Map, key: str) -> Map:
    return {name: value for name, value in map.items() if name != key}


def merge(first: Map, second: Map) -> Map:
    return {**first, **second}


def merge_nested(first: Map, second: Map) -> Map:
    merged = dict(first)
    for key, value in second.items():
        both_maps = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_nested(merged[key], value) if both_maps else value
    return merged


# math


def absolute(x: Number) -> Number:
    return abs(x)


def floor(x: Number) -> int:
    if not math.isfinite(x):
        raise failure("ValueError", f"math.floor: {x} has no floor")
    return math.floor(x)


def maximum(x: Number, y: Number) -> Number:
    return max(x, y)


def minimum(x: Number, y: Number) -> Number:
    return min(x, y)


# text


def decode(data: bytes, charset: str = "UTF-8") -> str:
    try:
        return data.decode(charset)
    except (UnicodeError, LookupError) as error:
        raise failure("ValueError", f"text.decode: {error}") from error


def encode(data: str, charset: str = "UTF-8") -> bytes:
    try:
        return data.encode(charset)
    except (UnicodeError, LookupError) as error:
        raise failure("ValueError", f"text.encode: {error}") from error


def find_all(source: str, substr: str) -> List:
    return [match.start() for match in re.finditer(re.escape(substr), source)]


def find_all_regex(source: str, regexp: str) -> List:
    return [
        {"index": match.start(), "match": match[0]} for match in _regex(regexp).finditer(source)
    ]


def match_regex(source: str, regexp: str) -> bool:
    return _regex(regexp).search(source) is not None


def replace_all(source: str, substr: str, repl: str) -> str:
    return source.replace(substr, repl)


def replace_all_regex(source: str, regexp: str, repl: str) -> str:
    """Replaces without backreferences, as Google does: the replacement is literal text."""
    return _regex(regexp).sub(lambda match: repl, source)


def split(source: str, separator: str) -> List:
    return list(source) if separator == "" else list(source.split(separator))


def substring(source: str, start: int, end: int) -> str:
    if not 0 <= start <= end <= len(source):
        raise failure(
            "IndexError", f"text.substring: {start} to {end} is outside of {len(source)} characters"
        )
    return source[start:end]


def to_lower(source: str) -> str:
    return source.lower()


def to_upper(source: str) -> str:
    return source.upper()


def url_decode(source: str) -> str:
    return unquote(source)


def url_encode(source: str) -> str:
    return quote(source, safe="")


def url_encode_plus(source: str) -> str:
    return quote_plus(source)


def _regex(regexp: str) -> re.Pattern[str]:
    try:
        return re.compile(regexp)
    except re.error as error:
        raise failure("ValueError", f"bad regular expression: {error}") from error


# time


def now() -> float:
    return time.time()


def time_format(seconds: Number, timezone: str = "") -> str:
    try:
        zone = zoneinfo.ZoneInfo(timezone) if timezone else UTC
        text = datetime.fromtimestamp(seconds, zone).isoformat(timespec="microseconds")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError, OSError) as error:
        raise failure("ValueError", f"time.format: {error}") from error
    return text.replace("+00:00", "Z")


def time_parse(value: str) -> float:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise failure("ValueError", f"time.parse: {error}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# Retry predicates


def default_retry_predicate(exception: Value) -> bool:
    return _matches(exception, _RETRIED_CODES, _RETRIED_TAGS)


def default_retry_predicate_non_idempotent(exception: Value) -> bool:
    return _matches(exception, _RETRIED_CODES_NON_IDEMPOTENT, _RETRIED_TAGS_NON_IDEMPOTENT)


def always(exception: Value) -> bool:
    return True


def never(exception: Value) -> bool:
    return False


def _matches(exception: Value, codes: set[int], tags: set[str]) -> bool:
    if not isinstance(exception, dict):
        return False
    found = exception.get("tags")
    return exception.get("code") in codes or (
        isinstance(found, list) and any(tag in tags for tag in found)
    )


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "double": to_double,
    "int": to_int,
    "string": string,
    "default": default,
    "if": choose,
    "keys": keys,
    "len": length,
    "get_type": get_type,
    "base64.decode": base64_decode,
    "base64.encode": base64_encode,
    "hash.compute_checksum": compute_checksum,
    "hash.compute_hmac": compute_hmac,
    "http.default_retry_predicate": default_retry_predicate,
    "http.default_retry_predicate_non_idempotent": default_retry_predicate_non_idempotent,
    "json.decode": json_decode,
    "json.encode": json_encode,
    "json.encode_to_string": json_encode_to_string,
    "list.concat": concat,
    "list.prepend": prepend,
    "map.delete": map_delete,
    "map.get": map_get,
    "map.merge": merge,
    "map.merge_nested": merge_nested,
    "math.abs": absolute,
    "math.floor": floor,
    "math.max": maximum,
    "math.min": minimum,
    "retry.always": always,
    "retry.never": never,
    "sys.now": now,
    "text.decode": decode,
    "text.encode": encode,
    "text.find_all": find_all,
    "text.find_all_regex": find_all_regex,
    "text.match_regex": match_regex,
    "text.replace_all": replace_all,
    "text.replace_all_regex": replace_all_regex,
    "text.split": split,
    "text.substring": substring,
    "text.to_lower": to_lower,
    "text.to_upper": to_upper,
    "text.url_decode": url_decode,
    "text.url_encode": url_encode,
    "text.url_encode_plus": url_encode_plus,
    "time.format": time_format,
    "time.parse": time_parse,
    "uuid.generate": generate,
}

DEFAULT_BACKOFF: Map = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
OBJECTS: dict[str, Value] = {
    "retry.default_backoff": DEFAULT_BACKOFF,
    "http.default_retry": {
        "predicate": Function("http.default_retry_predicate"),
        "max_retries": 5,
        "backoff": DEFAULT_BACKOFF,
    },
    "http.default_retry_non_idempotent": {
        "predicate": Function("http.default_retry_predicate_non_idempotent"),
        "max_retries": 5,
        "backoff": DEFAULT_BACKOFF,
    },
}
