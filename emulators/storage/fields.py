"""Partial responses: `fields=items(name,size),nextPageToken` chooses parts of a JSON response
(cloud.google.com/storage/docs/json_api#partial-response)."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.storage.errors import Invalid

Selection = dict[str, "Selection"]
"""What is wanted of each key; an empty selection is all of it. The key "*" stands for every key."""

TOKEN = re.compile(r"[A-Za-z0-9_.*-]+|[(),/]")
DEEPEST = 20
"""Levels of a selection."""


def json_response(request: Request, body: dict[str, Any]) -> Response:
    """Returns the JSON response, reduced to the fields that the request names."""
    text = request.query_params.get("fields")
    if not text:
        return JSONResponse(body)
    selection = parse(text)
    return JSONResponse(selected(body, selection))


def selected(value: Any, selection: Selection) -> Any:
    """Returns the chosen parts of a value. A list is reduced item by item."""
    if not selection:
        return value
    if isinstance(value, list):
        return [selected(item, selection) for item in value]
    if not isinstance(value, dict):
        return value
    everything = selection.get("*")
    chosen = {}
    for key, item in value.items():
        wanted = selection.get(key, everything)
        if wanted is not None:
            chosen[key] = selected(item, wanted)
    return chosen


def parse(text: str) -> Selection:
    """Returns the selection that `text` describes. Raises Invalid."""
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text:
        raise Invalid(f"Invalid field selection {text}")
    parser = Parser(tokens, text)
    selection = parser.selection(0)
    if parser.tokens:
        raise Invalid(f"Invalid field selection {text}")
    return selection


class Parser:
    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens = tokens
        self.text = text

    def selection(self, depth: int) -> Selection:
        """Reads `a,b/c,d(e,f)`."""
        chosen: Selection = {}
        while True:
            key, parts = self.field(depth)
            join(chosen, key, parts)
            if not self.take(","):
                return chosen

    def field(self, depth: int) -> tuple[str, Selection]:
        """Reads `a`, `a/b` or `a(b,c)`."""
        is_name = bool(self.tokens) and self.tokens[0] not in "(),/"
        if not is_name or depth > DEEPEST:
            raise Invalid(f"Invalid field selection {self.text}")
        key = self.tokens.pop(0)
        if self.take("/"):
            inner_key, inner = self.field(depth + 1)
            return key, {inner_key: inner}
        if self.take("("):
            parts = self.selection(depth + 1)
            if not self.take(")"):
                raise Invalid(f"Invalid field selection {self.text}")
            return key, parts
        return key, {}

    def take(self, token: str) -> bool:
        """Reads the token if it is the next one. Returns whether it was."""
        is_next = self.tokens[:1] == [token]
        if is_next:
            self.tokens.pop(0)
        return is_next


def join(chosen: Selection, key: str, parts: Selection) -> None:
    """Adds a field to a selection. Named twice, the key has the parts of both, or all of them."""
    if key not in chosen:
        chosen[key] = parts
    elif not chosen[key] or not parts:
        chosen[key] = {}
    else:
        for inner_key, inner in parts.items():
            join(chosen[key], inner_key, inner)
