"""Finds the key or the session with which a request was sent."""

import base64
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_plus

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from shared.jobs.key_store import KEY, digest_of
from shared.model.errors import KeyMisplaced, Unauthenticated

COOKIE = "dropscribe_session"
SECURE_COOKIE = "__Host-dropscribe_session"
"""Name of the cookie under https. A browser accepts a name that begins so only from this very host,
so that no other host of the same domain can set it."""
MISSING = "Send a key as 'Authorization: Bearer' or as 'X-API-Key'."
INVALID = "The key is not known, was revoked or has expired."
BASIC_PATHS = ("/asr", "/detect-language")
"""Paths that also take a key as the password of HTTP Basic, since the programs that call them can
be given nothing but an address, such as https://dropscribe:ds_...@example.org."""
KEY_PARAMETERS = re.compile(
    r"(x[-_]?)?(api[-_]?)?(key|token)|(access|auth|id)[-_]?token|authorization|secret|password",
    re.IGNORECASE,
)
"""Names of query parameters that would hold a key."""


@dataclass(frozen=True)
class Credential:
    """What a request proves its caller with. The secret itself is not kept."""

    kind: Literal["key", "session"]
    digest: str
    """SHA-256 of the secret, in hex."""


def credential_of(headers: Headers, path: str, *, is_https: bool) -> Credential:
    """Returns the credential of a request for a path. A cookie counts only without a key.

    Raises Unauthenticated if there is none that could be valid, and KeyMisplaced if there are two
    different keys.
    """
    keys = keys_in(headers, path)
    if len(keys) > 1:
        raise KeyMisplaced("The request has two different keys. Send one of them.")
    if keys:
        (key,) = keys
        if KEY.fullmatch(key) is None:
            raise Unauthenticated(INVALID)
        return Credential("key", digest_of(key))
    session = session_of(headers, is_https=is_https)
    if session is None:
        raise Unauthenticated(MISSING)
    return session


def session_of(headers: Headers, *, is_https: bool) -> Credential | None:
    """Returns the session of a request's cookie, or None if it has none."""
    cookies = cookie_parser(headers.get("Cookie", ""))
    secret = cookies.get(cookie_name(is_https=is_https))
    if secret is None:
        return None
    return Credential("session", digest_of(secret))


def keys_in(headers: Headers, path: str) -> set[str]:
    """Returns the keys in X-API-Key and in Authorization.

    What is in Authorization and is none of our keys does not count beside X-API-Key: it may be
    meant for a proxy in front of the gateway.
    """
    keys = {value.strip() for value in headers.getlist("X-API-Key")}
    has_api_key = bool(keys)
    for value in headers.getlist("Authorization"):
        secret = secret_in(value, path)
        if secret is None:
            continue
        is_ours = KEY.fullmatch(secret) is not None
        if is_ours or not has_api_key:
            keys.add(secret)
    return keys


def secret_in(authorization: str, path: str) -> str | None:
    """Returns what would be the key in a header Authorization, or None if its scheme has none."""
    scheme, _, parameters = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return parameters.strip()
    if scheme.lower() == "basic" and path in BASIC_PATHS:
        return password_in(parameters.strip())
    return None


def may_be_basic(headers: Headers, path: str) -> bool:
    """Returns whether the key of a request may be a password of HTTP Basic. A browser that once was
    given it adds it by itself, also for pages of other sites."""
    values = headers.getlist("Authorization")
    schemes = [value.partition(" ")[0].lower() for value in values]
    return path in BASIC_PATHS and "basic" in schemes


def password_in(encoded: str) -> str | None:
    """Returns the password of HTTP Basic. The name before it may be any."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    _, _, password = decoded.decode("latin-1").partition(":")
    return password


def cookie_name(*, is_https: bool) -> str:
    return SECURE_COOKIE if is_https else COOKIE


def refuse_key_in_url(path: str, query: bytes) -> None:
    """Raises KeyMisplaced if a URL holds a key, or has a parameter that is meant to."""
    text = unquote_plus(query.decode("latin-1"))
    names = [pair.partition("=")[0] for pair in re.split("[&;]", text)]
    has_parameter = any(KEY_PARAMETERS.fullmatch(name) for name in names)
    if has_parameter or KEY.search(text) or KEY.search(path):
        raise KeyMisplaced(
            "A key must not be in the URL, because URLs are logged. Send it as 'Authorization: "
            "Bearer' or as 'X-API-Key'. If this was a valid key, revoke it."
        )
