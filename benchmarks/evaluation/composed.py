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
        name = self.set
        if name != set_of_size(self.size):
            name = f"{name}-{self.size}"
        return f"{name}-{self.seconds}s-{self.condition}"


def set_of_size(size: int) -> str:
    return f"composed-{size}"


def plans(people: Sequence[Person]) -> Iterator[Plan]:
    """Yields a conversation of each size and length that so many people allow."""
    largest = min(LARGEST, len(people))
    for size in range(1, largest + 1):
        least = SECONDS_EACH * size
        for number, seconds in enumerate(LENGTHS):
            length = max(seconds, least)
            yield plan(people, size, number, length)


def long_plans(people: Sequence[Person]) -> Iterator[Plan]:
    """Yields one more conversation of some sizes, which lasts for long."""
    number = len(LENGTHS)
    most = len(people)
    for size, seconds in LONG.items():
        if size <= most:
            yield plan(people, size, number, seconds)


def all_plans(people: Sequence[Person]) -> list[Plan]:
    found = list(plans(people))
    found += long_plans(people)
    found += plans_with_words(people)
    return found


def plan(people: Sequence[Person], size: int, number: int, seconds: int) -> Plan:
    """Returns the conversation of this number among those of its size.

    Conditions and languages take turns, so that each length has several of them.
    """
    shift = sum(other < size for other in LONG)
    place = (shift + number) % len(CONDITIONS)
    language = LANGUAGES[number]
    if len(speakers_of(language, people)) < size:
        language = None

    return Plan(
        set=set_of_size(size),
        size=size,
        seconds=seconds,
        condition=CONDITIONS[place],
        language=language,
        manner=Manner(),
    )


def speakers_of(language: str | None, people: Sequence[Person]) -> list[Person]:
    """Returns who speaks the language; everybody for None."""
    if language is None:
        return list(people)
    return [person for person in people if person.language == language]


def written(people: Sequence[Person]) -> list[Person]:
    """Returns those of whom all texts are known."""
    return [person for person in people if person.is_written]


def plans_with_words(people: Sequence[Person]) -> Iterator[Plan]:
    """Yields conversations of which the words are known, if they are of enough people."""
    manner = Manner(whole_tracks=True)
    for size, language, seconds in WITH_WORDS:
        speaking_it = written(speakers_of(language, people))
        if len(speaking_it) >= size:
            yield Plan(WORDS, size, seconds, "clean", language, manner)


def recording(plan: Plan, people: Sequence[Person], split: Split, folder: Path) -> Recording:
    """Composes the conversation into `folder`. The same people give the same bytes."""
    choose = random.Random(f"{SEED} {split} {plan.title}")
    speaking = chosen(choose, plan, people)
    silent = [person for person in people if person not in speaking]
    babble = babbling(choose, silent or people)

    takes = Meeting(choose, speaking, plan.manner).held(plan.seconds)
    voices = by_voice(takes)
    channel = Channel(choose, babble)
    record = channel.conditions[plan.condition]
    heard = unclipped(record(voices))

    name = f"{plan.title}-{split}"
    audio = folder / f"{name}.wav"
    folder.mkdir(parents=True, exist_ok=True)
    write(audio, heard)

    said = utterances(takes)
    language = common_language(speaking)
    told = {} if language else {"language": "en"}
    made = Recording(
        name=name,
        set=plan.set,
        audio=audio,
        seconds=len(heard) / RATE,
        utterances=said,
        language=language,
        options=told,
    )
    return made if plan.set == WORDS else without_words(made)


def common_language(people: Sequence[Person]) -> str | None:
    """Returns the language that all speak; None if there are several."""
    languages = {person.language for person in people}
    if len(languages) > 1:
        return None
    return languages.pop()


def without_words(made: Recording) -> Recording:
    """Returns the recording for a set of which the words are not measured."""
    without = []
    for utterance in made.utterances:
        without.append(replace(utterance, text=None))
    return replace(made, utterances=tuple(without))


def chosen(choose: random.Random, plan: Plan, people: Sequence[Person]) -> list[Person]:
    """Returns people who speak the plan's language and of whom there is enough sound.

    Where there is not enough for all, the choice is among twice as many as are needed.
    """
    fitting = speakers_of(plan.language, people)
    if plan.manner.whole_tracks:
        fitting = written(fitting)
    fitting.sort(key=lambda person: (-person.seconds, person.name))

    seconds_each = plan.seconds / plan.size
    needed = FRESH * seconds_each
    enough = sum(person.seconds >= needed for person in fitting)
    twice = 2 * plan.size
    candidates = fitting[: max(enough, twice)]
    return choose.sample(candidates, plan.size)


def babbling(choose: random.Random, people: Sequence[Person]) -> Iterator[Samples]:
    """Yields speech of these people without end."""
    while True:
        person = choose.choice(people)
        track = choose.choice(person.tracks)
        yield track.sound


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.evaluation.composed")
    asked.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    asked.add_argument("--split", choices=("tune", "test"), required=True)
    asked.add_argument("--out", type=Path, required=True, metavar="DIR")
    given = asked.parse_args()
    out: Path = given.out

    listed = []
    people = real.of_folder(given.data, given.split)
    for each in all_plans(people):
        made = recording(each, people, given.split, out)
        turns = out / f"{made.name}.rttm"
        turns.write_text(rttm(made), "utf-8")
        listed.append(described(made))
        print(f"{made.name}: {made.seconds:.0f} s", flush=True)

    as_json = json.dumps(listed, indent=1)
    (out / "recordings.json").write_text(as_json, "utf-8")


def rttm(made: Recording) -> str:
    """Returns the turns in NIST's format, one line per utterance."""
    lines = []
    for said in made.utterances:
        seconds = said.end - said.start
        place = f"{said.start:.3f} {seconds:.3f}"
        line = f"SPEAKER {made.name} 1 {place} <NA> <NA> {said.speaker} <NA> <NA>\n"
        lines.append(line)
    return "".join(lines)


def described(made: Recording) -> dict[str, Any]:
    seconds = {}
    for name, spoken in shares(made.utterances).items():
        seconds[name] = round(spoken, 1)

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
