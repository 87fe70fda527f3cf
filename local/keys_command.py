"""`dropscribe keys`: makes, lists and revokes API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import click

from local.connection import Gateway, calls_api
from local.table import output_width, table
from shared.model.api import KeyView, Scope

DEFAULT_SCOPES: tuple[Scope, ...] = ("read", "write")
ALL_SCOPES: tuple[Scope, ...] = get_args(Scope)
HEADINGS = ("key", "name", "scopes", "folder", "last used", "state")


@click.group()
def keys() -> None:
    """Make, list and revoke API keys. This needs a key with the scope admin."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(ALL_SCOPES),
    help="What the key may do. May be given several times. Default: read and write.",
)
@click.option("--folder", default="", help="Confines the key to a folder, such as team-a/.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="Day from which on the key is refused."
)
@click.option(
    "--admin",
    is_flag=True,
    help="Make the first key of a deployment on Google, by your own Google credentials instead of "
    "a key. Without --scope it may do everything.",
)
@calls_api
def create(
    gateway: Gateway,
    name: str,
    scopes: tuple[Scope, ...],
    folder: str,
    expires: datetime | None,
    admin: bool,
) -> None:
    """Make a key called NAME, such as "Anna's laptop", and print its secret, which is shown only
    now."""
    last = None if expires is None else expires.replace(tzinfo=UTC)
    if admin:
        key_id, secret = create_as_operator(name, scopes or ALL_SCOPES, folder, last)
    else:
        with gateway.client() as client:
            made = client.create_key(name, scopes or DEFAULT_SCOPES, folder, last)
        key_id, secret = made.id, made.key
    click.echo(secret)
    click.echo(f"{key_id}: the key is shown only now", err=True)


def create_as_operator(
    name: str, scopes: tuple[Scope, ...], folder: str, expires: datetime | None
) -> tuple[str, str]:
    """Returns id and secret of a key of a deployment on Google."""
    from local.deployment import Failed
    from local.operator_key import make_with_own_credentials

    try:
        return make_with_own_credentials(name, scopes, folder, expires)
    except Failed as error:
        raise click.ClickException(str(error)) from error


@keys.command("list")
@calls_api
def list_keys(gateway: Gateway) -> None:
    """List the keys, without their secrets."""
    with gateway.client() as client:
        found = client.keys()
    print_keys(found)


@keys.command("revoke")
@click.argument("key_id", metavar="KEY")
@calls_api
def revoke(gateway: Gateway, key_id: str) -> None:
    """Revoke a KEY, by the id that `dropscribe keys list` shows."""
    with gateway.client() as client:
        client.revoke_key(key_id)
    click.echo(f"{key_id}: revoked")


@keys.command("me")
@calls_api
def me(gateway: Gateway) -> None:
    """Show which key is used, and what it may do."""
    with gateway.client() as client:
        own = client.me()
    print_keys([own])


def print_keys(found: Sequence[KeyView]) -> None:
    rows = [HEADINGS, *map(key_row, found)]
    width = output_width()
    lines = table(rows, name_column=1, width=width)
    click.echo("\n".join(lines))


def key_row(key: KeyView) -> tuple[str, ...]:
    scopes = ", ".join(key.scopes)
    used = last_used(key)
    return (key.id, key.name, scopes, key.folder, used, state(key))


def last_used(key: KeyView) -> str:
    if key.last_used is None:
        return ""
    moment = key.last_used.astimezone()
    return f"{moment:%Y-%m-%d %H:%M}"


def state(key: KeyView) -> str:
    """Returns whether a key is in force, as text."""
    if key.revoked is not None:
        return "revoked"
    if key.expires is None:
        return ""
    return f"until {key.expires:%Y-%m-%d}"
