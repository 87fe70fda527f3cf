"""The errors of a stage, each with its HTTP status.

* StageError
  x Permanent            the same request will fail again; a person must act
    + BadRequest              400  the request is not valid
    + Unauthenticated         401  the caller is unknown
    + Forbidden               403  the caller is not allowed
    + KeyMisplaced            400  a key is in the URL, or a request has two different keys
    + WrongHost               400  the request is for a host of another name
    + BadOption               400  an option of the recording is unknown or wrong
    + ArtifactMissing         404  an input does not exist
    + ArtifactChanged         412  an object is not the one that was named
    + EditsOutdated           412  the edits were changed since they were read
    + NotFound                404  there is none, or the caller may not see it
    + RecordingTooLong        413  longer than the limit
    + RecordingTooLarge       413  larger than the limit
    + BodyTooLarge            413  the request's body is larger than the limit
    + EmptyRecording          415  the object or its audio is empty
    + NotAudio                415  it cannot be decoded
    + NoSound                 415  a video without an audio stream
    + TruncatedRecording      415  the end of the recording is missing
    + ContentUnreadable       415  storage has the recording, but does not return its content
    + NameTaken               409  another recording has the name
    + TooManyWebhooks         409  the folder or the key has as many webhooks as it may have
    + Cancelled               409  the job was cancelled
    + WrongState              409  the job's state does not allow the operation
    + NotDone                 409  the job has no transcript, or none yet
    + StorageOutOfReach       409  the client's machine cannot reach storage
    + RecordingErased         410  the recording and its results were erased
    + AudioDeleted            410  keep-audio=false: the recording was deleted after its answer
    + RecordingGone           410  the recording was deleted from the inbox, or replaced there
    + WorkAudioGone           410  the sound that was transcribed is not kept any longer
    + TranscriptGone          410  the transcript was deleted, or is that of a newer recording
    + EventGone               410  the event of a delivery can no longer be sent
    + UploadGone              410  the upload can no longer be completed
    + RangeOutside            416  a range of bytes is not in the recording
    + OptionsRefused          422  the options of a redrive are wrong or too large
    + UploadRefused           422  the name, an option or the metadata of an upload is wrong
    + EditsRefused            422  the edits do not fit the transcript
    + WebhookRefused          422  the address or the folder of a webhook is wrong
    + KeyReused               422  an Idempotency-Key was used for another upload
    + AttemptsExhausted       422  the stage died in every attempt
    + GivenUp                 422  no run of the job ended
    + ModelUnavailable        422  the requested model is not on this deployment
    + WorkflowRefused         422  the workflow does not accept a call
    + IfMatchMissing          428  the request does not say which edits it changes
    + Bug                     500  any other exception; its traceback is in the log
  x Transient            the same request may succeed later; the workflow retries it
    + StageBusy               429  another attempt is running
    + TooManyRequests         429  the caller's limit is reached
    + Stopping                503  the instance is shutting down; another one continues
    + StorageUnavailable      503  storage did not answer
    + JobStoreUnavailable     503  the job store did not answer
    + WorkflowUnavailable     503  the workflow did not answer
    + KeysUnavailable         503  the keys that verify callers' tokens cannot be fetched
    + EventsUnavailable       503  Pub/Sub did not accept an event; reconcile retries
    + WebhooksUnavailable     503  the deployment sends nothing to webhooks
    + DeliveriesDue           503  webhooks of an event are still to be sent
    + DiskFull                503  the disk has no room for a stage's files
    + NotEnded                504  a request was held for its job, which has not ended in time

A 500 without our problem type comes from the platform (no instance, out of memory) and is retried.
No status belongs to both kinds, so a problem of ours is final or not by its status.
"""

from http import HTTPStatus
from typing import ClassVar

from shared.model.contracts import Problem, kebab_case

PROBLEM_TYPE = "urn:dropscribe:problem:"


class StageError(Exception):
    """A failure with an HTTP status. The message is the detail of the problem."""

    title: ClassVar[str]
    """Title of the problem, which people read."""
    status: ClassVar[HTTPStatus]

    @classmethod
    def name(cls) -> str:
        """Returns the problem's type, such as urn:dropscribe:problem:not-audio."""
        return PROBLEM_TYPE + kebab_case(cls)

    @property
    def type(self) -> str:
        return self.name()

    def problem(self, job_id: str | None, stage: str | None) -> Problem:
        """Returns the body of the response, as RFC 9457 defines it."""
        return Problem(
            type=self.type,
            title=self.title,
            status=self.status,
            detail=str(self),
            job_id=job_id,
            stage=stage,
        )


class Permanent(StageError):
    """The same request will fail again."""

    status = HTTPStatus.BAD_REQUEST


