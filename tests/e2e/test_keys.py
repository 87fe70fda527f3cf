"""Keys of a running one-machine cloud: the first one, revocation by another process, and logs."""

import stat

import httpx

from tests.support.cloud import Cloud

ME = "/api/v1/keys/me"


def address(cloud: Cloud) -> str:
    return cloud.home.ports().url("gateway")


def first_key(cloud: Cloud) -> str:
    return cloud.home.key.read_text().strip()


def test_up_makes_a_key_that_only_its_owner_can_read(cloud: Cloud) -> None:
    assert stat.S_IMODE(cloud.home.key.stat().st_mode) == 0o600
    me = httpx.get(address(cloud) + ME, headers={"X-API-Key": first_key(cloud)}).json()
    assert (me["scopes"], me["folder"]) == (["admin", "erase", "read", "write"], "")


def test_a_key_that_another_process_revokes_is_refused(cloud: Cloud) -> None:
    made = cloud.command("keys", "create", "team", "--folder", "team-a/")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    with httpx.Client(base_url=address(cloud), headers={"X-API-Key": secret}) as client:
        key_id = client.get(ME).json()["id"]
        cloud.keys.revoke(key_id)
        cloud.until(lambda: client.get(ME).status_code == 401, 30, "refusal of a revoked key")


def test_no_key_is_in_a_log_and_no_other_host_is_answered(cloud: Cloud) -> None:
    secret = first_key(cloud)
    url = address(cloud)
    assert httpx.get(f"{url}{ME}?token={secret}").status_code == 400
    assert httpx.get(f"{url}/{secret}", headers={"X-API-Key": secret}).status_code == 400
    rebound = {"Host": "evil.example", "X-API-Key": secret}
    assert httpx.get(url + ME, headers=rebound).status_code == 400
    logs = [file.read_text() for file in cloud.home.log("x").parent.iterdir()]
    assert secret not in "".join(logs)
