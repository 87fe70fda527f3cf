"""The gateway on the machine of a deployment's operator, for one command of the CLI: `python -m
functions.gateway.for_operator DESCRIPTOR`.

It works with the operator's own Google credentials, so what the operator may not do fails. The
descriptor is that of a socket that listens on the loopback interface. Standard input has the secret
of a key with all scopes that only this process knows: it is stored nowhere. All other keys are
those of the deployment.
"""

import socket
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

import uvicorn

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.http_protocol import HttpProtocol
from shared.jobs.job import NEVER
from shared.jobs.key_store import KeyRecord, KeyStore, digest_of
from shared.model.api import Scope
from shared.runtime.log import configure

NAME = "operator"
"""Name, id and prefix of the key, as `dropscribe keys me` shows them."""


@dataclass(frozen=True)
class OperatorKeyStore(KeyStore):
    """The keys of the deployment, and one that is not stored."""

    operator: KeyRecord

    def find_by_digest(self, digest: str) -> KeyRecord | None:
        if digest == self.operator.digest:
            return self.operator
        return super().find_by_digest(digest)


def operator_key(secret: str, now: datetime) -> KeyRecord:
    """Returns a key with all scopes for the whole inbox."""
    return KeyRecord(
        key_id=NAME,
        digest=digest_of(secret),
        prefix=NAME,
        name=NAME,
        scopes=get_args(Scope),
        folder="",
        created=now,
        updated=now,
        expires=NEVER,
        valid_until=None,
    )


def with_operator(stores: Deployment, secret: str) -> Deployment:
    """Returns the stores of a deployment that take the operator's key, too."""
    keys = stores.keys
    operator = operator_key(secret, keys.now())
    return replace(stores, keys=OperatorKeyStore(keys.documents, keys.clock, operator))


def main() -> None:
    configure()
    listener = socket.socket(fileno=int(sys.argv[1]))
    stores = with_operator(deployment(), sys.stdin.readline().strip())
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        log_config=None,
        proxy_headers=False,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
