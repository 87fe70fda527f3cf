"""How far apart two voices are, by their CAM++ embeddings.

The cosine distance alone depends on the line. In the band of a telephone all embeddings share a
component, so that two strangers are as similar there as one person is to herself in noise. How
large that component is follows from the embeddings themselves. So each distance is divided by the
distance that two strangers have on such a line: it is near 1 for strangers and near 0 for one
person, on any line.

Embeddings have shape (voices, size) and length 1.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

DIRECTION_FILE = Path(__file__).with_name("narrowband.json")
"""The direction in which embeddings move when a recording loses all above 4 kHz and below 300 Hz.
`python -m benchmarks.narrowband` measures it."""
STRANGERS_SIMILARITY = 0.06
"""Mean cosine similarity of two people in wideband recordings."""
NARROWBAND_SIMILARITY = 1.0
"""What is added to it per unit along the narrowband direction. A telephone call is at about 0.6."""
MAX_SIMILARITY = 0.8
"""No two strangers are taken to be more similar than this."""


def cosine_distances(embeddings: Matrix) -> Matrix:
    """Returns the cosine distance of each two embeddings, shape (voices, voices)."""
    similarities = embeddings @ embeddings.T
    return np.asarray(1 - similarities)


def voice_distances(embeddings: Matrix) -> Matrix:
    """Returns the distance of each two voices, as a share of that of two strangers."""
    direction = narrowband_direction()
    along = embeddings @ direction
    narrowband = np.maximum(along, 0)
    sums = narrowband[:, None] + narrowband
    mean_narrowband = sums / 2

    shared_similarity = NARROWBAND_SIMILARITY * mean_narrowband
    similarity = STRANGERS_SIMILARITY + shared_similarity
    strangers_similarity = np.minimum(similarity, MAX_SIMILARITY)
    strangers_distance = 1 - strangers_similarity
    distances = cosine_distances(embeddings)
    return np.asarray(distances / strangers_distance)


@cache
def narrowband_direction() -> Matrix:
    """Returns a vector of length 1, shape (size,)."""
    text = DIRECTION_FILE.read_text("utf-8")
    values = json.loads(text)
    direction = np.array(values, dtype=np.float64)
    length = np.linalg.norm(direction)
    return np.asarray(direction / length)
