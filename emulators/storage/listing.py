"""Lists objects in the order of their names.

It skips over folders, and stops when the page is full.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import buckets, globs
from emulators.storage.errors import Invalid
from emulators.storage.fields import json_response
from emulators.storage.index import Transaction
from emulators.storage.names import bucket_name
from emulators.storage.preconditions import number
from emulators.storage.requests import flag, page_size
from emulators.storage.resources import Resource, with_links
from emulators.storage.store import base_url, store_of

Position = tuple[str, int]
"""Name and generation to continue from."""
Row = tuple[str, int, str]
"""Name, generation, and resource as JSON."""

AFTER_ALL_TEXT = b""
"""SQLite orders a blob after any text."""


@dataclass(frozen=True)
class Listing:
    """The parameters of a list request."""

    prefix: str
    delimiter: str
    trailing_delimiter: bool
    start: str
    end: str
    size: int
    versions: bool
    glob: re.Pattern[str] | None
    token: Position | None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Listing":
        glob = query.get("matchGlob", "")
        return cls(
            prefix=query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            trailing_delimiter=flag(query, "includeTrailingDelimiter"),
            start=max(query.get("startOffset", ""), globs.literal_prefix(glob)),
            end=query.get("endOffset", ""),
            size=page_size(query),
            versions=flag(query, "versions"),
            glob=globs.compiled(glob) if glob else None,
            token=decoded(query["pageToken"]) if query.get("pageToken") else None,
        )

    @property
    def first(self) -> Position:
        return self.token or (max(self.prefix, self.start), 0)

    @property
    def last(self) -> str | bytes:
        """The first name after the last one that may be listed."""
        ends = [name for name in (after_prefix(self.prefix), self.end) if name]
        return min(ends, default=AFTER_ALL_TEXT)

    def folder(self, name: str) -> str | None:
        """Returns the prefix that is listed instead of `name`, if the name is in a folder."""
        rest = name[len(self.prefix) :]
        if not self.delimiter or self.delimiter not in rest:
            return None
        return self.prefix + rest[: rest.index(self.delimiter) + len(self.delimiter)]


@dataclass
class Page:
    listing: Listing
    items: list[Resource] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    behind: Position | None = None  # position after the last item or prefix
    next: Position | None = None

    def fill(self, rows: Iterable[Row]) -> Position | None:
        """Takes rows until the page is full or a folder begins.

        Returns the position after the folder, or None at the end.
        """
        for name, generation, resource in rows:
            if self.listing.glob and not self.listing.glob.fullmatch(name):
                continue
            if len(self.items) + len(self.prefixes) >= self.listing.size:
                self.next = self.behind
                return None
            folder = self.listing.folder(name)
            if folder is None or (self.listing.trailing_delimiter and folder == name):
                self.items.append(json.loads(resource))
                self.behind = (name, generation + 1) if self.listing.versions else (name + "\0", 0)
            if folder is not None:
                self.prefixes.append(folder)
                end = after_prefix(folder)
                self.behind = (end, 0) if end else None
                return self.behind
        return None


def read_page(tx: Transaction, bucket: str, listing: Listing) -> Page:
    buckets.get(tx, bucket)
    page, position = Page(listing), listing.first
    while following := page.fill(rows(tx, bucket, listing, position)):
        position = following
    return page


def rows(tx: Transaction, bucket: str, listing: Listing, position: Position) -> Iterable[Row]:
    name, generation = position
    if listing.versions:
        return tx.execute(
            "select name, generation, resource from objects"
            " where bucket = ? and (name, generation) >= (?, ?) and name < ?"
            " order by name, generation",
            (bucket, name, generation, listing.last),
        )
    return tx.execute(
        "select name, generation, resource from objects"
        " where bucket = ? and live and name >= ? and name < ? order by name",
        (bucket, name, listing.last),
    )


def after_prefix(prefix: str) -> str | None:
    """Returns the least string greater than all that start with `prefix`, or None."""
    for length in range(len(prefix), 0, -1):
        point = ord(prefix[length - 1]) + 1
        if point <= 0x10FFFF:
            # Surrogates, from D800, are not characters.
            return prefix[: length - 1] + chr(0xE000 if point == 0xD800 else point)
    return None


def encoded(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decoded(token: str) -> Position:
    try:
        name, generation = json.loads(base64.urlsafe_b64decode(token))
        str(name).encode()
        return str(name), number({"generation": str(generation)}, "generation") or 0
    except (ValueError, TypeError, Invalid) as error:
        raise Invalid("Invalid pageToken.") from error


async def objects(request: Request) -> Response:
    bucket, listing = bucket_name(request), Listing.from_query(request.query_params)
    page = await store_of(request).index.run(lambda tx: read_page(tx, bucket, listing))
    answer: Resource = {"kind": "storage#objects"}
    if page.items:
        answer["items"] = [with_links(item, base_url(request)) for item in page.items]
    if page.prefixes:
        answer["prefixes"] = page.prefixes
    if page.next:
        answer["nextPageToken"] = encoded(page.next)
    return json_response(request, answer)
