"""`dropscribe rename` and `dropscribe edits`: names of speakers, and what else was corrected."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from local.connection import Gateway, calls_api
from local.finding import find_job
from shared.model.edits import Edits, UnappliedEdit
from shared.model.edits_api import EditsView
from shared.model.errors import EditsRefused
from shared.model.transcript import Transcript

if TYPE_CHECKING:
    from dropscribe import Client

CONFLICT = 412
TRIES = 2
"""Saves that are tried before a conflict with others' edits is an error."""


@click.command()
@click.argument("job")
@click.argument("names", nargs=-1, metavar="[SPEAKER=NAME]...")
@click.option(
    "--merge",
    "merges",
    multiple=True,
    metavar="SPEAKER=SPEAKER",
    help="Give all that the first one says to the second one: S3=S1. May be repeated.",
)
@click.option("--undo", is_flag=True, help="Forget all names and merges of the recording.")
@calls_api
def rename(
    gateway: Gateway, job: str, names: tuple[str, ...], merges: tuple[str, ...], undo: bool
) -> None:
    """Name the speakers of a JOB, by its id or its recording's name: S1="Anna Weber".

    Every format is drawn with the names. An empty name, as in S1=, gives a speaker the former
    label back. Without names, the speakers are listed.
    """
    named = parse_pairs(names)
    merged = parse_pairs(merges)
    has_names = bool(named or merged)
    if undo and has_names:
        raise click.UsageError("--undo forgets all names: give none")
    with gateway.client() as client:
        job_id = find_job(client, job).id
        if undo or has_names:
            view = save_names(client, job_id, named, merged, undo)
        else:
            view = client.edits(job_id)
        for line in speaker_lines(client, job_id, view):
            click.echo(line)


@click.command()
@click.argument("job")
@calls_api
def edits(gateway: Gateway, job: str) -> None:
    """Show what was corrected in the transcript of a JOB, by its id or its recording's name."""
    with gateway.client() as client:
        job_id = find_job(client, job).id
        view = client.edits(job_id)
        for line in speaker_lines(client, job_id, view):
            click.echo(line)
    for line in edit_lines(view):
        click.echo(line)


def parse_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Returns what follows each speaker's id and "=". Raises UsageError."""
    pairs = {}
    for text in texts:
        speaker, separator, value = text.partition("=")
        if not separator:
            raise click.UsageError(f'{text!r} is not SPEAKER=NAME, such as S1="Anna Weber"')
        pairs[speaker.strip().upper()] = value.strip()
    return pairs


def save_names(
    client: "Client",
    job_id: str,
    names: Mapping[str, str],
    merges: Mapping[str, str],
    is_undo: bool,
) -> EditsView:
    """Returns the edits with these names and merges, which are added to the current ones.

    If others save edits meanwhile, it is done again on those. Raises ApiError.
    """
    from dropscribe import ApiError

    for tries in range(1, TRIES + 1):
        current = client.edits(job_id)
        changed = without_names(current) if is_undo else with_names(current, names, merges)
        try:
            return client.save_edits(job_id, changed, current.etag)
        except ApiError as error:
            if error.problem.type == EditsRefused.name():
                speakers = "\n".join(speaker_lines(client, job_id, current))
                message = f"{error.problem.detail}. Its speakers are:\n{speakers}"
                raise click.ClickException(message) from error
            if error.status != CONFLICT or tries == TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def with_names(current: EditsView, names: Mapping[str, str], merges: Mapping[str, str]) -> Edits:
    """Returns the edits with further names and merges. An empty one is taken away."""
    speakers = {**current.speakers, **names}
    merged = dict(current.merges)
    for speaker, into in merges.items():
        merged[speaker] = into.upper()
    changes = {
        "speakers": without_empty(speakers),
        "merges": without_empty(merged),
    }
    return checked(current, changes)


def without_names(current: EditsView) -> Edits:
    return checked(current, {"speakers": {}, "merges": {}})


def without_empty(values: Mapping[str, str]) -> dict[str, str]:
    kept = {}
    for name, value in values.items():
        if value:
            kept[name] = value
    return kept


def checked(current: EditsView, changes: Mapping[str, dict[str, str]]) -> Edits:
    """Returns the edits with changes. Raises ClickException if they are none."""
    values: dict[str, object] = {}
    for name in Edits.model_fields:
        values[name] = getattr(current, name)
    values |= changes
    try:
        return Edits.model_validate(values)
    except ValidationError as error:
        (first, *_) = error.errors()
        place = ".".join(map(str, first["loc"]))
        reason = first["msg"]
        message = f"{place}: {reason}" if place else reason
        raise click.ClickException(message) from error


def speaker_lines(client: "Client", job_id: str, view: EditsView) -> Iterator[str]:
    """Yields a line for each speaker: id, name and talk time, or whom it was merged into."""
    content = client.transcript(job_id)
    transcript = Transcript.model_validate_json(content, extra="ignore")
    for speaker in transcript.speakers:
        name = view.speakers.get(speaker.id, speaker.label)
        line = f"{speaker.id}: {name}, {speaker.talk_time:.0f} s"
        if speaker.id in view.merges:
            other = view.merges[speaker.id]
            line += f", now {other}"
        yield line
    for speaker_id in new_speakers(transcript, view):
        name = view.speakers.get(speaker_id, speaker_id)
        yield f"{speaker_id}: {name}, new"


def new_speakers(transcript: Transcript, view: EditsView) -> list[str]:
    """Returns the speakers that have only the sentences that were given to them."""
    known = {speaker.id for speaker in transcript.speakers}
    given = set(view.sentences.values())
    return sorted(given - known)


def edit_lines(view: EditsView) -> Iterator[str]:
    """Yields what else was corrected, and what found no place after a redrive."""
    counts = {
        "words corrected": len(view.words),
        "sentences given to other speakers": len(view.sentences),
        "suspects kept": len(view.kept),
        "suspects, gaps and sentences dropped": len(view.dropped),
    }
    yield f"revision {view.revision}"
    for what, count in counts.items():
        if count:
            yield f"{what}: {count}"
    for edit in view.unapplied:
        yield f"not applied to this transcript: {unapplied_line(edit)}"


def unapplied_line(edit: UnappliedEdit) -> str:
    line = f"{edit.kind} {edit.text!r} -> {edit.edit!r}"
    if edit.start is None:
        return line
    return f"{line} at {edit.start:.1f} s"
