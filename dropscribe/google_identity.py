"""Tokens by which Google knows who calls a service on Cloud Run that is not public."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dropscribe.errors import NoIdentity

if TYPE_CHECKING:
    from google.auth.transport import Request

CLOUD_RUN = ".run.app"
"""Ends the host names that Cloud Run gives to services."""


def is_cloud_run(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.endswith(CLOUD_RUN)


def identity_token(audience: str) -> str:
    """Returns an identity token for a service, made from the default credentials of Google's
    libraries. Raises NoIdentity.

    Those of a service account, of a machine on Google, or of a person who ran `gcloud auth
    application-default login` serve.
    """
    try:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
        from google.oauth2.id_token import fetch_id_token
    except ImportError as error:
        raise NoIdentity("the package google-auth[requests] is not installed") from error

    transport = Request()
    try:
        return str(fetch_id_token(transport, audience))
    except GoogleAuthError:
        return token_of_person(transport)


def token_of_person(transport: "Request") -> str:
    """Returns the identity token of a person's own credentials, which have no audience."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        credentials, _ = google.auth.default()
        credentials.refresh(transport)
    except GoogleAuthError as error:
        raise NoIdentity(f"no Google credentials: {error}") from error
    token = getattr(credentials, "id_token", None)
    if not token:
        raise NoIdentity("these Google credentials give no identity token")
    return str(token)
