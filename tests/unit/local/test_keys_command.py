"""`dropscribe keys` makes and revokes keys, and a key opens at the gateway only what it may."""

import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from dropscribe import ApiError, Client
from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from local.cli import main
from tests.support.api_server import serve
from tests.support.gateway import ALL_SCOPES, memory_deployment


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serves the gateway, and points the commands at it with a key that may do everything."""
    stores = memory_deployment()
    _, secret = stores.keys.create("operator", ALL_SCOPES, "", None)
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as address:
        monkeypatch.setenv("DROPSCRIBE_URL", address)
        monkeypatch.setenv("DROPSCRIBE_KEY", secret)
        yield address


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ("keys", *arguments))
    assert done.exit_code == 0, done.output
    return done


def test_a_key_of_a_team_is_made_used_and_revoked(url: str) -> None:
    made = call("create", "Team A", "--folder", "team-a/", "--expires", "2100-01-01")
    secret = made.stdout.strip()
    key_id = made.stderr.partition(":")[0]
    with Client(url, secret) as team:
        own = team.me()
        assert (own.name, own.folder, own.scopes) == ("Team A", "team-a/", ("read", "write"))
        with pytest.raises(ApiError, match="lacks the scope 'admin'"):
            team.keys()
        listed = call("list").stdout
        assert "Team A" in listed and "until 2100-01-01" in listed and secret not in listed
        assert call("revoke", key_id).stdout == f"{key_id}: revoked\n"
        assert refusal(team).status == 401
    assert "revoked" in call("list").stdout


def refusal(client: Client) -> ApiError:
    """Returns the refusal of a key that was revoked. The gateway looks at it once a second."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            client.me()
        except ApiError as error:
            return error
        time.sleep(0.05)
    raise AssertionError("the key is still in force")


def test_a_key_shows_itself(url: str) -> None:
    assert "admin, erase, read, write" in call("me").stdout


def test_the_gateways_health_needs_no_key(url: str) -> None:
    with Client(url) as client:
        assert client.health().version
