"""Buckets are created, listed, changed and deleted as Cloud Storage does."""

import uuid

import httpx
import pytest
from google.api_core.exceptions import Conflict, NotFound, PreconditionFailed
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


def test_a_bucket_is_made_once(client: storage.Client, bucket: storage.Bucket) -> None:
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)
    assert client.get_bucket(bucket.name).name == bucket.name
    assert bucket.name in [found.name for found in client.list_buckets()]


def test_buckets_are_listed_page_by_page(client: storage.Client) -> None:
    prefix = f"paged-{uuid.uuid4().hex}"
    names = [client.create_bucket(f"{prefix}-{number}").name for number in range(3)]
    pages = client.list_buckets(prefix=prefix, page_size=2).pages
    assert [[found.name for found in page] for page in pages] == [names[:2], names[2:]]


def test_only_an_empty_bucket_is_deleted(client: storage.Client, bucket: storage.Bucket) -> None:
    blob = write(bucket, "a")
    with pytest.raises(Conflict):
        bucket.delete()
    blob.delete()
    bucket.delete()
    with pytest.raises(NotFound):
        client.get_bucket(bucket.name)


def test_a_bucket_is_patched(client: storage.Client, bucket: storage.Bucket) -> None:
    bucket.add_lifecycle_delete_rule(age=7)
    bucket.labels = {"stage": "work"}
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert [rule["condition"] for rule in found.lifecycle_rules] == [{"age": 7}]
    assert (found.labels, found.metageneration) == ({"stage": "work"}, 2)
    with pytest.raises(PreconditionFailed):
        found.patch(if_metageneration_match=1)


def test_notification_configs_come_and_go(bucket: storage.Bucket) -> None:
    made = bucket.notification(
        "topic", event_types=["OBJECT_FINALIZE"], payload_format="JSON_API_V1"
    )
    made.create()
    assert [found.topic_name for found in bucket.list_notifications()] == ["topic"]
    assert bucket.get_notification(made.notification_id).event_types == ["OBJECT_FINALIZE"]
    made.delete()
    assert list(bucket.list_notifications()) == []


@pytest.mark.parametrize("name", ["A", "ab", "has space", "a..b", "-ab", "../x"])
def test_an_illegal_bucket_name_is_refused(server: BucketServer, name: str) -> None:
    assert httpx.post(f"{server.url}/storage/v1/b", json={"name": name}).status_code == 400


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"lifecycle": 5}, "lifecycle"),
        ({"lifecycle": {"rule": [{"action": {"type": "Delete"}}]}}, "lifecycle.rule.0.condition"),
        (
            {"lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": "x"}}]}},
            "age",
        ),
        (
            {"lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": -1}}]}},
            "age",
        ),
        ({"cors": {"origin": ["*"]}}, "cors"),
        ({"cors": [{"origin": 5}]}, "cors.0.origin"),
        ({"versioning": True}, "versioning"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(
    server: BucketServer, bucket: storage.Bucket, rules: dict[str, object], named: str
) -> None:
    """Stored, it would break every later request, or end the server."""
    url = f"{server.url}/storage/v1/b"
    for answer in (
        httpx.patch(f"{url}/{bucket.name}", json=rules),
        httpx.post(url, json={"name": f"{bucket.name}-2", **rules}),
    ):
        assert answer.status_code == 400
        assert named in answer.json()["error"]["message"]
    page = httpx.get(f"{url}/{bucket.name}/o", headers={"Origin": "https://example.com"})
    assert page.status_code == 200
    write(bucket, "a")
    write(bucket, "a")
