"""Makes a key of a deployment without its gateway, with the operator's own Google credentials.

The first key of a deployment is made this way. Only its digest leaves this machine, and Terraform's
state does not have it. It needs the right to write to the database of the jobs.
"""

from datetime import datetime

from pydantic import ValidationError

from local.deployment import Failed, find_deployment, use
from shared.model.api import KeyRequest, Scope
from shared.model.errors import StageError
from shared.runtime.http import describe_errors
from shared.runtime.wiring import key_store


def make_with_own_credentials(
    name: str, scopes: tuple[Scope, ...], folder: str, expires: datetime | None
) -> tuple[str, str]:
    """Store a key of the deployment of the environment, or else of Terraform's. Returns its id and
    its secret.

    Raises Failed.
    """
    try:
        request = KeyRequest(name=name, scopes=scopes, folder=folder, expires=expires)
    except ValidationError as error:
        raise Failed(describe_errors(error)) from error
    use(find_deployment())
    try:
        made, secret = key_store().create(
            request.name, request.scopes, request.folder, request.expires
        )
    except StageError as error:
        raise Failed(f"the key could not be stored: {error}") from error
    return made.key_id, secret
