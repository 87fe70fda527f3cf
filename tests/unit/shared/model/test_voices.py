"""The distance of two voices is a share of that of two strangers on the same line."""

import numpy as np
import pytest

from shared.model.voices import (
    MAX_SIMILARITY,
    Matrix,
    cosine_distances,
    narrowband_direction,
    voice_distances,
)

SIZE = 192


def wideband(count: int) -> Matrix:
    """Returns orthogonal voices without a narrowband component, shape (count, SIZE)."""
    direction = narrowband_direction()
    basis = np.eye(SIZE)[:count]
    without = basis - np.outer(basis @ direction, direction)
    return np.asarray(np.linalg.qr(without.T)[0].T)


def on_a_line(voices: Matrix, share: float) -> Matrix:
    """Returns the voices with so much of the narrowband component, of length 1."""
    own = voices * np.sqrt(1 - share**2)
    return np.asarray(own + share * narrowband_direction())


def test_the_direction_has_length_one() -> None:
    assert np.linalg.norm(narrowband_direction()) == pytest.approx(1)
    assert narrowband_direction().shape == (SIZE,)


def test_a_voice_has_no_distance_from_itself() -> None:
    voices = wideband(3)
    assert np.diag(voice_distances(voices)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "similarity"), [(0.0, 0.06), (0.2, 0.26), (0.4, 0.46), (0.6, 0.66)]
)
def test_strangers_are_one_apart_on_any_line(share: float, similarity: float) -> None:
    """The similarities are about those that were measured, from wideband to a telephone."""
    own_similarity = (similarity - share**2) / (1 - share**2)
    one, other = wideband(2)
    mixed = own_similarity * one + np.sqrt(1 - own_similarity**2) * other
    strangers = on_a_line(np.stack([one, mixed]), share)

    assert cosine_distances(strangers)[0, 1] == pytest.approx(1 - similarity)
    assert voice_distances(strangers)[0, 1] == pytest.approx(1)


def test_the_correction_has_a_limit() -> None:
    nearly_the_line = on_a_line(wideband(2), 0.99)
    distance = cosine_distances(nearly_the_line)[0, 1]
    assert voice_distances(nearly_the_line)[0, 1] == pytest.approx(distance / (1 - MAX_SIMILARITY))


def test_the_opposite_of_narrowband_changes_nothing() -> None:
    voices = wideband(2)
    opposite = on_a_line(voices, -0.3)
    ratio = voice_distances(opposite) / np.maximum(cosine_distances(opposite), 1e-9)
    assert ratio[0, 1] == pytest.approx(1 / 0.94)
