"""Captions of readable length and speed. A caption has one speaker; two speakers share one, with a
line each, only where a turn is too short to be read alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.formats.breaks import Break
from shared.formats.clock import milliseconds
from shared.formats.cue_drafts import CueDraft, draft_cues
from shared.formats.cue_pieces import CuePiece
from shared.formats.cue_timing import Slot, fill_slots
from shared.formats.lines import balance_lines, measure
from shared.model.caption_options import CaptionOptions, LabelRule
from shared.model.spacing import one_line
from shared.model.transcript import Transcript

TURN_MARK = "- "
"""What each of two speakers' lines begins with if no labels are shown."""
TURN_PAUSE = 1000
"""Milliseconds between two speakers from which on they share no caption."""
LABEL_PAUSE = 10_000
"""Milliseconds without speech after which the speaker's label is shown again."""


@dataclass(frozen=True)
class CueLine:
    """A line on the screen: a label if one is shown, and what is said."""

    label: str
    pieces: Sequence[CuePiece]

    @property
    def text(self) -> str:
        shown = self.label + self.speech
        return one_line(shown)

    @property
    def speech(self) -> str:
        texts = [piece.text for piece in self.pieces]
        return "".join(texts)


@dataclass(frozen=True)
class CueVoice:
    """What one speaker says in a caption."""

    speaker: str | None
    """The speaker's label."""
    language: str | None
    lines: Sequence[CueLine]


@dataclass(frozen=True)
class Cue:
    """A caption. Times are in milliseconds."""

    start: int
    end: int
    voices: Sequence[CueVoice]
    """One, or two with a line each."""

    @property
    def lines(self) -> list[str]:
        """The lines on the screen."""
        lines = []
        for voice in self.voices:
            for line in voice.lines:
                lines.append(line.text)
        return lines

    @property
    def speech(self) -> str:
        """What is said, without labels."""
        speech = ""
        for voice in self.voices:
            for line in voice.lines:
                speech += line.speech
        return one_line(speech)


def build_cues(transcript: Transcript, options: CaptionOptions) -> list[Cue]:
    """Returns the whole dialogue as captions in order of time, none of which overlap."""
    duration = milliseconds(transcript.media.duration)
    drafts = draft_cues(transcript, options)
    shared = share_cues(drafts, options, duration)
    slots = [slot_of(turns) for turns in shared]
    times = fill_slots(slots, options, duration)
    labels = choose_labels(shared, options.caption_speakers)

    cues = []
    for turns, turn_labels, (start, end) in zip(shared, labels, times, strict=True):
        voices = list(map(lay_out, turns, turn_labels))
        cue = Cue(start, end, voices)
        cues.append(cue)
    return cues


def slot_of(turns: Sequence[CueDraft]) -> Slot:
    """Returns when the words of a caption are said, and how many columns they have."""
    widths = [turn.width for turn in turns]
    first = turns[0]
    last = turns[-1]
    return Slot(first.start, last.end, sum(widths))


def share_cues(
    drafts: Sequence[CueDraft], options: CaptionOptions, duration: int
) -> list[list[CueDraft]]:
    """Returns the drafts of each caption: two if one of them is too short to be read alone."""
    starts = [draft.start for draft in drafts]
    next_starts = [*starts[1:], duration]
    shared: list[list[CueDraft]] = []
    was_short = False
    for draft, next_start in zip(drafts, next_starts, strict=False):
        time = next_start - draft.start
        is_short = time < draft.limits.shortest
        if (is_short or was_short) and fits_into(shared, draft, options.caption_speakers):
            shared[-1].append(draft)
        else:
            shared.append([draft])
        was_short = is_short
    return shared


def fits_into(shared: Sequence[Sequence[CueDraft]], draft: CueDraft, rule: LabelRule) -> bool:
    """Returns whether the last caption has one speaker, and room for the draft of another."""
    if not shared:
        return False
    last = shared[-1]
    if len(last) > 1:
        return False
    return fit_together(last[0], draft, rule)


def fit_together(first: CueDraft, second: CueDraft, rule: LabelRule) -> bool:
    """Returns whether two speakers follow each other closely, with a line each."""
    speakers = {first.speaker, second.speaker}
    if None in speakers or len(speakers) == 1:
        return False
    limits = first.limits
    if limits != second.limits or limits.lines == 1:
        return False
    pause = second.start - first.end
    follows_closely = 0 <= pause < TURN_PAUSE
    if not follows_closely:
        return False
    duration = second.end - first.start
    if duration > limits.longest:
        return False
    first_fits = is_one_line(first, rule)
    return first_fits and is_one_line(second, rule)


def is_one_line(draft: CueDraft, rule: LabelRule) -> bool:
    """Returns whether a line is enough for a draft that shares its caption."""
    mark = turn_mark(draft, rule)
    voice = lay_out(draft, mark)
    return len(voice.lines) == 1


def turn_mark(draft: CueDraft, rule: LabelRule) -> str:
    """Returns what the line of one of two speakers begins with."""
    if rule == "never":
        return TURN_MARK
    return draft.label


def choose_labels(shared: Sequence[Sequence[CueDraft]], rule: LabelRule) -> list[list[str]]:
    """Returns what each draft begins with: a label, a mark, or nothing."""
    labels = []
    previous: CueDraft | None = None
    for turns in shared:
        if len(turns) > 1:
            marks = [turn_mark(turn, rule) for turn in turns]
            labels.append(marks)
        else:
            is_shown = shows_label(turns[0], previous, rule)
            label = turns[0].label if is_shown else ""
            labels.append([label])
        previous = turns[-1]
    return labels


def shows_label(draft: CueDraft, previous: CueDraft | None, rule: LabelRule) -> bool:
    """Returns whether a caption of one speaker begins with a label."""
    if rule != "change":
        return rule == "always"
    if previous is None or previous.speaker != draft.speaker:
        return True
    pause = draft.start - previous.end
    return draft.has_label_room and pause >= LABEL_PAUSE


def lay_out(draft: CueDraft, label: str) -> CueVoice:
    """Returns the draft in lines, after the label."""
    widths = draft.widths
    breaks = draft.breaks
    if label:
        label_width = measure(label)
        widths = [label_width, *widths]
        breaks = [Break.POOR, *breaks]
    ends = balance_lines(widths, breaks, draft.limits.line_columns)
    first = 1 if label else 0
    lines = []
    start = 0
    for end in ends:
        first_piece = max(start - first, 0)
        end_piece = end - first
        pieces = draft.pieces[first_piece:end_piece]
        line_label = "" if start else label
        line = CueLine(line_label, pieces)
        lines.append(line)
        start = end
    return CueVoice(draft.speaker, draft.language, lines)
