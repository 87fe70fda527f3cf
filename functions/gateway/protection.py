"""What surrounds the routes and refuses requests, in the order in which a request passes it."""

from collections import Counter

from fastapi import FastAPI

from functions.gateway.cross_origin import allow_origins
from functions.gateway.key_gate import KeyGate
from functions.gateway.limits import Limits
from functions.gateway.proxies import TrustedProxies
from functions.gateway.refusals import RefusalCounter
from functions.gateway.request_checks import BodyLimit, RequestChecks
from functions.gateway.response_headers import ResponseHeaders
from shared.settings import GatewaySettings


def add_protection(app: FastAPI, settings: GatewaySettings) -> None:
    """Surround the routes. What is added last is passed first."""
    app.state.limits = Limits(settings.requests_per_minute, settings.streams_per_key)
    app.add_middleware(BodyLimit)
    app.add_middleware(KeyGate)
    app.add_middleware(RequestChecks, hosts=settings.gateway_hosts)
    allow_origins(app, settings.cors_origins)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(TrustedProxies, count=settings.trusted_proxies)
    app.state.refusals = Counter()
    app.add_middleware(RefusalCounter, counts=app.state.refusals)
