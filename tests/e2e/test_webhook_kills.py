"""Kills of notify, the bridge and a receiver lose no event, and none arrives unsigned."""

import pytest

from benchmarks.webhooks import survival

KILLS = 12


@pytest.mark.slow
def test_each_event_arrives_signed_in_spite_of_kills() -> None:
    figures = survival(KILLS, seed=1)
    assert figures["events"] >= KILLS
    assert (figures["lost"], figures["unsigned"]) == (0, 0)
