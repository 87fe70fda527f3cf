"""The steps of docs/unproved.md about the HTTP API that a program can do."""

import os
from http import HTTPStatus

import requests

from local.deployment import Deployment
from local.smoke_api import smoke_api
from tests.deployed.looking import TIMEOUT, CannotLook, Seen, known, on_google
from tests.support.recordings import sample


def api_refuses_strangers(deployment: Deployment) -> Seen:
    """Whether Google's check refuses a request without an identity token."""
    on_google(deployment)
    url = known(deployment.api_url, "address of its API")
    answer = requests.get(f"{url}/health/live", timeout=60)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    seen = f"{answer.status_code} {answer.text[:200]}"
    return Seen(seen, answer.status_code == HTTPStatus.FORBIDDEN and is_page)


def api_transcribes(deployment: Deployment) -> Seen:
    """Whether a recording is transcribed and erased through the API."""
    key = os.environ.get("DROPSCRIBE_KEY")
    if key is None:
        raise CannotLook("DROPSCRIBE_KEY has no key")
    url = known(deployment.api_url, "address of its API")
    *_, text, end = smoke_api(url, key, sample(), TIMEOUT)
    return Seen(f"{text[:100]} ({end})", bool(text) and "erased" in end)
