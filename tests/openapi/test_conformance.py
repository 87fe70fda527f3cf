"""Made-up requests of schemathesis, with every kind of key, are answered as the document says."""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, note, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.webhook_events import send_test
from shared.jobs.webhook_records import Delivery
from shared.model.api import Scope
from shared.settings import settings as read_settings
from tests.support.answered_uploads import WatchedInbox, answer
from tests.support.edited_jobs import transcribed
from tests.support.gateway import ALL_SCOPES, memory_deployment
from tests.support.gateway_jobs import begin, fail, upload

EXAMPLES = os.environ.get("OPENAPI_EXAMPLES")
"""Requests with each kind of key to each operation, as `make openapi` sets it. Without it, there
are two for each of a few kinds."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

FOLDER = "team-a/"
OTHER_FOLDER = "team-b/"

Headers = Mapping[str, str]


def with_key(
    stores: Deployment, scopes: tuple[Scope, ...], folder: str = "", expires: datetime | None = None
) -> Headers:
    _, secret = stores.keys.create("test", scopes, folder, expires)
    return {"Authorization": f"Bearer {secret}"}


def with_wrong_key(stores: Deployment) -> Headers:
    return {"X-API-Key": "ds_" + 64 * "0"}


def with_expired_key(stores: Deployment) -> Headers:
    a_second_ago = datetime.now(UTC) - timedelta(seconds=1)
    return with_key(stores, ALL_SCOPES, expires=a_second_ago)


def with_revoked_key(stores: Deployment) -> Headers:
    key, secret = stores.keys.create("test", ALL_SCOPES, "", None)
    stores.keys.revoke(key.key_id)
    return {"X-API-Key": secret}


KINDS: Mapping[str, Callable[[Deployment], Headers]] = {
    "none": lambda stores: {},
    "wrong": with_wrong_key,
    "expired": with_expired_key,
    "revoked": with_revoked_key,
    "read": lambda stores: with_key(stores, ("read",)),
    "write": lambda stores: with_key(stores, ("write",)),
    "erase": lambda stores: with_key(stores, ("erase",)),
    "admin": lambda stores: with_key(stores, ("admin",)),
    "other folder": lambda stores: with_key(stores, ALL_SCOPES, OTHER_FOLDER),
    "own folder": lambda stores: with_key(stores, ALL_SCOPES, FOLDER),
    "all": lambda stores: with_key(stores, ALL_SCOPES),
}
"""The headers of a request with each kind of key, which is made in the stores."""
TRIED = list(KINDS) if EXAMPLES else ["none", "other folder", "all"]


def job_ids(stores: Deployment) -> list[str]:
    """Makes jobs in each state. Returns their ids."""
    queued = upload(stores, f"{FOLDER}queued.wav")
    stores.jobs.queue(queued, 1, "execution")
    running = upload(stores, f"{FOLDER}running.wav")
    begin(stores, running)
    failed = upload(stores, f"{FOLDER}failed.wav")
    begin(stores, failed)
    fail(stores, failed)
    done = transcribed(stores, f"{FOLDER}done.wav")
    erased = transcribed(stores, f"{FOLDER}erased.wav")
    stores.operations.erase(erased.bucket, erased.name)
    sources = (queued, running, failed, done, erased)
    return [source.job_id for source in sources]


def delivery_of_a_try(stores: Deployment) -> Delivery:
    """Makes a webhook and sends it a test. Returns the delivery of the test."""
    webhook = stores.webhooks.create("https://example.org/hook", FOLDER, (), "", "key")
    return send_test(webhook, stores)


class Gateway:
    """A gateway whose stores are new for each request. Jobs of uploads are done at once."""

    def __init__(self) -> None:
        self.renew()
        self.app = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores

    def renew(self) -> Deployment:
        inbox = WatchedInbox()
        self.stores = replace(memory_deployment(), blobs=inbox)
        self.jobs = job_ids(self.stores)
        self.delivery = delivery_of_a_try(self.stores)
        inbox.uploaded = partial(answer, self.stores)
        return self.stores

    def name_a_job(self, case: schemathesis.Case[Any]) -> None:
        """Has a request that names a job name one of those that exist, but for one in six."""
        made_up = str(case.path_parameters.get("job_id", ""))
        choice = zlib.crc32(repr((made_up, case.query, case.body)).encode()) % 6
        if made_up and choice < len(self.jobs):
            case.path_parameters["job_id"] = self.jobs[choice]

    def name_a_webhook(self, case: schemathesis.Case[Any]) -> None:
        """Has every other request that names a webhook name the one that exists, and its only
        delivery."""
        made_up = str(case.path_parameters.get("webhook_id", ""))
        if not made_up or zlib.crc32(repr((made_up, case.query)).encode()) % 2:
            return
        case.path_parameters["webhook_id"] = self.delivery.webhook_id
        if "event_id" in case.path_parameters:
            case.path_parameters["event_id"] = self.delivery.event_id


@pytest.fixture(scope="module", autouse=True)
def short_streams() -> Iterator[None]:
    """Has the streams of jobs that do not end be short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DROPSCRIBE_STREAM_SECONDS", "0.01")
        read_settings.cache_clear()
        yield
    read_settings.cache_clear()


gateway = Gateway()
schema = schemathesis.openapi.from_asgi("/openapi.json", gateway.app)


@schema.parametrize()
@settings(
    max_examples=int(EXAMPLES or "2"),
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_an_answer_is_one_of_those_that_the_document_declares(
    case: schemathesis.Case[Any],
) -> None:
    """Each request that is made up is sent with every kind of key: to make it up takes longest."""
    made_up = dict(case.path_parameters)
    for kind in TRIED:
        note(f"the kind of key: {kind}")
        case.path_parameters.update(made_up)
        headers = KINDS[kind](gateway.renew())
        gateway.name_a_job(case)
        gateway.name_a_webhook(case)
        response = case.call(headers=dict(headers))
        case.validate_response(response, checks=CHECKS)
