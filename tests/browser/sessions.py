"""How the browser is started, and how a page of it is logged in."""

import httpx

from tests.browser.gateway import BrowserGateway

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio")
TIMEOUT = 60
"""Seconds."""


def session_cookie(gateway: BrowserGateway) -> dict[str, str]:
    """Returns the cookie of a new session, as a browser gets it by logging in."""
    login = f"{gateway.url}/api/v1/login"
    answer = httpx.post(login, json={"key": gateway.key}, timeout=TIMEOUT)
    answer.raise_for_status()
    ((name, value),) = answer.cookies.items()
    return {"name": name, "value": value, "url": gateway.url, "sameSite": "Strict"}
