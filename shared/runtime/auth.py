"""Checks who calls a function, by Google's OIDC tokens, where Cloud Run does not check it first.

No callers are named, and nothing is checked, on Cloud Run with authentication required and on the
one-machine cloud, which listens to its own machine only.
"""

from functools import cache
from typing import Any

import jwt

from shared.model.errors import Forbidden, KeysUnavailable, Unauthenticated
from shared.settings import settings

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
REQUIRED_CLAIMS = ["exp", "iat", "aud", "iss", "email"]
KEYS_TIMEOUT = 10
"""Seconds to wait for the issuer's keys."""
KEYS_LIFESPAN = 3600
"""Seconds that the issuer's keys are kept."""
LEEWAY = 30
"""Seconds by which clocks may differ."""


def authenticate(authorization: str) -> None:
    """Raises Unauthenticated or Forbidden unless the Authorization header is that of a service
    account that may call."""
    callers = settings().auth.callers
    if not callers:
        return
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("the Authorization header holds no bearer token")
    claims = verify_token(token)
    email = claims.get("email")
    may_call = email in callers
    is_verified = claims.get("email_verified") is True
    if not may_call or not is_verified:
        raise Forbidden("the caller is not one of those that may call")


def verify_token(token: str) -> dict[str, Any]:
    """Returns the claims of a token whose signature, issuer, audience and time are valid.

    Raises Unauthenticated, or KeysUnavailable if the issuer's keys cannot be read.
    """
    try:
        key = keys(settings().auth.issuer_keys).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=settings().auth.audience,
            issuer=ISSUERS,
            leeway=LEEWAY,
            options={"require": REQUIRED_CLAIMS},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise KeysUnavailable("the issuer's keys could not be read") from error
    except jwt.PyJWTError as error:
        raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from error
    return dict(claims)


@cache
def keys(url: str) -> jwt.PyJWKClient:
    """Returns the client that fetches and keeps the public keys at `url`."""
    return jwt.PyJWKClient(url, lifespan=KEYS_LIFESPAN, timeout=KEYS_TIMEOUT)
