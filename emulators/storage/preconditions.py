"""ifGenerationMatch and its like: the conditions of a request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.storage.errors import Invalid, NotModified, PreconditionFailed

NUMBER = re.compile(r"0*[0-9]{1,19}")
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Preconditions:
    """Conditions on an object or bucket. None is no condition; generation 0 means "no object"."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None
    etags: tuple[str, ...] = ()
    not_etags: tuple[str, ...] = ()

    def check(self, current: Mapping[str, Any] | None) -> None:
        """Raises PreconditionFailed or NotModified if the conditions are not true of `current`.

        `current` is a resource, or None if there is none.
        """
        generation = int(current.get("generation", 0)) if current else 0
        metageneration = int(current["metageneration"]) if current else None
        etag = current["etag"] if current else None
        if self.generation_match not in (None, generation) or self.metageneration_match not in (
            None,
            metageneration,
        ):
            raise PreconditionFailed(
                "At least one of the pre-conditions you specified did not hold."
            )
        if self.etags and etag not in self.etags:
            raise PreconditionFailed(
                "At least one of the pre-conditions you specified did not hold."
            )
        if generation == self.generation_not_match or etag in self.not_etags:
            raise NotModified("Not modified.")
        if metageneration is not None and metageneration == self.metageneration_not_match:
            raise NotModified("Not modified.")


def from_query(
    query: Mapping[str, str], headers: Mapping[str, str], prefix: str = "if"
) -> Preconditions:
    """Returns the conditions in the JSON API's parameters and the If-Match headers.

    `prefix` is "if" or "ifSource". Upper and lower case are the same: google-cloud-storage writes
    ifMetaGenerationNotMatch on uploads and ifMetagenerationNotMatch elsewhere.
    """
    lowered = {key.lower(): value for key, value in query.items()}
    return Preconditions(
        number(lowered, f"{prefix}GenerationMatch".lower()),
        number(lowered, f"{prefix}GenerationNotMatch".lower()),
        number(lowered, f"{prefix}MetagenerationMatch".lower()),
        number(lowered, f"{prefix}MetagenerationNotMatch".lower()),
        etag_list(headers.get("if-match")) if prefix == "if" else (),
        etag_list(headers.get("if-none-match")) if prefix == "if" else (),
    )


def from_headers(headers: Mapping[str, str]) -> Preconditions:
    """Returns the conditions in the XML API's headers."""
    return Preconditions(
        generation_match=number(headers, "x-goog-if-generation-match"),
        metageneration_match=number(headers, "x-goog-if-metageneration-match"),
    )


def number(values: Mapping[str, str], key: str) -> int | None:
    text = values.get(key)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or int(text) > LARGEST_NUMBER:
        raise Invalid(f"Invalid value for {key}: a number is wanted.")
    return int(text)


def etag_list(header: str | None) -> tuple[str, ...]:
    return tuple(etag.strip().strip('"') for etag in header.split(",")) if header else ()
