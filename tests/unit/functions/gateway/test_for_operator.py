"""The gateway of an operator's own machine takes one more key, which is stored nowhere."""

import time

from functions.gateway.for_operator import OperatorKeyStore, with_operator
from tests.support.gateway import gateway_client, memory_deployment

SECRET = "ds_" + "7" * 64
OTHER = "ds_" + "8" * 64


def test_the_operator_may_do_everything_and_others_nothing_more() -> None:
    stores = memory_deployment()
    _, of_deployment = stores.keys.create("of the deployment", ("read",), "team-a/", None)
    with gateway_client(with_operator(stores, SECRET)) as client:
        me = client.get("/api/v1/keys/me", headers={"X-API-Key": SECRET}).json()
        assert (me["name"], me["folder"]) == ("operator", "")
        assert sorted(me["scopes"]) == ["admin", "erase", "read", "write"]
        own = client.get("/api/v1/keys/me", headers={"X-API-Key": of_deployment}).json()
        assert (own["name"], own["scopes"]) == ("of the deployment", ["read"])
        for headers in ({}, {"X-API-Key": OTHER}):
            assert client.get("/api/v1/jobs", headers=headers).status_code == 401


def test_the_operators_key_is_not_stored() -> None:
    stores = memory_deployment()
    with gateway_client(with_operator(stores, SECRET)) as client:
        listed = client.get("/api/v1/keys", headers={"X-API-Key": SECRET}).json()
        assert listed["keys"] == []
    assert stores.keys.list() == []
    assert stores.keys.find(SECRET) is None


def test_a_key_that_the_operator_makes_is_one_of_the_deployment() -> None:
    stores = memory_deployment()
    operator = with_operator(stores, SECRET).keys
    assert isinstance(operator, OperatorKeyStore)
    made, secret = operator.create("Anna's laptop", ("read",), "", None)
    found = stores.keys.find(secret)
    assert found is not None and found.key_id == made.key_id
    assert operator.find(SECRET) is not None and operator.now().timestamp() <= time.time()
