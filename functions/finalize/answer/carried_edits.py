"""Edits of a transcript, carried over to the transcript of a later run of the same recording.

An edit of a word finds its place where the same word is at about the same time, and that of a
sentence where most words of a new sentence are from it. A speaker is who talks during most of the
former speaker's turns. What finds no place is kept in `unapplied`, to be shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from functions.finalize.answer.matching import (
    SpeakerMatch,
    WordMatch,
    match_interval,
    match_speakers,
)
from shared.model.edits import Edits, StoredEdits, UnappliedEdit, UnappliedKind, merged_speaker
from shared.model.transcript import Gap, Segment, Suspect, Transcript, Word

MAX_UNAPPLIED = 1000
"""Edits without a place that are kept; the oldest are dropped."""
MOST_OF_SEGMENT = 0.5
"""Share of a new segment's words that must be from the former one."""


def carry_over(
    former: Transcript, edits: StoredEdits, new: Transcript, now: datetime
) -> StoredEdits:
    """Returns the edits of the former transcript as the next revision, for the new transcript."""
    carrier = EditCarrier(former, edits, new)
    fields = dict(carrier.carry())
    unapplied = (*edits.unapplied, *carrier.unapplied)
    return StoredEdits(
        **fields,
        base=new.job.run,
        revision=edits.revision + 1,
        updated=now,
        unapplied=unapplied[-MAX_UNAPPLIED:],
    )


