"""Warnings that more than one stage gives."""

from shared.model.artifacts import StageWarning


def uncertain_speaker_count(stage: str, found: int, second: int) -> StageWarning:
    """Returns the stage's warning that `second` speakers are nearly as likely as those found."""
    message = f"{found} speakers were found; {second} are nearly as likely."
    return StageWarning(code="speaker_count_uncertain", stage=stage, message=message)
