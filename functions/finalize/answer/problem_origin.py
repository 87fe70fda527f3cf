"""Says in a problem where a wrong option was set, which only prepare and finalize can know."""

from collections.abc import Mapping

from shared.jobs.recording_options import load_options
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, ResolvedOption, Source
from shared.model.errors import BadOption
from shared.model.option_values import shown
from shared.model.options import resolve
from shared.ports.blobs import Blob, BlobStore


def with_origin(
    problem: Problem, source: Source, recording: Blob, blobs: BlobStore, jobs: JobStore
) -> Problem:
    """Returns the problem, with the origin of the option that a stage refused in front of its
    detail.

    The detail of such a problem begins with the option and its value. It stays as it is if no
    option has that value now, because options were changed meanwhile.
    """
    if problem.type != BadOption.name():
        return problem
    job = jobs.find(source.job_id)
    if job is None:
        return problem
    try:
        loaded = load_options(source, recording, job.options, blobs)
        _, resolved = resolve(loaded.by_origin)
    except BadOption:
        return problem
    option = refused_option(problem.detail, resolved)
    if option is None:
        return problem
    detail = f"{option.origin}: {problem.detail}"
    return problem.model_copy(update={"detail": detail})


def refused_option(detail: str, options: Mapping[str, ResolvedOption]) -> ResolvedOption | None:
    """Returns the option whose name and value begin the detail, or None."""
    for name, option in options.items():
        value = shown(option.value)
        if detail.startswith(f"{name} is {value};"):
            return option
    return None
