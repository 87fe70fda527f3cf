"""Mutates small valid recordings with knowledge of their structure, reproducibly by seed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hostile.recordings import FORMATS, encoded_speech
from tests.hostile.structure import Block, Format, serialize

EDGES = (
    *(0, 1, 2, 3, 6, 8, 24, 64, 255, 8000, 44100, 768_000),
    *(2**15 - 1, 2**15, 2**16 - 1, 2**24, 2**31 - 1, 2**31),
)
FAR_EDGES = (2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
MAX_MUTATIONS = 4
"""Of a recording."""
MAX_METADATA = 100_000
"""Bytes of a block of metadata."""
MAX_DEPTH = 50
BYTES_MUTATED = 0.15
"""Fraction of mutants that are mutated again without regard to their structure."""

Mutation = Callable[[list[Block], Format, random.Random], None]


@dataclass(frozen=True)
class Mutant:
    format: str
    """Key of FORMATS."""
    description: str
    """The mutations, in order."""
    data: bytes


def mutant(seed: int, number: int) -> Mutant:
    """Returns the same mutant for the same seed and number."""
    rng = random.Random(f"{seed}/{number}")
    name = rng.choice(list(FORMATS))
    form = FORMATS[name].structure
    blocks = form.parse(encoded_speech(name))
    mutations = [rng.choice(MUTATIONS) for _ in range(rng.randint(1, MAX_MUTATIONS))]
    for mutate in mutations:
        mutate(blocks, form, rng)
    data = serialize(blocks, form)

    steps = [mutate.__name__ for mutate in mutations]
    if rng.random() < BYTES_MUTATED:
        mutate_bytes = rng.choice((cut_short, flip_anywhere, join_with_another))
        data = mutate_bytes(data, rng)
        steps.append(mutate_bytes.__name__)
    return Mutant(name, ", ".join(steps), data)


Place = tuple[list[Block], int]
"""A list of siblings, and a block's index in it."""


def all_places(blocks: list[Block]) -> Iterator[Place]:
    for index, block in enumerate(blocks):
        yield blocks, index
        yield from all_places(block.children)


def random_place(blocks: list[Block], rng: random.Random) -> Place:
    """Returns a place; small blocks, which say how to read the large ones, are more likely."""
    places = list(all_places(blocks)) or [([Block(b"", b"")], 0)]
    return min(rng.choices(places, k=2), key=body_length)


def body_length(place: Place) -> int:
    siblings, index = place
    return len(siblings[index].body)


def random_block(blocks: list[Block], rng: random.Random) -> Block:
    siblings, index = random_place(blocks, rng)
    return siblings[index]


def copy(block: Block) -> Block:
    children = [copy(child) for child in block.children]
    return Block(block.header, block.body, children, block.trailer, block.size_is_true)


def lie_about_size(blocks: list[Block], form: Format, rng: random.Random) -> None:
    block = random_block(blocks, rng)
    true_size = len(block.body)
    nearby = (true_size - 1, true_size + 1, true_size * 2)
    size = rng.choice((*EDGES, *FAR_EDGES, *nearby))
    block.header = form.with_size(block.header, max(0, size))
    block.size_is_true = False


def set_number(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Overwrite a rate, channel count, duration, timestamp or count with an absurd number."""
    block = random_block(blocks, rng)
    width = rng.choice((1, 2, 4, 8))
    number = rng.choice((*EDGES, *FAR_EDGES)) % 256**width
    value = number.to_bytes(width, rng.choice(("big", "little")))
    if len(block.body) >= width:
        step = rng.choice((1, width))
        start = rng.randrange(0, len(block.body) - width + 1, step)
        block.body = block.body[:start] + value + block.body[start + width :]


def change_head(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Change a kind, timestamp, sequence number or flag."""
    block = random_block(blocks, rng)
    header = block.header
    if header:
        index = rng.randrange(len(header))
        value = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
        block.header = header[:index] + bytes([value]) + header[index + 1 :]
        block.size_is_true = rng.random() < 0.5


def flip_bits(blocks: list[Block], form: Format, rng: random.Random) -> None:
    block = random_block(blocks, rng)
    block.body = with_flipped_bits(block.body, rng, rng.randint(1, 8))


def drop(blocks: list[Block], form: Format, rng: random.Random) -> None:
    siblings, index = random_place(blocks, rng)
    del siblings[index]


def duplicate(blocks: list[Block], form: Format, rng: random.Random) -> None:
    siblings, index = random_place(blocks, rng)
    block = siblings[index]
    times = rng.choice((1, 2, 100)) if len(block.body) < 10_000 else 1
    siblings[index:index] = [copy(block) for _ in range(times)]


def reorder(blocks: list[Block], form: Format, rng: random.Random) -> None:
    siblings, index = random_place(blocks, rng)
    other = rng.randrange(len(siblings))
    siblings[index], siblings[other] = siblings[other], siblings[index]


def truncate(blocks: list[Block], form: Format, rng: random.Random) -> None:
    block = random_block(blocks, rng)
    length = rng.randint(0, len(block.body))
    block.body = block.body[:length]
    block.size_is_true = rng.random() < 0.5


def nest(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Put a block inside itself, over and over."""
    siblings, index = random_place(blocks, rng)
    shell = siblings[index]
    if len(shell.body) > 1000:
        return
    for _ in range(rng.choice((1, 5, 20, MAX_DEPTH))):
        siblings[index] = Block(shell.header, shell.body, [siblings[index]])


def move(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Copy a block to a place where it does not belong."""
    block = copy(random_block(blocks, rng))
    parent = random_block(blocks, rng)
    parent.children.append(block)


def splice(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Insert bytes of another recording."""
    other = encoded_speech(rng.choice(list(FORMATS)))
    start = rng.randrange(len(other))
    block = random_block(blocks, rng)
    index = rng.randint(0, len(block.body))
    inserted = other[start : start + rng.randint(1, 2000)]
    block.body = block.body[:index] + inserted + block.body[index:]


def stuff(blocks: list[Block], form: Format, rng: random.Random) -> None:
    """Add metadata of any size."""
    siblings, index = random_place(blocks, rng)
    size = rng.choice((0, 1, 100, 10_000, MAX_METADATA))
    contents = (
        bytes(size),
        rng.randbytes(size),
        b"\xff" * size,
        b"http://127.0.0.1:1/ " * (size // 20),
    )
    content = rng.choice(contents)
    header = rng.choice(form.metadata_headers or (b"",))
    siblings.insert(index, Block(header, content))


MUTATIONS: tuple[Mutation, ...] = (
    lie_about_size,
    set_number,
    set_number,
    set_number,
    change_head,
    flip_bits,
    drop,
    duplicate,
    reorder,
    truncate,
    nest,
    move,
    splice,
    stuff,
)


def with_flipped_bits(data: bytes, rng: random.Random, times: int) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(times):
        index = rng.randrange(len(data))
        changed[index] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut_short(data: bytes, rng: random.Random) -> bytes:
    length = rng.randint(0, len(data))
    return data[:length]


def flip_anywhere(data: bytes, rng: random.Random) -> bytes:
    return with_flipped_bits(data, rng, rng.randint(1, 200))


def join_with_another(data: bytes, rng: random.Random) -> bytes:
    """Returns the start of one recording and the end of another."""
    other = encoded_speech(rng.choice(list(FORMATS)))
    end = rng.randint(0, len(data))
    start = rng.randint(0, len(other))
    return data[:end] + other[start:]
