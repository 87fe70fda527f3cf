"""`dropscribe webhooks` makes, tries, rotates, resumes, replays and deletes webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from click.testing import CliRunner, Result
from cloudevents.http import CloudEvent

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from local.cli import main
from shared.jobs.webhook_records import DeliveryAttempt
from shared.jobs.webhook_store import WebhookStore
from tests.support.api_server import serve
from tests.support.gateway import ALL_SCOPES, memory_deployment

URL = "https://example.org/hook"


@dataclass
class AnsweringReceiver:
    """Publishes an event by having its endpoint answer at once."""

    webhooks: WebhookStore
    status: int = 204

    def publish(self, event: CloudEvent) -> None:
        error = None if self.status == 204 else "status"
        attempt = DeliveryAttempt(
            time=self.webhooks.now(), status=self.status, error=error, seconds=0.1
        )
        self.webhooks.record_attempt(event["webhook"], event["id"], attempt)


@pytest.fixture
def stores() -> Deployment:
    stores = memory_deployment()
    return replace(stores, publisher=AnsweringReceiver(stores.webhooks))


@pytest.fixture(autouse=True)
def url(stores: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serves the gateway, and points the commands at it with a key that may do everything."""
    _, secret = stores.keys.create("operator", ALL_SCOPES, "", None)
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as address:
        monkeypatch.setenv("DROPSCRIBE_URL", address)
        monkeypatch.setenv("DROPSCRIBE_KEY", secret)
        yield address


def call(*arguments: str, exit_code: int = 0) -> Result:
    done = CliRunner().invoke(main, ("webhooks", *arguments))
    assert done.exit_code == exit_code, done.output
    return done


def made(*arguments: str) -> tuple[str, str]:
    """Returns the id and the secret of a new webhook."""
    done = call("create", URL, *arguments)
    return done.stderr.partition(":")[0], done.stdout.strip()


def test_a_webhook_is_made_listed_and_deleted() -> None:
    webhook_id, secret = made("--folder", "team-a/", "--type", "dropscribe.job.failed")
    assert secret.startswith("whsec_")
    listed = call("list").stdout
    assert webhook_id in listed and URL in listed and "team-a/" in listed
    assert secret not in listed
    assert call("delete", webhook_id).stdout == f"{webhook_id}: deleted\n"
    assert webhook_id not in call("list").stdout


def test_an_address_that_is_refused_is_explained() -> None:
    refused = call("create", "http://example.org", exit_code=1)
    assert "url: a URL begins with https://" in refused.output


def test_a_test_shows_what_came_of_it(stores: Deployment) -> None:
    webhook_id, _ = made()
    assert "delivered" in call("test", webhook_id).stdout
    assert isinstance(stores.publisher, AnsweringReceiver)
    stores.publisher.status = 500
    failed = call("test", webhook_id, exit_code=1)
    assert "not delivered: 500 status" in failed.output


def test_a_rotation_prints_another_secret() -> None:
    webhook_id, secret = made()
    rotated = call("rotate", webhook_id)
    assert rotated.stdout.startswith("whsec_") and rotated.stdout.strip() != secret


def test_a_paused_webhook_is_shown_and_resumed(stores: Deployment) -> None:
    webhook_id, _ = made()
    stores.webhooks.pause(webhook_id, "gone")
    assert "paused: gone" in call("list").stdout
    assert "active" in call("resume", webhook_id).stdout


def test_deliveries_are_listed_and_replayed() -> None:
    webhook_id, _ = made()
    call("test", webhook_id)
    listed = call("deliveries", webhook_id).stdout
    event_id = listed.splitlines()[1].split()[0]
    assert event_id.startswith("test-") and " 204" in listed
    replayed = call("replay", webhook_id, event_id).stdout
    assert replayed == f"{event_id}: will be sent again\n"
    assert " 2 " in call("deliveries", webhook_id).stdout, "it was tried twice"
