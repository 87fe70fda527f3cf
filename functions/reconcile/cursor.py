"""Stores from which object of the inbox the next sweep goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ports.documents import Document, Documents
from shared.settings import settings

PATH = "reconcile/bookmark"


@dataclass(frozen=True)
class SweepCursor:
    """The object name from which the next sweep goes on."""

    documents: Documents

    def read(self) -> str:
        """Returns the name, or an empty string."""
        found = self.documents.get(PATH)
        if found is None:
            return ""
        document, _ = found
        return str(document["name"])

    def save(self, name: str, now: datetime) -> None:
        """Save the name.

        A conflict is ignored: it means that two sweeps list the same objects.
        """
        found = self.documents.get(PATH)
        version = found[1] if found else None
        expires = now + timedelta(days=settings().jobs.keep_days)
        document: Document = {
            "name": name,
            "updated": now.isoformat(),
            "expires": expires.isoformat(),
        }
        self.documents.put(PATH, document, if_version=version)
