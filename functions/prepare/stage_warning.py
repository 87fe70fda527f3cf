"""The warnings of this stage."""

from shared.model.artifacts import Interval, StageWarning


def prepare_warning(code: str, message: str, span: Interval | None = None) -> StageWarning:
    return StageWarning(code=code, stage="prepare", message=message, span=span)
