"""A plan says of each bucket that exists why it cannot work, before anything is made."""

from pathlib import Path

import pytest

from tests.terraform.copies import Copy, Refused

KEY = "projects/k/locations/europe-west4/keyRings/r/cryptoKeys/k"
UNFIT = {
    "inbox": "in-the-eu.of-another-project.with-retention.without-a-key",
    "outbox": "with-versions.that-deletes-early.with-access-lists",
    "work": "with-soft-delete.that-keeps-all.paid-by-requesters",
}
"""Buckets that have every fault which is refused."""
REASONS = (
    f"{UNFIT['inbox']} is in EU. It must be in europe-west4",
    f"{UNFIT['inbox']} belongs to another project",
    f"{UNFIT['inbox']} has a retention policy or holds new objects",
    f"{UNFIT['inbox']} has no key of its own",
    f"{UNFIT['outbox']} keeps older versions",
    f"{UNFIT['outbox']} must delete answers after keep_answer_days, which is null",
    f"{UNFIT['outbox']} has access lists on its objects",
    f"{UNFIT['work']} can restore deleted objects",
    f"{UNFIT['work']} must have one lifecycle rule that deletes objects, all of them after 7 days",
    f"{UNFIT['work']} is paid for by its requesters",
)


def test_buckets_that_cannot_work_are_refused(topology: Copy, tmp_path: Path) -> None:
    settings = {"recordings_since": "2026-12-01T00:00:00Z"}
    with pytest.raises(Refused) as refused:
        topology.to(tmp_path / "copy").plan(buckets=UNFIT, settings=settings, kms_key=KEY)
    said = " ".join(str(refused.value).split())
    assert [reason for reason in REASONS if reason not in said] == []
    assert said.count("Error: Resource postcondition failed") == len(REASONS)
