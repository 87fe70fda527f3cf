"""Warnings that more than one stage gives."""

from shared.model.artifacts import StageWarning


def uncertain_speaker_count(stage: str, found: int, second: int) -> StageWarning:
    """Returns the stage's warning that `second` speakers are nearly as likely as those found."""
    message = f"The number of speakers is uncertain: {found}, or nearly as likely {second}."
    return StageWarning(code="speaker_count_uncertain", stage=stage, message=message)
