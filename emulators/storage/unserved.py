"""Refuses what Cloud Storage can do and this server cannot. No part of a request is ignored."""

from collections.abc import Mapping

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.storage.errors import JSON_API, Unserved, refusal

KEY_HEADERS = (
    "x-goog-encryption-algorithm",
    "x-goog-encryption-key",
    "x-goog-copy-source-encryption-algorithm",
    "x-goog-copy-source-encryption-key",
)
S3_HEADERS = "x-amz-"
SUBRESOURCES = ("acl", "compose", "encryption", "legal-hold", "retention", "tagging")
"""Of the XML API: `?acl` is another request than one for the object."""
ALTERNATIVES = ("", "json", "media")


class RefuseUnserved:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            reason = unserved(scope)
            if reason is not None:
                await refusal(Unserved(reason), scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)


def unserved(scope: Scope) -> str | None:
    """Returns why a request cannot be served, or None if it may be."""
    headers, query = Headers(scope=scope), QueryParams(scope.get("query_string", b""))
    if any(name in headers for name in KEY_HEADERS):
        return "This server has no encryption with keys of customers (x-goog-encryption-…)."
    if any(name.startswith(S3_HEADERS) for name in headers):
        return (
            "This server takes the headers of Cloud Storage (x-goog-…), not those of S3 (x-amz-…)."
        )
    if scope["path"].startswith(JSON_API):
        return unserved_json(query)
    return unserved_xml(headers, query)


def unserved_json(query: Mapping[str, str]) -> str | None:
    if query.get("alt", "").lower() not in ALTERNATIVES:
        return f"Invalid value for alt: '{query['alt']}'. It is json or media."
    if query.get("softDeleted", "").lower() == "true":
        return "This server has no soft delete (softDeleted)."
    if query.get("filter"):
        return "This server has no contexts of objects (filter)."
    return None


def unserved_xml(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    for name in SUBRESOURCES:
        if name in query:
            return f"This server has no ?{name}."
    if headers.get("content-type", "").startswith("multipart/form-data"):
        return "This server takes no forms with a policy document. Use a signed URL."
    return None