class Transient(StageError):
    """The same request may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail)
        self.retry_after = retry_after


class BadRequest(Permanent):
    title = "The request is not valid."


class Unauthenticated(Permanent):
    title = "The caller is unknown."
    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Permanent):
    title = "The caller may not do this."
    status = HTTPStatus.FORBIDDEN


class KeyMisplaced(Permanent):
    title = "A key is where none may be."


class BadOption(Permanent):
    title = "An option of the recording is unknown or wrong."


class ArtifactMissing(Permanent):
    title = "An object does not exist."
    status = HTTPStatus.NOT_FOUND


class ArtifactChanged(Permanent):
    title = "An object is not the one that was named."
    status = HTTPStatus.PRECONDITION_FAILED


class NotFound(Permanent):
    title = "There is none."
    status = HTTPStatus.NOT_FOUND


class RecordingTooLong(Permanent):
    title = "The recording is longer than the limit."
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class RecordingTooLarge(Permanent):
    title = "The recording is larger than the limit."
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class BodyTooLarge(Permanent):
    title = "The body of the request is too large."
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class EmptyRecording(Permanent):
    title = "The recording is empty."
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NotAudio(Permanent):
    title = "The object is not a recording that can be decoded."
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NoSound(Permanent):
    title = "The recording is a film without sound."
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TruncatedRecording(Permanent):
    title = "The end of the recording is missing."
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class ContentUnreadable(Permanent):
    title = "The content of the recording cannot be read from storage."
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NameTaken(Permanent):
    title = "Another recording has the name."
    status = HTTPStatus.CONFLICT


class Cancelled(Permanent):
    title = "The job was cancelled."
    status = HTTPStatus.CONFLICT


class WrongState(Permanent):
    title = "The job's state does not allow this."
    status = HTTPStatus.CONFLICT


class NotDone(Permanent):
    title = "The job has no transcript."
    status = HTTPStatus.CONFLICT


class StorageOutOfReach(Permanent):
    title = "Storage can be reached only from the deployment's own machine."
    status = HTTPStatus.CONFLICT


class RecordingErased(Permanent):
    title = "The recording was erased."
    status = HTTPStatus.GONE


class AudioDeleted(Permanent):
    title = "The recording was deleted after its answer, as keep-audio=false asks."
    status = HTTPStatus.GONE


class WrongHost(Permanent):
    title = "The request is for another host."


class RecordingGone(Permanent):
    title = "The recording is not in the inbox any more."
    status = HTTPStatus.GONE


class WorkAudioGone(Permanent):
    title = "The work audio is not in the work bucket any more."
    status = HTTPStatus.GONE


class TranscriptGone(Permanent):
    title = "The transcript is not in the outbox any more."
    status = HTTPStatus.GONE


class EventGone(Permanent):
    title = "The event can no longer be sent."
    status = HTTPStatus.GONE


class RangeOutside(Permanent):
    title = "The range is not in the recording."
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


class OptionsRefused(Permanent):
    title = "The options are wrong or too large."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UploadGone(Permanent):
    title = "The upload can no longer be completed."
    status = HTTPStatus.GONE


class UploadRefused(Permanent):
    title = "The name, an option or the metadata of the upload is wrong."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class EditsOutdated(Permanent):
    """`etag` is that of the current edits."""

    title = "The edits were changed since they were read."
    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self, detail: str, etag: str = "") -> None:
        super().__init__(detail)
        self.etag = etag


class EditsRefused(Permanent):
    title = "The edits do not fit the transcript."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class IfMatchMissing(Permanent):
    title = "The request does not say which edits it changes."
    status = HTTPStatus.PRECONDITION_REQUIRED


class TooManyWebhooks(Permanent):
    title = "There are as many webhooks as there may be."
    status = HTTPStatus.CONFLICT


class WebhookRefused(Permanent):
    title = "The address or the folder of the webhook is wrong."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class KeyReused(Permanent):
    title = "The Idempotency-Key was used for another upload."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class GivenUp(Permanent):
    title = "The job was started several times and never ended."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AttemptsExhausted(Permanent):
    title = "The stage died in every attempt."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ModelUnavailable(Permanent):
    title = "The requested model is not on this deployment."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class WorkflowRefused(Permanent):
    title = "The workflow does not accept a call."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Bug(Permanent):
    title = "A bug in Dropscribe."
    status = HTTPStatus.INTERNAL_SERVER_ERROR


class StageBusy(Transient):
    title = "Another attempt at this stage is running."
    status = HTTPStatus.TOO_MANY_REQUESTS


class TooManyRequests(Transient):
    title = "The limit of requests is reached."
    status = HTTPStatus.TOO_MANY_REQUESTS


class Stopping(Transient):
    title = "The instance is shutting down."


class StorageUnavailable(Transient):
    title = "Storage did not answer."


class JobStoreUnavailable(Transient):
    title = "The job store did not answer."


class WorkflowUnavailable(Transient):
    title = "The workflow did not answer."


class KeysUnavailable(Transient):
    title = "The keys that verify callers are not available."


class EventsUnavailable(Transient):
    title = "An event could not be published."


class WebhooksUnavailable(Transient):
    title = "The deployment has no webhooks."


class DeliveriesDue(Transient):
    title = "Webhooks of the event are still to be sent."


class DiskFull(Transient):
    title = "The disk is full."


class NotEnded(Transient):
    title = "The job has not ended in time."
    status = HTTPStatus.GATEWAY_TIMEOUT

    def __init__(self, detail: str, job_id: str | None = None) -> None:
        super().__init__(detail, retry_after=1)
        self.job_id = job_id
