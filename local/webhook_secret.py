"""Makes the secret of the one-machine cloud from which the secrets of webhooks are computed."""

import secrets

from local.errors import NotUp
from local.layout import Layout, write_private

SECRET_BYTES = 32


def ensure_webhook_secret(home: Layout) -> str:
    """Returns the secret. It is made at the first start, and stored in a file that only its owner
    may read. Raises NotUp if the file is too short to have it."""
    file = home.webhook_secret
    stored = file.read_text().strip() if file.exists() else ""
    if len(stored) >= SECRET_BYTES:
        return stored
    if stored:
        raise NotUp(f"{file} is broken; delete it, and webhooks get other secrets")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    write_private(file, secret)
    return secret
