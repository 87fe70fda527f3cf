"""How long each caption is on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.formats.clock import milliseconds
from shared.model.caption_options import CaptionOptions

LINGER = 500
"""Milliseconds for which a caption stays after its last word, if there is time. No gap between two
captions that could be closed is shorter than this. Netflix's guides let a caption stay as long."""
GAP_SHARE = 0.25
"""The part of the time until the next caption that the gap before it takes at most."""


@dataclass(frozen=True)
class Slot:
    """When a caption's words are said, in milliseconds, and how many columns they have."""

    start: int
    end: int
    width: int


def fill_slots(
    slots: Sequence[Slot], options: CaptionOptions, duration: int
) -> list[tuple[int, int]]:
    """Returns when each caption begins and ends, one after the other. `duration` is the recording's
    in milliseconds.

    Of two captions that start at once, the second starts a millisecond later. While people on
    several channels talk at once, the second waits until the first was on the screen for the
    shortest time, if the first lasts that long.
    """
    times = []
    earliest = 0
    next_slots: list[Slot | None] = [*slots[1:], None]
    for slot, next_slot in zip(slots, next_slots, strict=False):
        start = max(slot.start, earliest)
        wanted = wanted_end(slot, start, options)
        latest = max(duration, slot.end)
        closed_gap = 0
        if next_slot is not None:
            latest = latest_end(slot, start, next_slot.start, options)
            closed_gap = LINGER
        if latest < wanted + closed_gap:
            wanted = latest
        longest = start + milliseconds(options.caption_max_seconds)
        end = max(min(wanted, longest), start + 1)
        times.append((start, end))
        earliest = end
    return times


def wanted_end(slot: Slot, start: int, options: CaptionOptions) -> int:
    """Returns when a caption that starts at `start` should end: after its words, and not before it
    was read."""
    shortest = milliseconds(options.caption_min_seconds)
    reading_seconds = slot.width / options.caption_characters_per_second
    reading_time = milliseconds(reading_seconds)
    duration = max(shortest, reading_time)
    lingering_end = slot.end + LINGER
    return max(start + duration, lingering_end)


def latest_end(slot: Slot, start: int, next_start: int, options: CaptionOptions) -> int:
    """Returns when a caption ends at the latest, because of the next one."""
    time = max(next_start - start, 0)
    most = int(time * GAP_SHARE)
    wanted = milliseconds(options.caption_gap)
    latest = next_start - min(wanted, most)
    if slot.end <= next_start:
        return latest
    shortest = milliseconds(options.caption_min_seconds)
    duration = slot.end - slot.start
    shown_alone = start + min(duration, shortest)
    return max(latest, shown_alone)
