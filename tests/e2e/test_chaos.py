"""Under random kills, cuts and refusals each recording gets its one right answer.

A short part of the chaos suite: `make chaos` is the long one.
"""

from pathlib import Path

import pytest

from tests.chaos.run import Chaos


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_killed_cut_or_refused_each_recording_has_its_one_right_answer(
    tmp_path: Path,
) -> None:
    report = Chaos(tmp_path, seed=7, jobs=12, faults=15, real=0)()
    assert report.wrong == []
    assert sum(report.faults.values()) >= 15
    assert report.traces >= 10  # two of the recordings are erased
