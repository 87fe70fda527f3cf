"""Who calls a function: an OIDC token of Google's, checked where Cloud Run does not check it
before.

On Cloud Run with authentication required, and on the one-machine cloud, which listens to this
machine only, no callers are named and nothing is checked here.
"""

from functools import cache
from typing import Any

import flask
import jwt

from shared.model.errors import Forbidden, KeysUnavailable, Unauthenticated
from shared.settings import settings

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
TIMEOUT = 10
"""Seconds to wait for the issuer's keys, which are then kept for an hour."""
LEEWAY = 30
"""Seconds that clocks may differ."""


def authenticate(request: flask.Request) -> None:
    """Raise Unauthenticated or Forbidden unless one of the named service accounts calls."""
    if not settings().callers:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("the Authorization header holds no bearer token")
    claims = verify_token(token)
    if claims.get("email") not in settings().callers or claims.get("email_verified") is not True:
        raise Forbidden("the caller is none of those that are named")


def verify_token(token: str) -> dict[str, Any]:
    """The claims of a token whose signature, issuer, audience and time are right."""
    try:
        key = keys(settings().issuer_keys).get_signing_key_from_jwt(token)
        return dict(
            jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=settings().audience,
                issuer=ISSUERS,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "email"]},
            )
        )
    except jwt.PyJWKClientConnectionError as error:
        raise KeysUnavailable("the issuer's keys could not be read") from error
    except jwt.PyJWTError as error:
        raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from error


@cache
def keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, lifespan=3600, timeout=TIMEOUT)
