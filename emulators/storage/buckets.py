"""Buckets and their notification configurations."""

import json
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage.bucket_rules import check_rules
from emulators.storage.errors import Conflict, NoSuchBucket, NotFound
from emulators.storage.fields import json_response
from emulators.storage.index import Transaction, timestamp
from emulators.storage.names import bucket_name, legal_bucket_name
from emulators.storage.preconditions import Preconditions, from_query
from emulators.storage.requests import json_body, page_size
from emulators.storage.resources import (
    BUCKET_CONSTANTS,
    Resource,
    etag,
    merge,
    with_next_metageneration,
)
from emulators.storage.store import base_url, store_of


def get(tx: Transaction, name: str) -> Resource:
    row = tx.execute("select resource from buckets where name = ?", (name,)).fetchone()
    if row is None:
        raise NoSuchBucket("The specified bucket does not exist.")
    return dict(json.loads(row[0]))


def create(tx: Transaction, body: Resource) -> Resource:
    name = legal_bucket_name(body.get("name"))
    check_rules(body)
    if tx.execute("select 1 from buckets where name = ?", (name,)).fetchone():
        raise Conflict(
            "Your previous request to create the named bucket succeeded and you already own it."
        )
    now = timestamp()
    defaults = {"storageClass": "STANDARD", "locationType": "region", "projectNumber": "0"}
    constants = {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "location": str(body.get("location") or "US").upper(),
        "metageneration": "1",
        "etag": etag(0, 1),
        "timeCreated": now,
        "updated": now,
    }
    resource = {**defaults, **body, **constants}
    tx.execute("insert into buckets values (?, ?)", (name, json.dumps(resource)))
    return resource


def change(tx: Transaction, name: str, patch: Resource, conditions: Preconditions) -> Resource:
    current = get(tx, name)
    conditions.check(current)
    wanted = {key: value for key, value in patch.items() if key not in BUCKET_CONSTANTS}
    resource = with_next_metageneration(merge(current, wanted), timestamp())
    check_rules(resource)
    tx.execute("update buckets set resource = ? where name = ?", (json.dumps(resource), name))
    return resource


def delete(tx: Transaction, name: str, conditions: Preconditions) -> None:
    conditions.check(get(tx, name))
    if tx.execute("select 1 from objects where bucket = ? limit 1", (name,)).fetchone():
        raise Conflict("The bucket you tried to delete is not empty.")
    tx.execute("delete from notifications where bucket = ?", (name,))
    tx.execute("delete from buckets where name = ?", (name,))


def page(tx: Transaction, prefix: str, after: str, size: int) -> Resource:
    rows = tx.execute(
        "select name, resource from buckets"
        " where name > ? and substr(name, 1, ?) = ? order by name limit ?",
        (after, len(prefix), prefix, size + 1),
    ).fetchall()
    answer: Resource = {
        "kind": "storage#buckets",
        "items": [json.loads(resource) for _, resource in rows[:size]],
    }
    return {**answer, "nextPageToken": rows[size - 1][0]} if len(rows) > size else answer


def get_notification(tx: Transaction, bucket: str, number: str) -> Resource:
    row = tx.execute(
        "select resource from notifications where bucket = ? and id = ?", (bucket, number)
    ).fetchone()
    if row is None:
        raise NotFound(f"Notification {number} not found.")
    return dict(json.loads(row[0]))


def create_notification(tx: Transaction, bucket: str, body: Resource) -> Resource:
    get(tx, bucket)
    (number,) = tx.execute(
        "select coalesce(max(id), 0) + 1 from notifications where bucket = ?", (bucket,)
    ).fetchone()
    resource = {**body, "kind": "storage#notification", "id": str(number), "etag": str(number)}
    tx.execute("insert into notifications values (?, ?, ?)", (bucket, number, json.dumps(resource)))
    return resource


def delete_notification(tx: Transaction, bucket: str, number: str) -> None:
    get_notification(tx, bucket, number)
    tx.execute("delete from notifications where bucket = ? and id = ?", (bucket, number))


def list_notifications(tx: Transaction, bucket: str) -> list[Resource]:
    get(tx, bucket)
    rows = tx.execute("select resource from notifications where bucket = ? order by id", (bucket,))
    return [json.loads(resource) for (resource,) in rows]


async def many(request: Request) -> Response:
    """Lists the buckets (GET) or makes one (POST)."""
    index = store_of(request).index
    if request.method == "POST":
        return resource_response(
            request, await index.run(partial(create, body=await json_body(request)))
        )
    query = request.query_params
    found = await index.run(
        partial(
            page,
            prefix=query.get("prefix", ""),
            after=query.get("pageToken", ""),
            size=page_size(query),
        )
    )
    return json_response(request, found)


async def one(request: Request) -> Response:
    index, name = store_of(request).index, bucket_name(request)
    conditions = from_query(request.query_params, request.headers)
    if request.method == "DELETE":
        await index.run(partial(delete, name=name, conditions=conditions))
        return Response(status_code=204)
    if request.method in ("PATCH", "PUT"):
        patch = await json_body(request)
        return resource_response(
            request, await index.run(partial(change, name=name, patch=patch, conditions=conditions))
        )
    resource = await index.run(partial(get, name=name))
    conditions.check(resource)
    return resource_response(request, resource)


async def storage_layout(request: Request) -> Response:
    """Returns how a bucket stores objects. gcloud asks for it before it moves one."""
    bucket = await store_of(request).index.run(partial(get, name=bucket_name(request)))
    layout = {
        "kind": "storage#storageLayout",
        "bucket": bucket["name"],
        "location": bucket["location"],
        "locationType": bucket["locationType"],
        "hierarchicalNamespace": {"enabled": False},
    }
    return json_response(request, layout)


def resource_response(request: Request, resource: Resource) -> Response:
    link = f"{base_url(request)}/storage/v1/b/{resource['name']}"
    return json_response(request, {**resource, "selfLink": link})


async def notifications(request: Request) -> Response:
    """Lists a bucket's notification configurations (GET) or makes one (POST)."""
    index, bucket = store_of(request).index, bucket_name(request)
    if request.method == "POST":
        body = await json_body(request)
        made = await index.run(partial(create_notification, bucket=bucket, body=body))
        return json_response(request, made)
    items = await index.run(partial(list_notifications, bucket=bucket))
    return json_response(request, {"kind": "storage#notifications", "items": items})


async def notification(request: Request) -> Response:
    index, bucket, number = (
        store_of(request).index,
        bucket_name(request),
        request.path_params["number"],
    )
    if request.method == "DELETE":
        await index.run(partial(delete_notification, bucket=bucket, number=number))
        return Response(status_code=204)
    found = await index.run(partial(get_notification, bucket=bucket, number=number))
    return json_response(request, found)
