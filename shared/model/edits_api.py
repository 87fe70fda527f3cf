"""The body with which the HTTP API answers for the edits of a job."""

from pydantic import AwareDatetime, Field

from shared.model.edits import Edits, StoredEdits, UnappliedEdit


class EditsView(Edits):
    """The edits of a job's transcript, in their current revision."""

    base: int = Field(ge=1)
    """The run that wrote the transcript.json which the ids are from."""
    revision: int = Field(ge=0)
    """0: there are no edits yet."""
    updated: AwareDatetime | None
    """When the revision was saved."""
    unapplied: tuple[UnappliedEdit, ...] = ()
    """Edits of earlier transcripts of the recording that found no place in this one."""
    drawn: bool
    """Whether every file of the answer has the edits already. `GET transcript` always has them."""

    @property
    def etag(self) -> str:
        """Returns the ETag of the revision."""
        return etag_of(self.base, self.revision)


def etag_of(base: int, revision: int) -> str:
    """Returns the ETag of a revision of the edits of a run's transcript."""
    return f'"{base}-{revision}"'


def stored_edits(view: EditsView) -> StoredEdits | None:
    """Returns the edits as edits.json has them, or None if there are none."""
    if view.updated is None:
        return None
    fields = {name: getattr(view, name) for name in Edits.model_fields}
    return StoredEdits(
        **fields,
        base=view.base,
        revision=view.revision,
        updated=view.updated,
        unapplied=view.unapplied,
    )


def view_of(base: int, stored: StoredEdits | None, *, is_drawn: bool) -> EditsView:
    """Returns how clients see the edits of a run's transcript, of which there may be none."""
    if stored is None:
        return EditsView(base=base, revision=0, updated=None, drawn=True)
    fields = dict(stored.edits)
    return EditsView(
        **fields,
        base=base,
        revision=stored.revision,
        updated=stored.updated,
        unapplied=stored.unapplied,
        drawn=is_drawn,
    )
