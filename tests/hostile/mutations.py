"""Small valid recordings, broken in ways that know how they are made. The same seed and number
break the same way."""

import random
from collections.abc import Callable, Iterator

from tests.hostile.recordings import KINDS, recorded
from tests.hostile.structure import Format, Piece, written

EDGES = (
    0,
    1,
    2,
    3,
    6,
    8,
    24,
    64,
    255,
    8000,
    44100,
    768_000,
    2**15 - 1,
    2**15,
    2**16 - 1,
    2**24,
    2**31 - 1,
    2**31,
)
FAR_EDGES = (2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
MOST_CHANGES = 4
LARGEST_TAG = 100_000
"""Bytes."""
DEEPEST = 50
Change = Callable[[list[Piece], Format, random.Random], None]


def mutant(seed: int, number: int) -> tuple[str, str, bytes]:
    """The kind of recording, what was done to it, and what it is now."""
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choice(list(KINDS))
    form = KINDS[kind].form
    pieces = form.parsed(recorded(kind))
    done = [rng.choice(CHANGES) for _ in range(rng.randint(1, MOST_CHANGES))]
    for change in done:
        change(pieces, form, rng)
    data = written(pieces, form)
    ways = [change.__name__ for change in done]
    if rng.random() < 0.15:
        after = rng.choice((cut_short, flip_anywhere, join_with_another))
        data = after(data, rng)
        ways.append(after.__name__)
    return kind, ", ".join(ways), data


def places(pieces: list[Piece]) -> Iterator[tuple[list[Piece], int]]:
    """Each piece, as the list that it is in and its place there."""
    for at, piece in enumerate(pieces):
        yield pieces, at
        yield from places(piece.inside)


def place(pieces: list[Piece], rng: random.Random) -> tuple[list[Piece], int]:
    """One at random; small pieces, which say how to read the large ones, come first more often."""
    found = list(places(pieces)) or [([Piece(b"", b"")], 0)]
    return min(rng.choices(found, k=2), key=lambda at: len(at[0][at[1]].body))


def chosen(pieces: list[Piece], rng: random.Random) -> Piece:
    siblings, at = place(pieces, rng)
    return siblings[at]


def copied(piece: Piece) -> Piece:
    return Piece(piece.head, piece.body, list(map(copied, piece.inside)), piece.tail, piece.honest)


def lie_about_size(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    piece = chosen(pieces, rng)
    true = len(piece.body)
    piece.head = form.sized(
        piece.head, max(0, rng.choice((*EDGES, *FAR_EDGES, true - 1, true + 1, true * 2)))
    )
    piece.honest = False


def set_number(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """Absurd rates, channels, durations, timestamps, counts: whatever is written there."""
    piece = chosen(pieces, rng)
    width = rng.choice((1, 2, 4, 8))
    number = rng.choice((*EDGES, *FAR_EDGES)) % 256**width
    value = number.to_bytes(width, rng.choice(("big", "little")))
    if len(piece.body) >= width:
        at = rng.randrange(0, len(piece.body) - width + 1, rng.choice((1, width)))
        piece.body = piece.body[:at] + value + piece.body[at + width :]


def change_head(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """Another kind, timestamp, sequence number or flag."""
    piece = chosen(pieces, rng)
    if piece.head:
        at = rng.randrange(len(piece.head))
        piece.head = (
            piece.head[:at]
            + bytes([rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))])
            + piece.head[at + 1 :]
        )
        piece.honest = rng.random() < 0.5


def flip_bits(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    piece = chosen(pieces, rng)
    piece.body = flipped(piece.body, rng, rng.randint(1, 8))


def drop(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    siblings, at = place(pieces, rng)
    del siblings[at]


def duplicate(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    siblings, at = place(pieces, rng)
    times = rng.choice((1, 2, 100)) if len(siblings[at].body) < 10_000 else 1
    siblings[at:at] = [copied(siblings[at]) for _ in range(times)]


def reorder(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    siblings, at = place(pieces, rng)
    other = rng.randrange(len(siblings))
    siblings[at], siblings[other] = siblings[other], siblings[at]


def truncate(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    piece = chosen(pieces, rng)
    piece.body = piece.body[: rng.randint(0, len(piece.body))]
    piece.honest = rng.random() < 0.5


def nest(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """A piece inside itself, over and over."""
    siblings, at = place(pieces, rng)
    shell = siblings[at]
    if len(shell.body) > 1000:
        return
    for _ in range(rng.choice((1, 5, 20, DEEPEST))):
        siblings[at] = Piece(shell.head, shell.body, [siblings[at]])


def move(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """Into another place, where it does not belong."""
    siblings, at = place(pieces, rng)
    piece = copied(siblings[at])
    target, there = place(pieces, rng)
    target[there].inside.append(piece)


def splice(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """Put a part of another recording into it."""
    other = recorded(rng.choice(list(KINDS)))
    start = rng.randrange(len(other))
    piece = chosen(pieces, rng)
    at = rng.randint(0, len(piece.body))
    piece.body = piece.body[:at] + other[start : start + rng.randint(1, 2000)] + piece.body[at:]


def stuff(pieces: list[Piece], form: Format, rng: random.Random) -> None:
    """Add metadata, of any size."""
    siblings, at = place(pieces, rng)
    size = rng.choice((0, 1, 100, 10_000, LARGEST_TAG))
    content = rng.choice(
        (bytes(size), rng.randbytes(size), b"\xff" * size, b"http://127.0.0.1:1/ " * (size // 20))
    )
    siblings.insert(at, Piece(rng.choice(form.tags or (b"",)), content))


CHANGES: tuple[Change, ...] = (
    lie_about_size, set_number, set_number, set_number, change_head, flip_bits, drop, duplicate, reorder, truncate,
    nest, move, splice, stuff,
)  # fmt: skip


def flipped(data: bytes, rng: random.Random, times: int) -> bytes:
    changed = bytearray(data)
    for _ in range(times if data else 0):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut_short(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def flip_anywhere(data: bytes, rng: random.Random) -> bytes:
    return flipped(data, rng, rng.randint(1, 200))


def join_with_another(data: bytes, rng: random.Random) -> bytes:
    """The beginning of one and the end of another."""
    other = recorded(rng.choice(list(KINDS)))
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]
