"""Bodies of the HTTP API: what the gateway answers and what its clients send.

Times are in UTC, as RFC 3339 writes them. Fields of requests that are not known are refused.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from shared.model.contracts import Problem, ResolvedOption, Seconds, WireModel
from shared.model.folders import normalised_folder
from shared.model.waiting import Waiting

ApiState = Literal["queued", "running", "done", "failed", "cancelled", "erased"]
"""A job's state as clients see it. A run that failed but will be repeated is `running`."""
Scope = Literal["read", "write", "erase", "admin"]
"""What a key may do: see jobs and answers; upload, run again and cancel; erase; make keys."""
Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole, from 0 to 1."""


# Jobs


class StageProgress(WireModel):
    """How far one stage of a job is."""

    stage: str
    done: int
    """Parts that are done."""
    of: int | None
    """Number of parts; null until the recording is cut."""
    seconds: Seconds
    """Seconds of work on the parts that are done."""


class Progress(WireModel):
    """How far a job is."""

    stages: tuple[StageProgress, ...]
    """In the order in which a recording passes them."""
    share: Share
    """How much of the work is done, estimated from the paces of the stages."""
    eta_seconds: Seconds | None
    """Seconds until the answer, estimated from the work so far. Null if that is not known."""


class JobLinks(WireModel):
    """Paths of what belongs to a job."""

    self: str
    transcript: str | None
    """Null until there is a transcript."""
    audio: str | None
    """Null if the recording was deleted."""


class JobSummary(WireModel):
    """A job as a list shows it."""

    id: str
    name: str
    """The recording's name in the inbox. Of an erased recording it is "(erased)"."""
    size: int | None = None
    """Of the recording, in bytes; null if it is not known."""
    state: ApiState
    run: int
    """Number of the current run. It rises with each redrive, not always by one."""
    created: AwareDatetime
    """When the job was first seen."""
    updated: AwareDatetime
    started: AwareDatetime | None
    """When the current run began."""
    ended: AwareDatetime | None
    """When the current run ended."""
    problem: Problem | None
    """Why the job failed or was cancelled."""
    warnings: tuple[str, ...]
    """Codes, which docs/transcript.md explains. `will_be_repeated`: the last run failed for a
    reason that may pass, and another will start by itself."""
    formats: tuple[str, ...]
    """Formats in which there is a transcript. It can be read in all others, too."""
    edits: int = 0
    """Revision of the edits; 0 without any."""
    metadata: dict[str, str]
    """The client's own, as it was sent with the recording."""
    links: JobLinks


class JobView(JobSummary):
    """A job with its options, its progress and what it waits for."""

    options: dict[str, ResolvedOption]
    """Options in force and their origins. Empty until the recording is read."""
    progress: Progress
    waiting: Waiting | None = None
    """Null if the job has ended, and in live events, which do not look for it."""


class JobPage(WireModel):
    """A page of a list of jobs, the newest first."""

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None
    """Cursor of the next page; null at the end of the list."""


class RedriveRequest(WireModel):
    """A request to run a job again."""

    options: dict[str, JsonValue] | None = None
    """Replace the options of the last redrive. Empty: those of the upload are in force again. Null:
    they stay as they are."""


# Uploads


class UploadRequest(WireModel):
    """A request for an address to which a recording is uploaded."""

    name: str = Field(min_length=1)
    """The recording's name, under the folder of the key. It may have folders of its own."""
    size: int = Field(gt=0)
    """In bytes. The upload must have exactly this size."""
    content_type: str = "application/octet-stream"
    options: dict[str, JsonValue] = {}
    metadata: dict[str, str] = {}
    """The client's own, which the job echoes. At most 2048 bytes."""
    replace: bool = False
    """Whether a recording of that name may be replaced."""


class UploadSession(WireModel):
    """An address to which a recording is uploaded, as Cloud Storage's resumable uploads work."""

    id: str
    upload_url: str
    """Anyone who has it can upload: keep it secret."""
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    """To send with each request to the address."""
    expires: AwareDatetime
    upload_status: str
    """Path under which the upload, and later its job, is found."""


class UploadView(WireModel):
    """An upload that is not complete."""

    id: str
    name: str
    size: int
    state: Literal["open"] = "open"
    expires: AwareDatetime


# Keys


class KeyRequest(WireModel):
    """A request for an API key."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    """For people, such as "Anna's laptop"."""
    scopes: tuple[Scope, ...] = Field(default=("read", "write"), min_length=1)
    folder: Annotated[str, AfterValidator(normalised_folder)] = ""
    """Folder of the inbox that the key is confined to, such as "team-a/". Empty: all of it."""
    expires: AwareDatetime | None = None


class KeyView(WireModel):
    """An API key, without its secret."""

    id: str
    prefix: str
    """First characters of the secret."""
    name: str
    scopes: tuple[Scope, ...]
    folder: str
    created: AwareDatetime
    expires: AwareDatetime | None
    last_used: AwareDatetime | None
    """Precise to a minute."""
    revoked: AwareDatetime | None


class NewKey(KeyView):
    """An API key that was just made."""

    key: str
    """The secret, which is shown only here."""


class KeyList(WireModel):
    keys: tuple[KeyView, ...]


class LoginRequest(WireModel):
    """A request of the page's to stay logged in, with a key."""

    key: str = Field(max_length=200)


class CodeLoginRequest(WireModel):
    """The same with a code for one login."""

    code: str = Field(max_length=200)


class LoginCode(WireModel):
    """A code with which the page can log in once."""

    code: str
    """The page takes it in its address: `/#login=CODE`. Anyone who has it can log in: keep it
    secret."""
    expires: AwareDatetime


# Deployment


class DeploymentLimits(WireModel):
    """What a deployment takes, and for how long it keeps it. Its settings choose all of this."""

    max_gigabytes: float
    """Largest recording, in 10^9 bytes."""
    max_form_megabytes: float | None
    """Largest recording that a form may upload, in 10^6 bytes. Null: as large as a recording may
    be."""
    max_hours: float
    """Longest recording."""
    requests_per_minute: int
    """Requests that an instance answers to one key in a minute."""
    streams_per_key: int
    """Streams of live events that an instance has for one key at once."""
    keep_job_days: int
    """Days until a job without an answer is forgotten."""
    keep_work_days: int
    """Days until what stages made for each other is deleted, and the work audio with it."""
    keep_answer_days: int | None
    """Days until an answer is deleted. Null: it stays until its recording is erased."""


PartName = Literal["storage", "job store", "workflow"]


class PartHealth(WireModel):
    """Whether a part of the deployment answers."""

    name: PartName
    ready: bool
    seconds: Seconds
    """Until it answered, or failed to."""


class Health(WireModel):
    status: Literal["ok", "unavailable"]
    name: Literal["gateway"] = "gateway"
    version: str
    parts: tuple[PartHealth, ...] = ()
    """Empty in /health/live, which looks at none."""
