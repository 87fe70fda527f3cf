"""Which d-vectors are of the same person, and how many people there are: agglomerative clustering
in two passes.

The first groups d-vectors that are near each other, into too many groups rather than too few. In
the second, groups join whose means are near. One d-vector says little of a voice; the mean of many
tells people apart.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int_]
Mask = NDArray[np.bool_]

ALONE = 0.5
"""Share of a window in which someone must speak alone for a clear d-vector."""
PURE = 0.91
"""Length of a clear d-vector. A shorter one is the mean of unlike pieces: two people were taken for
one."""
ALIKE = 0.22
"""Mean cosine distance up to which the first pass groups d-vectors."""
APART = 0.145
"""Distance of two groups' means from which they are different people."""
BESIDE = 0.2
"""What is added to that distance if the one is never heard without the other in the same window."""
FEW = 2.0
"""Windows of a group of which half the distance is believed."""
FEWEST = 2
"""Windows that make a person."""
PRIOR = 10.0
"""Pairs of d-vectors that the mean of all groups counts as in each."""
SHARED = 4
"""Windows from one to the next that shares no sound with it."""
NEARER = 1e-6
"""What a pair of windows that share sound counts: something only where there is no other."""


class Groups(NamedTuple):
    """Sums of which the (groups, groups) distances are made. Two groups' sums are added when they
    join."""

    distance: Matrix
    """Cosine distances over pairs of d-vectors."""
    pairs: Matrix
    """The number of pairs, those from windows that share sound counting next to nothing."""
    beside: Matrix
    """Windows in which both are heard; on the diagonal, in which the one is."""
    sizes: NDArray[np.float64]
    """(groups,) d-vectors."""

    @classmethod
    def of(cls, voices: Matrix, windows: Labels, groups: Labels, beside: Matrix) -> Self:
        member = np.eye(groups.max() + 1)[groups]
        counts = np.where(np.abs(windows[:, None] - windows) >= SHARED, 1, NEARER)
        distance = (1 - voices @ voices.T) * counts
        return cls(member.T @ distance @ member, member.T @ counts @ member, beside, member.sum(0))

    def joined(self, one: int, other: int) -> Self:
        """The same with group `other` in group `one`."""
        to = np.eye(len(self.sizes))
        to[other] = to[one]
        to = np.delete(to, other, 1)
        return type(self)(
            distance=to.T @ self.distance @ to,
            pairs=to.T @ self.pairs @ to,
            beside=to.T @ self.beside @ to,
            sizes=self.sizes @ to,
        )

    def apart(self) -> Matrix:
        """How far the means of any two groups are apart, as far as that can be believed; infinite
        to oneself.

        Half the squared distance of two means is what pairs across are further apart than pairs
        within.
        """
        within, across = self.spread(), self.distance / self.pairs
        heard = np.maximum(np.diag(self.beside), 1)
        smaller = np.minimum(self.sizes[:, None], self.sizes)
        apart = (
            across
            - (within[:, None] + within) / 2
            + BESIDE * self.beside / np.minimum(heard[:, None], heard)
        )
        apart *= smaller / (smaller + FEW)
        np.fill_diagonal(apart, np.inf)
        return apart

    def spread(self) -> NDArray[np.float64]:
        """(groups,) mean distance of pairs within each group, near that of all groups where it has
        few pairs."""
        distance, pairs = np.diag(self.distance), np.diag(self.pairs)
        overall = distance.sum() / pairs.sum()
        return np.asarray((distance + PRIOR * overall) / (pairs + PRIOR))


def clear(voices: Matrix, speaking: NDArray[np.float32], fewest: int) -> Mask:
    """(windows, slots) which d-vectors are of one person and of enough speech; all of them if those
    are too few.

    voices: (windows, slots, size), NaN where nobody speaks long enough. speaking: (windows, frames,
    slots), 1 or 0.
    """
    usable: Mask = np.asarray(~np.isnan(voices).any(2))
    alone = (speaking * (speaking.sum(2, keepdims=True) == 1)).mean(1) >= ALONE
    pure = np.linalg.norm(np.nan_to_num(voices), axis=2) >= PURE
    return next(
        (mask for mask in (usable & alone & pure, usable & alone) if mask.sum() >= fewest), usable
    )


def people(voices: Matrix, founding: Mask, fewest: int, most: float) -> Labels:
    """(founding voices,) whose each is, from 0; -1 where too few are alike to make a person.

    voices: (windows, slots, size). founding: (windows, slots) those that tell how many people there
    are, at least one.
    """
    voices = unit(voices)
    founders = voices[founding]
    found = near(founders, fewest)
    groups = Groups.of(
        founders, np.nonzero(founding)[0], found, beside(voices, means(founders, found))
    )
    return without_few(join(groups, fewest, most)[found], fewest)


def near(voices: Matrix, fewest: int) -> Labels:
    """(voices,) groups by average linkage, at least `fewest` if there are as many voices."""
    if len(voices) == 1:
        return np.zeros(1, int)
    tree = linkage(voices, "average", metric="cosine")
    groups: Labels = fcluster(tree, ALIKE, "distance")
    return (groups if groups.max() >= fewest else fcluster(tree, fewest, "maxclust")) - 1


def beside(voices: Matrix, means: Matrix) -> Matrix:
    """(groups, groups) windows in which both are heard, each voice being that of the group with the
    nearest mean."""
    likeness = voices @ unit(means).T
    heard = np.zeros((len(voices), len(means)))
    window, slot = np.nonzero(~np.isnan(voices).any(2))
    heard[window, likeness[window, slot].argmax(1)] = 1
    return heard.T @ heard


def join(groups: Groups, fewest: int, most: float) -> Labels:
    """(groups,) the person of each: the nearest two join until they are different people, or
    `fewest` are left."""
    labels = np.arange(len(groups.sizes))
    while (left := len(groups.sizes)) > fewest:
        apart = groups.apart()
        one, other = sorted(divmod(int(apart.argmin()), left))
        if apart[one, other] >= APART and left <= most:
            break
        groups = groups.joined(one, other)
        labels = np.where(labels == other, one, labels - (labels > other))
    return labels


def without_few(labels: Labels, fewest: int) -> Labels:
    """The same numbered anew, -1 for people of fewer than FEWEST d-vectors, except the `fewest`
    that have most."""
    sizes = np.bincount(labels)
    least = min(FEWEST, np.sort(sizes)[-min(fewest, len(sizes))])
    kept = sizes >= least
    return np.where(kept, np.cumsum(kept) - 1, -1)[labels]


def assigned(voices: Matrix, speaking: Mask, means: Matrix) -> Labels:
    """(windows, slots) the person of each voice, in each window another; -2 if there are more
    voices than people.

    speaking: (windows, slots) where someone is heard at all. A voice that is not known is left over
    for anybody.
    """
    if len(means) == 1:
        return np.zeros(speaking.shape, int)
    likeness = unit(voices) @ unit(means).T
    likeness = np.nan_to_num(likeness, nan=np.nanmin(likeness))
    likeness[~speaking] = likeness.min() - 1
    people = np.full(speaking.shape, -2)
    for window, pairs in enumerate(likeness):
        slots, chosen = linear_sum_assignment(pairs, maximize=True)
        people[window, slots] = chosen
    return people


def means(voices: Matrix, groups: Labels) -> Matrix:
    """(groups, size) of the voices that are in a group."""
    return np.stack([voices[groups == group].mean(0) for group in range(groups.max() + 1)])


def unit(voices: Matrix) -> Matrix:
    return np.asarray(voices / np.linalg.norm(voices, axis=-1, keepdims=True))
