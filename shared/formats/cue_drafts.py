"""The speech of a transcript in parts that become captions: each of one speaker and language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import pairwise

from shared.formats.breaks import Break, find_breaks
from shared.formats.cue_division import CueLimits, Passage, divide, find_limits
from shared.formats.cue_pieces import CuePiece, pieces_of
from shared.formats.lines import PieceWidth, columns, measure
from shared.formats.speech_runs import SpeechRun, find_runs
from shared.model.caption_options import CaptionOptions
from shared.model.spacing import one_line
from shared.model.transcript import Transcript

LABEL_SHARE = 0.5
"""Share of a line that a label takes at most."""
CUT_MARK = "…"


@dataclass(frozen=True)
class CueDraft:
    """Pieces of text that become a caption. Times are in milliseconds."""

    speaker: str | None
    """The speaker's label."""
    language: str | None
    pieces: Sequence[CuePiece]
    widths: Sequence[PieceWidth]
    breaks: Sequence[Break]
    """After each piece."""
    limits: CueLimits
    has_label_room: bool
    """Whether the text fits with the label."""

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    @property
    def width(self) -> int:
        """The columns of the text."""
        wholes = [width.whole for width in self.widths]
        return sum(wholes)

    @property
    def label(self) -> str:
        """The speaker's label as it is shown before the text. Empty without a speaker."""
        if not self.speaker:
            return ""
        return shown_label(self.speaker, self.limits.line_columns)


def draft_cues(transcript: Transcript, options: CaptionOptions) -> list[CueDraft]:
    """Returns the dialogue in parts, in order of time. Those of two channels may overlap."""
    channels = find_runs(transcript)
    drafter = CueDrafter(
        transcript=transcript,
        options=options,
        labels={speaker.id: speaker.label for speaker in transcript.speakers},
        may_alternate=len(channels) > 1,
    )
    drafts_of_channels = []
    for runs in channels:
        drafts: list[CueDraft] = []
        for run in runs:
            drafts += drafter.drafts(run)
        drafts_of_channels.append(drafts)
    in_order = merge(*drafts_of_channels, key=lambda draft: draft.start)
    return list(in_order)


@dataclass(frozen=True)
class CueDrafter:
    """Divides runs of speech into captions."""

    transcript: Transcript
    options: CaptionOptions
    labels: dict[str, str]
    """The label of each speaker's id."""
    may_alternate: bool
    """Whether captions of other speakers may come between those of a run."""

    def drafts(self, run: SpeechRun) -> Iterator[CueDraft]:
        """Yields the run's text in parts that fit, with room for a label where one may be shown."""
        limits = find_limits(self.options, run.language)
        speaker = self.labels.get(run.speaker or "")
        label = self._label_width(speaker, limits)
        pieces = self._pieces(run, limits, label)
        texts = [piece.text for piece in pieces]
        widths = list(map(measure, texts))
        breaks = find_breaks(texts, run.language)
        is_repeated = self.may_alternate or self.options.caption_speakers == "always"
        passage = Passage(
            pieces=pieces,
            widths=widths,
            breaks=breaks,
            next_start=run.next_start,
            first_label=label,
            label=label if is_repeated else None,
        )
        ends = divide(passage, limits)
        for start, end in pairwise([0, *ends]):
            part = slice(start, end)
            yield CueDraft(
                speaker=speaker,
                language=run.language,
                pieces=pieces[part],
                widths=widths[part],
                breaks=breaks[part],
                limits=limits,
                has_label_room=start == 0 or is_repeated,
            )

    def _label_width(self, speaker: str | None, limits: CueLimits) -> PieceWidth | None:
        """Returns how wide the speaker's label is, or None if it is never shown."""
        if not speaker or self.options.caption_speakers == "never":
            return None
        label = shown_label(speaker, limits.line_columns)
        return measure(label)

    def _pieces(
        self, run: SpeechRun, limits: CueLimits, label: PieceWidth | None
    ) -> list[CuePiece]:
        """Returns the run's text in pieces. Each fits into a line, if there is only one, with the
        label."""
        most_columns = limits.line_columns
        if label and limits.lines == 1:
            most_columns -= label.whole
        pieces: list[CuePiece] = []
        for group in run.groups:
            pieces += pieces_of(group, self.transcript, most_columns)
        return pieces


def shown_label(label: str, line_columns: int) -> str:
    """Returns a speaker's label with a colon and a space. One that is too long is cut."""
    most = int(line_columns * LABEL_SHARE)
    text = one_line(label)
    if columns(text) + 2 > most:
        while text and columns(text) + 3 > most:
            text = text[:-1]
        text = text.rstrip() + CUT_MARK
    return f"{text}: "
