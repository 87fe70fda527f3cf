"""Object lifecycle: the rule of a bucket that deletes objects older than some days.

Other rules are ignored.
"""

import asyncio
import json
import time
from contextlib import suppress

from emulators.storage import objects
from emulators.storage.errors import Held, NoRoom
from emulators.storage.index import Index, Transaction
from emulators.storage.resources import Resource

PAUSE = 3600.0
"""Seconds between two rounds. Google's are one day apart."""
CRAMPED_PAUSE = 10.0
"""Seconds between two rounds while the disk is too full to commit a deletion."""
DAY = 24 * 3600


async def apply_all(index: Index) -> None:
    """Applies the rules at regular intervals, until cancelled."""
    while True:
        try:
            await index.run(lambda tx: apply(tx, time.time()))
            await asyncio.sleep(PAUSE)
        except NoRoom:
            await asyncio.sleep(CRAMPED_PAUSE)


def apply(tx: Transaction, now: float) -> None:
    """Deletes objects that are too old, but for those under a hold. A generation is its creation
    time in microseconds."""
    for name, days in ages(tx):
        oldest = int((now - days * DAY) * 1e6)
        old = tx.execute(
            "select name, generation from objects where bucket = ? and generation < ?",
            (name, oldest),
        )
        for object_name, generation in old.fetchall():
            version = objects.find(tx, name, object_name, generation)
            assert version is not None
            with suppress(Held):
                objects.erase(tx, version)


def ages(tx: Transaction) -> list[tuple[str, int]]:
    """Returns each bucket that has such a rule, with the rule's days."""
    buckets = tx.execute("select name, resource from buckets").fetchall()
    return [
        (name, days) for name, resource in buckets for days in deletion_ages(json.loads(resource))
    ]


def deletion_ages(bucket: Resource) -> list[int]:
    rules = bucket.get("lifecycle", {}).get("rule", [])
    return [
        rule["condition"]["age"]
        for rule in rules
        if rule.get("action", {}).get("type") == "Delete"
        and set(rule.get("condition", {})) == {"age"}
    ]
