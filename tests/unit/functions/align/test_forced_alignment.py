"""The most probable path through a network's output gives each unit its frames."""

import pytest
import torch
from torch import Tensor

from functions.align.forced_alignment import best_path

BLANK = 2


def output(*columns: int, certainty: float = 0.9) -> Tensor:
    """Returns log probabilities of three units: each frame is one of them, with this certainty."""
    rest = (1 - certainty) / 2
    frames = torch.full((len(columns), 3), rest)
    for frame, column in enumerate(columns):
        frames[frame, column] = certainty
    return frames.log()


def spans(frames: Tensor, *units: int) -> list[tuple[int, int, int]]:
    path = best_path(frames, units, BLANK)
    assert path is not None
    return [(span.token, span.start, span.end) for span in path.spans]


def test_units_are_where_the_network_has_them() -> None:
    assert spans(output(2, 0, 0, 2, 1, 2), 0, 1) == [(0, 1, 3), (1, 4, 5)]


def test_a_repeated_unit_has_a_span_each_time() -> None:
    assert spans(output(0, 2, 0, 0, 1), 0, 0, 1) == [(0, 0, 1), (0, 2, 4), (1, 4, 5)]


def test_a_repeated_unit_is_parted_even_where_the_network_has_no_pause() -> None:
    assert [start for _, start, _ in spans(output(0, 0, 0), 0, 0)] == [0, 2]


def test_the_whole_output_is_used() -> None:
    """The unit at the end is found, although the same one is nearer to the beginning."""
    assert spans(output(0, 2, 2, 1, 2, 0), 1, 0) == [(1, 3, 4), (0, 5, 6)]


def test_a_span_has_the_probability_of_its_unit() -> None:
    path = best_path(output(0, 2, 1, certainty=0.8), [0, 1], BLANK)
    assert path is not None
    assert [span.score for span in path.spans] == pytest.approx([0.8, 0.8])


@pytest.mark.parametrize("units", [[], [0, 1, 0], [0, 0]])
def test_units_need_frames(units: list[int]) -> None:
    assert best_path(output(0, 1), units, BLANK) is None


def test_units_that_the_network_has_do_not_misfit() -> None:
    path = best_path(output(2, 0, 2, 1, 2), [0, 1], BLANK)
    assert path is not None and path.misfit == pytest.approx(0.0, abs=1e-6)


def test_each_unit_that_the_network_lacks_adds_to_the_misfit() -> None:
    frames = output(2, 0, 2, 2, 2, certainty=0.8)
    path = best_path(frames, [0, 1], BLANK)
    assert path is not None
    lost = torch.tensor(0.8 / 0.1).log() / 2
    assert path.misfit == pytest.approx(float(lost), abs=1e-6)
