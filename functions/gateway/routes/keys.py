"""Routes that make, list and revoke API keys."""

from datetime import datetime

from fastapi import APIRouter, Response

from functions.gateway.access import Admin, Caller, Holder
from functions.gateway.deployment import InDeployment
from functions.gateway.openapi import problems
from shared.jobs.key_store import KeyRecord, KeyStore
from shared.model.api import KeyList, KeyRequest, KeyView, NewKey
from shared.model.errors import BadRequest, Forbidden, NotFound

router = APIRouter(tags=["keys"], prefix="/api/v1/keys")


@router.post("", status_code=201, response_description="The key and its secret.")
def create_key(request: KeyRequest, caller: Admin, holder: Holder, stores: InDeployment) -> NewKey:
    """Make a key. Its secret is shown only in this answer.

    A key can give only scopes that it has itself, only inside its folder, and no longer than it is
    valid itself.
    """
    refuse_wider_key(request, caller)
    expires = expiry_of(request, holder, stores.keys)
    made, secret = stores.keys.create(request.name, request.scopes, request.folder, expires)
    fields = view_of(made).model_dump()
    return NewKey(**fields, key=secret)


@router.get("", response_description="The keys, without their secrets.")
def list_keys(caller: Admin, stores: InDeployment) -> KeyList:
    """List the keys of the caller's folder, the newest first. Revoked and expired ones are listed
    for 30 days."""
    views = []
    for key in stores.keys.list():
        if is_visible(key, caller):
            views.append(view_of(key))
    return KeyList(keys=tuple(views))


@router.get("/me", response_description="The key, without its secret.")
def read_own_key(holder: Holder) -> KeyView:
    """Say what the key of this request may do. It needs no scope."""
    return view_of(holder)


@router.delete(
    "/{key_id}",
    status_code=204,
    response_class=Response,
    response_description="The key is revoked.",
    responses=problems(NotFound),
)
def revoke_key(key_id: str, caller: Admin, stores: InDeployment) -> None:
    """Revoke a key, end its sessions and pause its webhooks. Within a second it is refused
    everywhere."""
    key = stores.keys.find_by_id(key_id)
    if key is None or not is_visible(key, caller):
        raise NotFound("There is no such key.")
    stores.keys.revoke(key_id)
    stores.webhooks.pause_those_of(key_id)


def refuse_wider_key(request: KeyRequest, caller: Caller) -> None:
    """Raises Forbidden if a key is requested that may do more than the caller."""
    if not request.folder.startswith(caller.folder):
        raise Forbidden(f"The key may make keys only inside the folder '{caller.folder}'.")
    lacking = sorted(set(request.scopes) - caller.scopes)
    if lacking:
        scopes = ", ".join(lacking)
        raise Forbidden(f"The key lacks scopes that it would give: {scopes}.")


def expiry_of(request: KeyRequest, holder: KeyRecord, keys: KeyStore) -> datetime | None:
    """Returns when a new key expires: at the latest with the key that makes it.

    Raises BadRequest or Forbidden.
    """
    if request.expires is None:
        return holder.valid_until
    if request.expires <= keys.now():
        raise BadRequest("expires: is in the past")
    if holder.valid_until is not None and request.expires > holder.valid_until:
        raise Forbidden("A key cannot make one that is valid for longer than itself.")
    return request.expires


def is_visible(key: KeyRecord, caller: Caller) -> bool:
    return key.folder.startswith(caller.folder)


def view_of(key: KeyRecord) -> KeyView:
    return KeyView(
        id=key.key_id,
        prefix=key.prefix,
        name=key.name,
        scopes=key.scopes,
        folder=key.folder,
        created=key.created,
        expires=key.valid_until,
        last_used=key.last_used,
        revoked=key.revoked,
    )
