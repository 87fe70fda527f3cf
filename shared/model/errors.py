"""The ways a stage can fail.

* StageError
  x Permanent            the same request will fail again; a person must act
    + BadRequest              400  the body is no stage request
    + Unauthenticated         401  nobody can tell who calls
    + Forbidden               403  the caller may not
    + BadOption               400  an option of the recording is unknown or wrong
    + ArtifactMissing         404  an input is not there
    + ArtifactChanged         412  an object is not the one that was named
    + RecordingTooLong        413  longer than the limit
    + RecordingTooLarge       413  larger than the limit
    + EmptyRecording          415  the object, or its audio, holds nothing
    + NotAudio                415  nothing that can be decoded
    + NoSound                 415  a video without an audio stream
    + TruncatedRecording      415  the end of the recording is missing
    + Cancelled               409  somebody cancelled the job
    + RecordingErased         410  somebody erased the recording and all that came of it
    + AttemptsExhausted       422  the stage died each time it was tried
    + GivenUp                 422  no run of the job came to an end
    + ModelUnavailable        422  the asked-for model is not on this deployment
    + Bug                     500  any exception that is none of these; the log holds its traceback
  x Transient            the same request may succeed later; the workflow retries it
    + StageBusy               429  another attempt is still running
    + Stopping                503  the instance is being ended; another goes on
    + StorageUnavailable      503  storage did not answer
    + JobStoreUnavailable     503  the job store did not answer
    + WorkflowUnavailable     503  the workflow did not answer
    + KeysUnavailable         503  the keys to check callers' tokens with did not arrive
    + EventsUnavailable       503  Pub/Sub did not take an event; reconcile will try again
    + DiskFull                503  a stage has no room for its files

A 500 without our problem type is the platform's (no instance, out of memory) and is retried.
No status belongs to both kinds, so a status tells whether a problem of ours is final.
"""

import re
from http import HTTPStatus
from typing import ClassVar

from shared.model.contracts import Problem

PROBLEM_TYPE = "urn:dropscribe:problem:"


class StageError(Exception):
    """A failure with an HTTP status. The docstring's first line is the title; the message is the
    detail."""

    status: ClassVar[HTTPStatus]

    @classmethod
    def name(cls) -> str:
        """The problem's type."""
        return PROBLEM_TYPE + re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def type(self) -> str:
        return self.name()

    def problem(self, job_id: str | None, stage: str | None) -> Problem:
        """RFC 9457's body of it."""
        return Problem(
            type=self.type,
            title=self.title,
            status=self.status,
            detail=str(self),
            job_id=job_id,
            stage=stage,
        )

    @property
    def title(self) -> str:
        return (type(self).__doc__ or type(self).__name__).splitlines()[0].strip()


class Permanent(StageError):
    """The same request will fail again."""

    status = HTTPStatus.BAD_REQUEST


class Transient(StageError):
    """The same request may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class BadRequest(Permanent):
    """The request body is not a valid stage request."""


class Unauthenticated(Permanent):
    """The caller is unknown."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Permanent):
    """The caller may not do this."""

    status = HTTPStatus.FORBIDDEN


class BadOption(Permanent):
    """An option of the recording is unknown or wrong."""


class ArtifactMissing(Permanent):
    """An object does not exist."""

    status = HTTPStatus.NOT_FOUND


class ArtifactChanged(Permanent):
    """An object is not the one that was named."""

    status = HTTPStatus.PRECONDITION_FAILED


class RecordingTooLong(Permanent):
    """The recording is longer than the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class RecordingTooLarge(Permanent):
    """The recording is larger than the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class EmptyRecording(Permanent):
    """The recording is empty."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NotAudio(Permanent):
    """The object is not a recording that can be decoded."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NoSound(Permanent):
    """The recording has no audio stream."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TruncatedRecording(Permanent):
    """The end of the recording is missing."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Cancelled(Permanent):
    """The job was cancelled."""

    status = HTTPStatus.CONFLICT


class RecordingErased(Permanent):
    """The recording was erased."""

    status = HTTPStatus.GONE


class GivenUp(Permanent):
    """The job was started several times and never came to an end."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AttemptsExhausted(Permanent):
    """The stage died each time it was tried."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ModelUnavailable(Permanent):
    """The model asked for is not on this deployment."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Bug(Permanent):
    """A bug in Dropscribe."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class StageBusy(Transient):
    """Another attempt at this stage is still running."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class Stopping(Transient):
    """The instance is being ended."""


class StorageUnavailable(Transient):
    """Storage did not answer."""


class JobStoreUnavailable(Transient):
    """The job store did not answer."""


class WorkflowUnavailable(Transient):
    """The workflow did not answer."""


class KeysUnavailable(Transient):
    """The issuer's keys did not arrive."""


class EventsUnavailable(Transient):
    """A completion could not be announced."""


class DiskFull(Transient):
    """The disk is full."""


def statuses(kind: type[StageError]) -> frozenset[int]:
    """Returns the HTTP statuses of an error class and of every class derived from it."""
    found = {int(kind.status)}
    for derived in kind.__subclasses__():
        found |= statuses(derived)
    return frozenset(found)


def is_final(problem: Problem) -> bool:
    """Returns whether the same request would fail again, so that the problem is the job's
    answer."""
    return problem.status in statuses(Permanent)
