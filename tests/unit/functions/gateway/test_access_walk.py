"""Every route answers every kind of key as the table of docs/api-access.md says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.limits import Limits
from shared.jobs.batch_store import BatchStore
from shared.jobs.upload_store import RecordingUpload, new_upload_id
from shared.jobs.webhook_records import Delivery, EventToDeliver
from shared.model.api import Scope
from shared.model.webhooks import TEST_TYPE
from tests.support.edited_jobs import transcribed
from tests.support.gateway import ALL_SCOPES, InProcess, memory_deployment
from tests.support.gateway_jobs import begin, done_job, upload
from tests.unit.functions.gateway.access_table import (
    KINDS,
    PAGE,
    ROUTES,
    Kind,
    Route,
    page,
    scopes_in,
)

OURS, THEIRS = "team-a/", "team-b/"
WRONG = f"ds_{'0' * 64}"
KEY_IN_BODY = ("POST /api/v1/login",)
"""Routes that take the key from the body."""


class Gateway:
    """One application whose stores are new for each request."""

    def __init__(self) -> None:
        self.app: FastAPI = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores
        self.stores = memory_deployment()
        self.client = httpx.Client(transport=InProcess(self.app), base_url="http://gateway")

    def ask(self, route: Route, kind: Kind) -> httpx.Response:
        """Returns the answer to a request about something of our folder, with a kind of key."""
        self.stores = memory_deployment()
        self.app.state.limits = Limits(100, 100)  # the walk has more wrong keys than an address may
        method, path = route.name.split(" ")
        address = address_of(path, self.stores)
        asked = {"Prefer": "respond-async", "If-Match": '"1-0"'}
        headers = {**headers_of(kind, self.stores), **asked}
        content = content_of(route, headers, self.stores)
        return self.client.request(method, address, headers=headers, **content)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    with gateway.client:
        yield gateway


def headers_of(kind: Kind, stores: Deployment) -> dict[str, str]:
    """Returns the headers of a request with a new key of this kind."""
    if kind == "none":
        return {}
    if kind == "wrong":
        return {"X-API-Key": WRONG}
    folders = {"other folder": THEIRS, "all": ""}
    scopes = scopes_of(kind)
    expires = stores.keys.now() - timedelta(seconds=1) if kind == "expired" else None
    key, secret = stores.keys.create(kind, scopes, folders.get(kind, OURS), expires)
    if kind == "revoked":
        stores.keys.revoke(key.key_id)
    return {"X-API-Key": secret}


def scopes_of(kind: Kind) -> tuple[Scope, ...]:
    named = scopes_in(kind)
    return tuple(scope for scope in ALL_SCOPES if scope in named) or ALL_SCOPES


def address_of(path: str, stores: Deployment) -> str:
    """Returns a route's path with the id of something of our folder."""
    if "/keys/{" in path:
        key, _ = stores.keys.create("ours", ("read",), OURS, None)
        return re.sub(r"{.+?}", key.key_id, path)
    if "/webhooks/{" in path:
        delivery = delivery_of_ours(stores)
        return path.format(webhook_id=delivery.webhook_id, event_id=delivery.event_id)
    if "/batches/{" in path:
        job = stores.jobs.find(done_job(stores, f"{OURS}call.wav").job_id)
        assert job is not None
        batch = BatchStore(stores.jobs, None).create("key", OURS, [job], {})
        return path.format(batch_id=batch.batch_id)
    if path.endswith("/cancel"):
        source = upload(stores, f"{OURS}call.wav")
        begin(stores, source)
        return path.replace("{job_id}", source.job_id)
    if path.endswith("/edits"):
        source = transcribed(stores, f"{OURS}call.wav")
        return path.replace("{job_id}", source.job_id)
    if "/jobs/{" in path:
        source = done_job(stores, f"{OURS}call.wav")
        return path.replace("{job_id}", source.job_id)
    if "/uploads/{" in path:
        return re.sub(r"{.+?}", upload_of_ours(stores), path)
    return path.replace("{model_id}", "whisper-1")


def upload_of_ours(stores: Deployment) -> str:
    """Returns the id of an upload to our folder."""
    recording = RecordingUpload(
        bucket="inbox",
        name=f"{OURS}call.wav",
        size=5,
        sha256=None,
        content_type="audio/wav",
        options={},
        tags={},
        replace=False,
    )
    begun = stores.uploads.begin(new_upload_id(), "another key", recording, 0)
    assert begun is not None
    return begun.upload_id


def delivery_of_ours(stores: Deployment) -> Delivery:
    """Returns the delivery of a test to a webhook of our folder."""
    webhook = stores.webhooks.create("https://example.org", OURS, (), "", "another key")
    event = EventToDeliver("test-1", TEST_TYPE, None, OURS)
    return stores.webhooks.begin_delivery(webhook.webhook_id, event)


def content_of(route: Route, headers: dict[str, str], stores: Deployment) -> dict[str, Any]:
    """Returns the body of a valid request, as arguments of httpx."""
    if route.name == "POST /api/v1/batches":
        return {"json": {"jobs": [done_job(stores, f"{OURS}call.wav").job_id]}}
    key = headers.get("X-API-Key", "")
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/v1/keys": {"json": {"name": "new", "scopes": ["admin"], "folder": OURS}},
        "POST /api/v1/webhooks": {"json": {"url": "https://example.org", "folder": OURS}},
        "POST /api/v1/login": {"json": {"key": key}},
        "POST /api/v1/jobs/upload": {"files": {"file": ("call.wav", b"sound")}},
        "POST /asr": {"files": {"audio_file": ("call.wav", b"sound")}},
        "POST /detect-language": {"files": {"audio_file": ("call.wav", b"sound")}},
        "POST /v1/audio/transcriptions": {"files": {"file": ("call.wav", b"sound")}},
        "POST /v1/audio/translations": {"files": {"file": ("call.wav", b"sound")}},
        "POST /api/v1/uploads": {"json": {"name": "call.wav", "size": 5}},
        "PUT /api/v1/jobs/{job_id}/edits": {"json": {"speakers": {"S1": "Anna"}}},
    }
    return bodies.get(route.name, {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_answers_a_kind_of_key_as_the_table_says(
    gateway: Gateway, route: Route, kind: Kind
) -> None:
    answer = gateway.ask(route, kind)
    assert answer.status_code == route.status(kind), answer.text


def test_every_route_is_in_the_table(gateway: Gateway) -> None:
    declared = set()
    for path, operations in gateway.app.openapi()["paths"].items():
        declared |= {f"{method.upper()} {path}" for method in operations}
    assert declared == {route.name for route in ROUTES}


def test_a_route_declares_a_key_if_it_needs_one(gateway: Gateway) -> None:
    paths = gateway.app.openapi()["paths"]
    for route in ROUTES:
        method, path = route.name.split(" ")
        operation = paths[path][method.lower()]
        needs_key = route.scope != "none" and route.name not in KEY_IN_BODY
        assert ("security" in operation) == needs_key, route.name


def test_the_page_has_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
