"""Refuses uploads in parts to clients that cannot reach storage, as on the one-machine cloud, whose
storage answers its own machine only."""

import ipaddress

from fastapi import Request

from functions.gateway.limits import address_of
from shared.model.errors import StorageOutOfReach
from shared.settings import settings

FORWARDED = ("X-Forwarded-For", "Forwarded")
"""Headers of requests that came through a proxy."""


def refuse_unreachable_storage(request: Request) -> None:
    """Raises StorageOutOfReach if the client would get an address that it cannot reach."""
    if not settings().gateway.storage_on_this_machine or is_from_this_machine(request):
        return
    raise StorageOutOfReach(
        "Upload the recording with POST /api/v1/jobs/upload, which takes recordings of any size "
        "on this deployment."
    )


def is_from_this_machine(request: Request) -> bool:
    """Returns whether a client of this machine sent a request. One that came through a proxy which
    is not trusted may be from anywhere."""
    came_through_proxy = any(name in request.headers for name in FORWARDED)
    trusts_proxies = settings().gateway.trusted_proxies > 0
    if came_through_proxy and not trusts_proxies:
        return False
    try:
        address = ipaddress.ip_address(address_of(request))
    except ValueError:
        return False
    return address.is_loopback
