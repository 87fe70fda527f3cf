"""Decides by a bucket's CORS rules which web pages may use it.

Unlike Google's, which also needs a signature, this server refuses browsers' requests from any other
page. Otherwise any web site that the user has open could write to a server on the user's machine.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import cast

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.storage import buckets, resumable
from emulators.storage.errors import Forbidden, NoSuchBucket, NoSuchUpload, refusal
from emulators.storage.resources import Resource
from emulators.storage.store import Store

SESSION_HEADERS = ["Content-Type", "Content-Range", "X-GUploader-UploadID"]
"""What pages may send to and see of an upload in a bucket without a rule for them. `Range`, which
says how much has arrived, is not among them."""
BUCKET = re.compile(r"(?:(?:/upload|/download)?/storage/v1/b)?/([^/]+)")


class Cors:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if origin is None:
            await self.app(scope, receive, send)
            return
        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        method = headers["access-control-request-method"] if preflight else scope["method"]
        rule = matching(await rules(scope), origin, method)
        upload_id = QueryParams(scope.get("query_string", b"")).get("upload_id")
        if upload_id is not None:
            rule = await session_rule(scope, upload_id, origin, rule)
        if rule and preflight:
            await Response(headers=preflight_headers(rule, origin))(scope, receive, send)
        elif rule:
            await self.app(scope, receive, partial(send_allowed, send, origin, rule))
        elif preflight or "sec-fetch-site" in headers:
            error = Forbidden("The bucket's CORS rules don't allow this origin.")
            await refusal(error, scope["path"])(scope, receive, send)
        else:  # not a browser: a server that starts an upload for one
            await self.app(scope, receive, send)


async def rules(scope: Scope) -> list[Resource]:
    match = BUCKET.match(scope["path"])
    store = cast(Store, scope["app"].state.store)
    if match is None:
        return []
    try:
        bucket = await store.index.run(partial(buckets.get, name=match[1]))
    except NoSuchBucket:
        return []
    return list(bucket.get("cors", []))


async def session_rule(
    scope: Scope, upload_id: str, origin: str, rule: Resource | None
) -> Resource | None:
    """Returns the rule for a resumable upload: only pages of the origin that began it may go on
    with it, whatever the bucket's rules. These only name the headers that the pages see."""
    store = cast(Store, scope["app"].state.store)
    try:
        upload = await store.index.run(partial(resumable.get, upload_id=upload_id))
    except NoSuchUpload:
        return rule
    if upload.origin != origin:
        return None
    return rule or {"method": ["PUT"], "responseHeader": SESSION_HEADERS}


def matching(rules: Iterable[Resource], origin: str, method: str) -> Resource | None:
    for rule in rules:
        if {"*", origin} & set(rule.get("origin", [])) and {"*", method} & set(
            rule.get("method", [])
        ):
            return rule
    return None


def preflight_headers(rule: Resource, origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ",".join(rule.get("method", [])),
        "Access-Control-Allow-Headers": ",".join(rule.get("responseHeader", [])),
        "Access-Control-Max-Age": str(rule.get("maxAgeSeconds", 3600)),
        "Vary": "Origin",
    }


async def send_allowed(send: Send, origin: str, rule: Resource, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = ",".join(rule.get("responseHeader", []))
        headers.add_vary_header("Origin")
    await send(message)
