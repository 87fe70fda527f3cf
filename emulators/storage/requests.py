"""Reads and checks the parts of a request."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from emulators.storage.errors import Invalid
from emulators.storage.preconditions import number

LARGEST_PAGE = 1000


async def json_body(request: Request) -> dict[str, Any]:
    """Returns the body as a JSON object. No body, or null as rclone sends, is an empty one."""
    return parse_json(await request.body())


def parse_json(raw: bytes) -> dict[str, Any]:
    """Returns the JSON object. Raises Invalid for one that could not be sent again, such as one
    with half of a surrogate pair."""
    try:
        body = json.loads(raw or b"{}", parse_constant=refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Invalid("The request body is not valid JSON.") from error
    return json_object(body, "The request body")


def json_object(value: object, what: str) -> dict[str, Any]:
    """Returns a value of a JSON body as an object. None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid(f"{what} is not a JSON object.")
    return value


def refuse_constant(name: str) -> None:
    """Raises ValueError for NaN and Infinity, which are no JSON."""
    raise ValueError(f"{name} is no JSON")


def page_size(query: Mapping[str, str]) -> int:
    return min(number(query, "maxResults") or LARGEST_PAGE, LARGEST_PAGE)


def flag(query: Mapping[str, str], key: str) -> bool:
    return query.get(key, "").lower() == "true"


def generation(query: Mapping[str, str], key: str = "generation") -> int | None:
    return number(query, key)


def claimed_digests(headers: Mapping[str, str]) -> dict[str, str]:
    """Returns the digests in X-Goog-Hash and Content-MD5, by "crc32c" and "md5"."""
    pairs = (
        item.strip().split("=", 1)
        for item in headers.get("x-goog-hash", "").split(",")
        if "=" in item
    )
    claimed = {kind: digest for kind, digest in pairs if kind in ("crc32c", "md5")}
    return claimed | {"md5": headers["content-md5"]} if "content-md5" in headers else claimed
