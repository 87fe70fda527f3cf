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
from itertools import cycle
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
SIZES = range(1, 11)
"""Numbers of people."""
LENGTHS = (30, 90, 240)
"""Seconds; a conversation of each length for each number of people."""
LONG = {2: 600, 4: 900, 7: 600}
"""Number of people -> seconds of one more."""
SECONDS_EACH = 5
"""At least so many for each person."""
CONDITIONS = ("clean", "telephone", "two-noises", "room")
FRESH = 0.6
"""Share of what a person says that should not be a repetition, as far as there are recordings."""
WORDS = ((2, "en", 150), (4, "en", 150), (3, "de", 60))
"""Number of people, language and seconds of the conversations of which the words are known."""


@dataclass(frozen=True)
class Plan:
    """A conversation to compose."""

    size: int
    """People in it."""
    seconds: int
    condition: str
    language: str | None
    """None: any, and several."""
    manner: Manner
    set: str

    @property
    def title(self) -> str:
        return f"{self.set}-{self.size}-{self.seconds}s-{self.condition}"


def plans(languages: Sequence[str]) -> Iterator[Plan]:
    """Yields what is composed if so many people speak each language; `languages` has one item per
    person."""
    conditions = cycle(CONDITIONS)
    for size in SIZES:
        lengths = [*LENGTHS, LONG[size]] if size in LONG else LENGTHS
        for number, seconds in enumerate(lengths):
            language = ("en", "de", None, "en")[number]
            if languages.count(str(language)) < size:
                language = None
            enough = max(seconds, SECONDS_EACH * size)
            yield Plan(size, enough, next(conditions), language, Manner(), "composed")
        next(conditions)


def spoken_plans() -> Iterator[Plan]:
    """Yields conversations of which the words are known."""
    for size, language, seconds in WORDS:
        manner = Manner(whole_tracks=True)
        yield Plan(size, seconds, "clean", language, manner, "composed-words")


def recordings(people: Sequence[Person], split: Split, folder: Path) -> Iterator[Recording]:
    """Composes all that so many people allow into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken = [person.language for person in people]
    for plan in plans(spoken):
        if len(people) >= plan.size:
            yield composed(plan, people, split, folder)

    known = [person for person in people if all(track.text for track in person.tracks)]
    for plan in spoken_plans():
        if sum(person.language == plan.language for person in known) >= plan.size:
            yield composed(plan, known, split, folder)


def composed(plan: Plan, people: Sequence[Person], split: Split, folder: Path) -> Recording:
    choose = random.Random(f"{SEED} {split} {plan.title}")
    speaking = chosen(choose, plan, people)
    others = [person for person in people if person not in speaking] or people
    takes = Meeting(choose, speaking, plan.manner).held(plan.seconds)
    channel = Channel(choose, babbling(choose, others))
    record = channel.conditions[plan.condition]
    heard = unclipped(record(by_voice(takes)))

    name = f"{plan.title}-{split}"
    write(folder / f"{name}.wav", heard)
    said = utterances(takes)
    languages = {utterance.language for utterance in said}
    language = languages.pop() if len(languages) == 1 else None
    made = Recording(
        name=name,
        set=plan.set if plan.manner.whole_tracks else f"{plan.set}-{plan.size}",
        audio=folder / f"{name}.wav",
        seconds=len(heard) / RATE,
        utterances=said,
        language=language,
        options={} if language else {"language": "en"},
    )
    return made if plan.manner.whole_tracks else without_words(made)


def without_words(made: Recording) -> Recording:
    return replace(
        made, utterances=tuple(replace(utterance, text=None) for utterance in made.utterances)
    )


def chosen(choose: random.Random, plan: Plan, people: Sequence[Person]) -> list[Person]:
    """Returns people who speak the plan's language and of whom there is enough sound.

    Where there is not enough for all, the choice is among twice as many as are needed.
    """
    fitting = [person for person in people if plan.language in (None, person.language)]
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
    for made in recordings(people, given.split, given.out):
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
