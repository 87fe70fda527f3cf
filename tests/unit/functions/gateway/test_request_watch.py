"""A request ends soon after its key was revoked or has expired, wherever it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from functions.gateway.access import Reader
from functions.gateway.app import create_app
from functions.gateway.credentials import Credential
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.request_watch import RequestWatch
from shared.jobs.key_store import KeyStore
from shared.model.errors import JobStoreUnavailable
from tests.support.api_server import serve
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import begin, upload

CREDENTIAL = Credential("key", "digest")
TIMEOUT = 50.0


class Gateway:
    """A gateway with a request that never ends by itself, and a key."""

    def __init__(self) -> None:
        self.now = time.time()
        stores = memory_deployment()
        keys = KeyStore(stores.keys.documents, lambda: self.now)
        self.stores: Deployment = replace(stores, keys=keys)
        expires = keys.now() + timedelta(hours=1)
        self.key, self.secret = keys.create("test", ("read",), "", expires)
        self.app: FastAPI = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores

        @self.app.get("/drips")
        async def drip(caller: Reader) -> StreamingResponse:
            return StreamingResponse(drips())

    def revoke(self) -> None:
        self.stores.keys.revoke(self.key.key_id)

    def expire(self) -> None:
        self.now += 3600

    def client(self, url: str) -> httpx.Client:
        return httpx.Client(
            base_url=url, headers={"X-API-Key": self.secret}, timeout=TIMEOUT, trust_env=False
        )


async def drips() -> AsyncIterator[bytes]:
    while True:
        yield b"."
        await asyncio.sleep(0.01)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.mark.parametrize("invalidate", [Gateway.revoke, Gateway.expire])
def test_a_wait_ends_when_its_key_is_revoked(
    gateway: Gateway, invalidate: Callable[[Gateway], None]
) -> None:
    source = upload(gateway.stores)
    begin(gateway.stores, source)

    async def test() -> httpx.Response:
        transport = httpx.ASGITransport(gateway.app)
        headers = {"X-API-Key": gateway.secret}
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            path = f"/api/v1/jobs/{source.job_id}?wait=60"
            request = asyncio.create_task(client.get(path, headers=headers))
            await asyncio.sleep(0.1)
            assert not request.done()
            invalidate(gateway)
            return await asyncio.wait_for(request, TIMEOUT)

    answer = asyncio.run(test())
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:dropscribe:problem:unauthenticated"


def test_an_answer_that_has_begun_is_broken_off(gateway: Gateway) -> None:
    with serve(gateway.app) as url, gateway.client(url) as client:
        with client.stream("GET", "/drips") as answer:
            received = answer.iter_raw()
            next(received)
            gateway.revoke()
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in received:
                    pass
        assert client.get("/drips").status_code == 401


class Looks:
    """Answers whether a credential is valid, and counts how often it was asked."""

    def __init__(self) -> None:
        self.count = 0
        self.is_valid = True
        self.is_away = False

    async def __call__(self, credential: Credential, store: KeyStore) -> bool:
        self.count += 1
        if self.is_away:
            raise JobStoreUnavailable("away")
        return self.is_valid

    async def number(self, count: int) -> None:
        """Return after so many further looks."""
        wanted = self.count + count
        async with asyncio.timeout(TIMEOUT):
            while self.count < wanted:
                await asyncio.sleep(0.001)


async def run_for_ever(watch: RequestWatch, store: KeyStore) -> bool:
    """Returns whether it was ended by the watch."""
    with watch.while_valid(CREDENTIAL, store) as running:
        await asyncio.Event().wait()
    return running.cancelled_caught


def test_all_requests_of_a_key_share_the_looks_and_end_together(gateway: Gateway) -> None:
    async def test() -> None:
        looks = Looks()
        watch = RequestWatch(looks, interval=0.001)
        store = gateway.stores.keys
        requests = [asyncio.create_task(run_for_ever(watch, store)) for _ in range(20)]
        await looks.number(3)
        looking = [task for task in asyncio.all_tasks() if "look_while_used" in repr(task)]
        assert len(looking) == 1
        looks.is_valid = False
        assert await asyncio.gather(*requests) == [True] * 20

    asyncio.run(test())


def test_a_store_that_does_not_answer_ends_no_request(gateway: Gateway) -> None:
    async def test() -> None:
        looks = Looks()
        watch = RequestWatch(looks, interval=0.001)
        request = asyncio.create_task(run_for_ever(watch, gateway.stores.keys))
        looks.is_away = True
        await looks.number(3)
        assert not request.done()
        looks.is_away = False
        looks.is_valid = False
        assert await request

    asyncio.run(test())


def test_a_key_without_requests_is_not_looked_at(gateway: Gateway) -> None:
    async def test() -> None:
        looks = Looks()
        watch = RequestWatch(looks, interval=0.001)
        with watch.while_valid(CREDENTIAL, gateway.stores.keys) as running:
            pass
        assert not running.cancelled_caught
        (looking,) = [task for task in asyncio.all_tasks() if "look_while_used" in repr(task)]
        await asyncio.wait_for(looking, TIMEOUT)
        assert looks.count == 0

    asyncio.run(test())
