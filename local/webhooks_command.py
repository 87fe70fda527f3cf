"""`dropscribe webhooks`: has the ends of jobs sent to addresses, and shows what came of it."""

import time
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, get_args

import click

from local.connection import Gateway, calls_api
from local.table import output_width, table
from shared.model.webhooks import DeliveryView, NewWebhook, WebhookType, WebhookView

if TYPE_CHECKING:
    from dropscribe import Client

TYPES: tuple[WebhookType, ...] = get_args(WebhookType)
HEADINGS = ("webhook", "url", "folder", "state")
DELIVERY_HEADINGS = ("event", "type", "state", "tries", "last answer", "next try")
TEST_SECONDS = 20.0
"""Seconds for which `test` waits for the first try."""
LOOK_SECONDS = 0.2
"""Seconds between two looks at the delivery of a test."""


@click.group()
def webhooks() -> None:
    """Have the ends of jobs sent to addresses. This needs a key with the scopes read and admin."""


@webhooks.command("create")
@click.argument("address")
@click.option("--folder", help="Folder of the recordings, such as team-a/. Default: the key's.")
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(TYPES),
    help="What is sent. May be given several times. Default: everything.",
)
@click.option("--description", default="", help="For people.")
@calls_api
def create(
    gateway: Gateway,
    address: str,
    folder: str | None,
    types: tuple[WebhookType, ...],
    description: str,
) -> None:
    """Have the ends of jobs sent to ADDRESS, an https URL, and print the secret that verifies them,
    which is shown only now."""
    with gateway.client() as client:
        made = client.create_webhook(address, folder, types, description)
    print_secret(made)


@webhooks.command("list")
@calls_api
def list_webhooks(gateway: Gateway) -> None:
    """List the webhooks, without their secrets."""
    with gateway.client() as client:
        found = client.webhooks()
    print_webhooks(found)


@webhooks.command("delete")
@click.argument("webhook_id", metavar="WEBHOOK")
@calls_api
def delete(gateway: Gateway, webhook_id: str) -> None:
    """Delete a WEBHOOK, by the id that `dropscribe webhooks list` shows."""
    with gateway.client() as client:
        client.delete_webhook(webhook_id)
    click.echo(f"{webhook_id}: deleted")


@webhooks.command("test")
@click.argument("webhook_id", metavar="WEBHOOK")
@calls_api
def test(gateway: Gateway, webhook_id: str) -> None:
    """Send a WEBHOOK a test, and show what came of the first try."""
    with gateway.client() as client:
        begun = client.test_webhook(webhook_id)
        tried = first_try(client, webhook_id, begun)
    print_deliveries([tried])
    if tried.state != "delivered":
        raise click.ClickException(f"{webhook_id}: {why_not_delivered(tried)}")


@webhooks.command("rotate")
@click.argument("webhook_id", metavar="WEBHOOK")
@calls_api
def rotate(gateway: Gateway, webhook_id: str) -> None:
    """Give a WEBHOOK a new secret and print it. The former one is valid for 24 hours more."""
    with gateway.client() as client:
        rotated = client.rotate_webhook(webhook_id)
    print_secret(rotated)


@webhooks.command("resume")
@click.argument("webhook_id", metavar="WEBHOOK")
@calls_api
def resume(gateway: Gateway, webhook_id: str) -> None:
    """Send to a paused WEBHOOK again. It belongs to the key of this command from now on."""
    with gateway.client() as client:
        resumed = client.resume_webhook(webhook_id)
    print_webhooks([resumed])


@webhooks.command("deliveries")
@click.argument("webhook_id", metavar="WEBHOOK")
@click.option("--limit", default=20, show_default=True, help="Most deliveries to list.")
@calls_api
def deliveries(gateway: Gateway, webhook_id: str, limit: int) -> None:
    """List what was sent to a WEBHOOK, the newest first."""
    with gateway.client() as client:
        found = list(islice(client.deliveries(webhook_id), limit))
    print_deliveries(found)


@webhooks.command("replay")
@click.argument("webhook_id", metavar="WEBHOOK")
@click.argument("event_ids", metavar="EVENT...", nargs=-1, required=True)
@calls_api
def replay(gateway: Gateway, webhook_id: str, event_ids: tuple[str, ...]) -> None:
    """Send each EVENT to a WEBHOOK again, by the ids that `dropscribe webhooks deliveries`
    shows."""
    with gateway.client() as client:
        for event_id in event_ids:
            client.replay(webhook_id, event_id)
            click.echo(f"{event_id}: will be sent again")


def first_try(client: "Client", webhook_id: str, delivery: DeliveryView) -> DeliveryView:
    """Returns a delivery after its first try, or as it is after 20 seconds."""
    deadline = time.monotonic() + TEST_SECONDS
    while time.monotonic() < deadline:
        if delivery.attempts or delivery.state != "due":
            break
        time.sleep(LOOK_SECONDS)
        delivery = client.delivery(webhook_id, delivery.event_id)
    return delivery


def why_not_delivered(delivery: DeliveryView) -> str:
    if not delivery.attempts:
        return f"the test was not tried within {TEST_SECONDS:.0f} s"
    return f"the test was not delivered: {last_answer(delivery)}"


# What is printed


def print_secret(webhook: NewWebhook) -> None:
    click.echo(webhook.secret)
    click.echo(f"{webhook.id}: the secret is shown only now", err=True)


def print_webhooks(found: Sequence[WebhookView]) -> None:
    rows = list(map(webhook_row, found))
    print_table(HEADINGS, rows)


def print_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    width = output_width()
    lines = table([headings, *rows], name_column=1, width=width)
    text = "\n".join(lines)
    click.echo(text)


def webhook_row(webhook: WebhookView) -> tuple[str, ...]:
    return (
        webhook.id,
        webhook.url,
        webhook.folder,
        state(webhook),
    )


def state(webhook: WebhookView) -> str:
    """Returns whether an endpoint is sent events, and why not, as text."""
    if webhook.state == "paused":
        return f"paused: {webhook.paused_because}"
    if webhook.failing_since is not None:
        return f"failing since {local_time(webhook.failing_since)}"
    return webhook.state


def print_deliveries(found: Sequence[DeliveryView]) -> None:
    rows = list(map(delivery_row, found))
    print_table(DELIVERY_HEADINGS, rows)


def delivery_row(delivery: DeliveryView) -> tuple[str, ...]:
    tries = len(delivery.attempts)
    next_try = ""
    if delivery.next_try is not None:
        next_try = local_time(delivery.next_try)
    return (
        delivery.event_id,
        delivery.type,
        delivery.state,
        str(tries),
        last_answer(delivery),
        next_try,
    )


def last_answer(delivery: DeliveryView) -> str:
    """Returns the status and the error of the last try, as text."""
    if not delivery.attempts:
        return ""
    last = delivery.attempts[-1]
    status = "" if last.status is None else str(last.status)
    error = last.error or ""
    text = f"{status} {error}"
    return text.strip()


def local_time(time: datetime) -> str:
    moment = time.astimezone()
    return f"{moment:%Y-%m-%d %H:%M}"
