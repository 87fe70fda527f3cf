"""Conversations of one to ten real people, composed from the recordings of one half of a folder.

    python -m benchmarks.evaluation.composed --data FOLDER --split tune --out DIR

writes each as .wav and .rttm, and recordings.json with the number of people. The same folder gives
the same bytes.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.evaluation import people as real
from benchmarks.evaluation.channel import Channel, unclipped
from benchmarks.evaluation.compose import write
from benchmarks.evaluation.meeting import Manner, Meeting, by_voice, shares, utterances
from benchmarks.evaluation.people import Person
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import RATE, Samples, Split

SEED = "dropscribe many voices"
LARGEST = 10
"""People in a conversation."""
LENGTHS = (30, 90, 240)
"""Seconds; a conversation of each length for each number of people."""
LANGUAGES = ("en", "de", None, "en")
"""Of the conversations of one size: each length, then the long one. None: any."""
LONG = {2: 600, 4: 900, 7: 600}
"""Number of people -> seconds of one more."""
SECONDS_EACH = 5
"""At least so many for each person."""
CONDITIONS = ("clean", "telephone", "two-noises", "room")
FRESH = 0.6
"""Share of what a person says that should not be a repetition, as far as there are recordings."""
WORDS = "composed-words"
"""The set of conversations of which the words are known."""
WITH_WORDS = ((2, "en", 150), (4, "en", 150), (3, "de", 60))
"""Number of people, language and seconds of each of these."""


@dataclass(frozen=True)
class Plan:
    """A conversation to compose."""

    set: str
    size: int
    """People in it."""
    seconds: int
    condition: str
    language: str | None
    """None: any, and several."""
    manner: Manner

    @property
    def title(self) -> str:
        size = "" if self.set.endswith(f"-{self.size}") else f"-{self.size}"
        return f"{self.set}{size}-{self.seconds}s-{self.condition}"


def plans(people: Sequence[Person]) -> Iterator[Plan]:
    """Yields a conversation of each size and length that so many people allow."""
    for size in range(1, min(LARGEST, len(people)) + 1):
        for number, seconds in enumerate(LENGTHS):
            yield plan(people, size, number, max(seconds, SECONDS_EACH * size))


def long_plans(people: Sequence[Person]) -> Iterator[Plan]:
    for size, seconds in LONG.items():
        if size <= len(people):
            yield plan(people, size, len(LENGTHS), seconds)


def all_plans(people: Sequence[Person]) -> list[Plan]:
    return [*plans(people), *long_plans(people), *plans_with_words(people)]


def plan(people: Sequence[Person], size: int, number: int, seconds: int) -> Plan:
    """Returns the conversation of this number among those of its size.

    Conditions and languages take turns, so that each length has several of them.
    """
    shift = sum(other < size for other in LONG)
    condition = CONDITIONS[(shift + number) % len(CONDITIONS)]
    language = LANGUAGES[number]
    speaking_it = sum(person.language == language for person in people)
    enough = language if speaking_it >= size else None
    return Plan(f"composed-{size}", size, seconds, condition, enough, Manner())


def plans_with_words(people: Sequence[Person]) -> Iterator[Plan]:
    """Yields conversations of which the words are known, if they are of enough people."""
    manner = Manner(whole_tracks=True)
    for size, language, seconds in WITH_WORDS:
        speaking_it = [person for person in people if person.language == language]
        if sum(person.is_written for person in speaking_it) >= size:
            yield Plan(WORDS, size, seconds, "clean", language, manner)


def recording(plan: Plan, people: Sequence[Person], split: Split, folder: Path) -> Recording:
    """Composes the conversation into `folder`. The same people give the same bytes."""
    choose = random.Random(f"{SEED} {split} {plan.title}")
    speaking = chosen(choose, plan, people)
    others = [person for person in people if person not in speaking] or people
    takes = Meeting(choose, speaking, plan.manner).held(plan.seconds)
    channel = Channel(choose, babbling(choose, others))
    record = channel.conditions[plan.condition]
    heard = unclipped(record(by_voice(takes)))

    name = f"{plan.title}-{split}"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / f"{name}.wav", heard)
    said = utterances(takes)
    languages = {utterance.language for utterance in said}
    language = languages.pop() if len(languages) == 1 else None
    made = Recording(
        name=name,
        set=plan.set,
        audio=folder / f"{name}.wav",
        seconds=len(heard) / RATE,
        utterances=said,
        language=language,
        options={} if language else {"language": "en"},
    )
    return made if plan.set == WORDS else without_words(made)


def without_words(made: Recording) -> Recording:
    without = [replace(utterance, text=None) for utterance in made.utterances]
    return replace(made, utterances=tuple(without))


def chosen(choose: random.Random, plan: Plan, people: Sequence[Person]) -> list[Person]:
    """Returns people who speak the plan's language and of whom there is enough sound.

    Where there is not enough for all, the choice is among twice as many as are needed.
    """
    fitting = [person for person in people if plan.language in (None, person.language)]
    if plan.manner.whole_tracks:
        fitting = [person for person in fitting if person.is_written]
    by_seconds = sorted(fitting, key=lambda person: (-person.seconds, person.name))
    needed = FRESH * plan.seconds / plan.size
    enough = [person for person in by_seconds if person.seconds >= needed]
    least = min(2 * plan.size, len(by_seconds))
    candidates = enough if len(enough) >= least else by_seconds[:least]
    return choose.sample(candidates, plan.size)


def babbling(choose: random.Random, people: Sequence[Person]) -> Iterator[Samples]:
    while True:
        person = choose.choice(people)
        yield choose.choice(person.tracks).sound


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.evaluation.composed")
    asked.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    asked.add_argument("--split", choices=("tune", "test"), required=True)
    asked.add_argument("--out", type=Path, required=True, metavar="DIR")
    given = asked.parse_args()

    listed = []
    people = real.of_folder(given.data, given.split)
    for each in all_plans(people):
        made = recording(each, people, given.split, given.out)
        (given.out / f"{made.name}.rttm").write_text(rttm(made), "utf-8")
        listed.append(described(made))
        print(f"{made.name}: {made.seconds:.0f} s", flush=True)
    (given.out / "recordings.json").write_text(json.dumps(listed, indent=1), "utf-8")


def rttm(made: Recording) -> str:
    lines = []
    for said in made.utterances:
        place = f"{said.start:.3f} {said.end - said.start:.3f}"
        lines.append(f"SPEAKER {made.name} 1 {place} <NA> <NA> {said.speaker} <NA> <NA>\n")
    return "".join(lines)


def described(made: Recording) -> dict[str, Any]:
    seconds = {name: round(each, 1) for name, each in shares(made.utterances).items()}
    return {
        "name": made.name,
        "set": made.set,
        "seconds": round(made.seconds, 1),
        "speakers": len(seconds),
        "language": made.language,
        "speech_seconds": seconds,
    }


if __name__ == "__main__":
    main()
