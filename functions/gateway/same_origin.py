"""Tells requests of the gateway's own pages from those of other sites.

A browser adds a session's cookie to a request by itself, also to one that another site's form
makes. What tells them apart are headers that a page cannot set: Sec-Fetch-Site, which browsers send
under https and to localhost, and Origin, which they send with every request that changes something.
"""

from fastapi import Request

from shared.model.errors import Forbidden

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def require_own_page(request: Request) -> None:
    """Raises Forbidden if a request that changes something does not prove that it is made by a page
    of the gateway's own."""
    if request.method in SAFE_METHODS:
        return
    if is_own_page(request) is not True:
        raise Forbidden(
            "A request with a session's cookie must come from a page of this address. Send a key "
            "instead, or the header Origin."
        )


def refuse_other_pages(request: Request) -> None:
    """Raises Forbidden if a request is made by a page of another site. One that is made by no
    browser passes."""
    if is_own_page(request) is False:
        raise Forbidden("A page of another site must not do this.")


def is_own_page(request: Request) -> bool | None:
    """Returns whether a request is made by a page of this address, or None if it does not say."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    host = request.headers.get("Host")
    return origin == f"{request.url.scheme}://{host}"