@dataclass
class EditCarrier:
    """Carries the edits of one transcript over, and collects those that find no place."""

    former: Transcript
    edits: Edits
    new: Transcript
    unapplied: list[UnappliedEdit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = WordMatch(self.new)
        self.speakers = match_speakers(self.former, self.new)
        self.add_new_speakers()

    def carry(self) -> Edits:
        """Returns the edits of the new transcript."""
        sentences = self.carry_sentences()
        names = self.carry_names(sentences.values())
        merges = self.carry_merges(sentences.values())
        return Edits(
            speakers=names,
            merges=merges,
            words=self.carry_words(),
            sentences=sentences,
            kept=tuple(self.carry_kept()),
            dropped=tuple(self.carry_dropped()),
        )

    # Speakers

    def add_new_speakers(self) -> None:
        """Give speakers whom people added an id that the new transcript does not have."""
        taken = {speaker.id for speaker in self.new.speakers}
        former = {speaker.id for speaker in self.former.speakers}
        added = sorted(set(self.edits.sentences.values()) - former)
        for speaker in added:
            new_id = speaker if speaker not in taken else free_id(taken)
            taken.add(new_id)
            self.speakers[speaker] = SpeakerMatch(new_id, 0.0)

    def label(self, speaker: str) -> str:
        """Returns how a former speaker was called."""
        return self.edits.speakers.get(speaker) or self.machine_label(speaker)

    def carry_names(self, given: Iterable[str]) -> dict[str, str]:
        """Returns the names. Of two former speakers who are one now, the name of the one who talks
        for longer stays."""
        known = {speaker.id for speaker in self.new.speakers} | set(given)
        names: dict[str, str] = {}
        for speaker in sorted(self.edits.speakers, key=self.rank):
            name = self.edits.speakers[speaker]
            match = self.speakers.get(speaker)
            is_free = match is not None and match.speaker not in names
            if match is not None and is_free and match.speaker in known:
                names[match.speaker] = name
            elif speaker not in self.edits.merges:  # the name of a merged speaker is not shown
                self.leave("speaker", self.machine_label(speaker), name)
        return names

    def rank(self, speaker: str) -> tuple[bool, float]:
        """Returns by what speakers are ordered: merged ones last, and who talks longer first."""
        match = self.speakers.get(speaker)
        seconds = match.seconds if match else 0.0
        return speaker in self.edits.merges, -seconds

    def machine_label(self, speaker: str) -> str:
        """Returns the label that transcript.json had."""
        for known in self.former.speakers:
            if known.id == speaker:
                return known.label
        return speaker

    def carry_merges(self, given: Iterable[str]) -> dict[str, str]:
        """Returns the merges. Those of speakers who are one now are not needed any more."""
        known = {speaker.id for speaker in self.new.speakers} | set(given)
        merges: dict[str, str] = {}
        for speaker in self.edits.merges:
            target = merged_speaker(speaker, self.edits.merges)
            match = self.speakers.get(speaker)
            into = self.speakers.get(target)
            if match is None or into is None or not {match.speaker, into.speaker} <= known:
                self.leave("merge", self.label(speaker), self.label(target))
            elif match.speaker not in merges:
                merges |= merge_of_two(match.speaker, into.speaker, merges)
        return merges

    # Words and sentences

    def carry_words(self) -> dict[str, str]:
        words: dict[str, str] = {}
        for word_id, text in self.edits.words.items():
            word = self.former.words[int(word_id)]
            match = self.words.same_word(word)
            if match is not None:
                words[str(match.id)] = text
            elif not self.is_done(word, text):
                self.leave("word", word.word, text, word)
        return words

    def is_done(self, word: Word, text: str) -> bool:
        """Returns whether the new transcript is already as the word was corrected."""
        if text:
            corrected = word.model_copy(update={"word": text})
            return self.words.same_word(corrected) is not None
        return not self.words.has_words_at(word, word.channel)

    def carry_sentences(self) -> dict[str, str]:
        sentences: dict[str, str] = {}
        for sentence_id, speaker in self.edits.sentences.items():
            if sentence_id.startswith("suspect-"):
                continue  # with those that are kept
            segment = self.former.segments[int(sentence_id)]
            match = self.speakers.get(speaker)
            found = self.same_segments(segment)
            if match is None or not found:
                self.leave("sentence", segment.text, self.label(speaker), segment)
                continue
            for new_segment in found:
                if new_segment.speaker != match.speaker:
                    sentences[str(new_segment.id)] = match.speaker
        return sentences | self.carry_given_suspects()

    def carry_given_suspects(self) -> dict[str, str]:
        """Returns the speakers of kept suspects that the new transcript has."""
        given = {}
        for item, speaker in self.edits.sentences.items():
            if not item.startswith("suspect-"):
                continue
            new_item = self.same_suspect(item)
            match = self.speakers.get(speaker)
            if new_item is not None and match is not None:
                given[new_item] = match.speaker
        return given

    def same_segments(self, segment: Segment) -> list[Segment]:
        """Returns the new segments of which most words are from the former one.

        One that came without words has the same text at the same time.
        """
        if segment.words is None:
            index = match_interval(segment, self.new.segments)
            found_one = [] if index is None else [self.new.segments[index]]
            return [one for one in found_one if one.text == segment.text]
        counts: dict[int, int] = {}
        for word in self.former.words_of(segment):
            match = self.words.same_word(word)
            if match is not None:
                number = self.words.segment_of(match)
                counts[number] = counts.get(number, 0) + 1
        found = []
        for number, count in counts.items():
            new_segment = self.new.segments[number]
            length = len(self.new.words_of(new_segment))
            if count > length * MOST_OF_SEGMENT:
                found.append(new_segment)
        return found

    # Suspects, gaps and dropped sentences

    def carry_kept(self) -> list[str]:
        kept = []
        for item in self.edits.kept:
            suspect = self.suspect(item)
            new_item = self.same_suspect(item)
            if new_item is not None:
                kept.append(new_item)
            elif not self.words.has_words_at(suspect, suspect.channel):
                self.leave("kept", suspect.text, "", suspect)
        return unique(kept)

    def carry_dropped(self) -> list[str]:
        """Returns what is dropped. What is not in the new transcript need not be."""
        kept = set(self.carry_kept_ids())
        dropped = []
        for item in self.edits.dropped:
            kind, _, number = item.rpartition("-")
            if kind == "segment":
                dropped += self.carry_dropped_segment(self.former.segments[int(number)])
            elif kind == "gap":
                gap = self.former.quality.uncovered[int(number)]
                index = match_interval(gap, self.new.quality.uncovered)
                dropped += [] if index is None else [f"gap-{index}"]
            else:
                new_item = self.same_suspect(item)
                dropped += [] if new_item is None or new_item in kept else [new_item]
        return unique(dropped)

    def carry_kept_ids(self) -> list[str]:
        found = [self.same_suspect(item) for item in self.edits.kept]
        return [item for item in found if item is not None]

    def carry_dropped_segment(self, segment: Segment) -> list[str]:
        found = self.same_segments(segment)
        if not found and self.words.has_words_at(segment, segment.channel):
            self.leave("dropped", segment.text, "", segment)
        return [f"segment-{new_segment.id}" for new_segment in found]

    def suspect(self, item: str) -> Suspect:
        number = item.rpartition("-")[2]
        return self.former.quality.suspects[int(number)]

    def same_suspect(self, item: str) -> str | None:
        """Returns the id of the new suspect with the same text at the same time, or None."""
        suspect = self.suspect(item)
        candidates = self.new.quality.suspects
        index = match_interval(suspect, candidates)
        if index is None or candidates[index].text != suspect.text:
            return None
        return f"suspect-{index}"

    def leave(
        self,
        kind: UnappliedKind,
        text: str,
        edit: str,
        place: Word | Segment | Suspect | Gap | None = None,
    ) -> None:
        """Keep an edit that found no place."""
        start = place.start if place else None
        end = place.end if place else None
        unapplied = UnappliedEdit(kind=kind, text=text, edit=edit, start=start, end=end)
        self.unapplied.append(unapplied)


def merge_of_two(speaker: str, into: str, merges: Mapping[str, str]) -> dict[str, str]:
    """Returns the merge of a speaker into another one, or nothing if they are one already."""
    if speaker == merged_speaker(into, merges):
        return {}
    return {speaker: into}


def free_id(taken: Iterable[str]) -> str:
    """Returns the next speaker id that is not taken."""
    numbers = [int(speaker.removeprefix("S")) for speaker in taken]
    highest = max(numbers, default=0)
    return f"S{highest + 1}"


def unique(items: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(items))
