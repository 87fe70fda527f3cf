"""Configuration: read once from the environment, typed, never touched again."""

from functools import cache
from pathlib import Path

from pydantic import Field, JsonValue
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.model.cost import Resources


class Settings(BaseSettings):
    """Every field is the environment variable DROPSCRIBE_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="DROPSCRIBE_", frozen=True)

    inbox: str = "dropscribe-inbox"
    """Bucket for recordings."""
    outbox: str = "dropscribe-outbox"
    """Bucket for answers."""
    work: str = "dropscribe-work"
    """Bucket for what passes between stages."""

    blob_store: str = "shared.adapters.gcs:GcsBlobs"
    """`module:class` of the BlobStore."""
    job_documents: str = "shared.adapters.firestore:FirestoreDocuments"
    """`module:class` of the Documents that hold the jobs."""
    job_database: Path = Path(".dropscribe/jobs.sqlite")
    """File of shared.adapters.sqlite, where that is used."""
    firestore_database: str = "(default)"
    """Database of shared.adapters.firestore, where that is used."""
    keep_days: int = Field(default=30, ge=1)
    """Days until a job's documents expire."""
    keep_work_days: int = Field(default=7, ge=1)
    """Days until what passes between stages is deleted. A redrive after that works everything out
    anew."""
    keep_answer_days: int | None = Field(default=None, ge=1)
    """Days until an answer is deleted. None: never."""
    callers: tuple[str, ...] = ()
    """Service accounts that may call the functions, as a JSON list of e-mail addresses. Empty:
    nobody is checked."""
    audience: str = "dropscribe"
    """What a caller's token must be made for."""
    issuer_keys: str = "https://www.googleapis.com/oauth2/v3/certs"
    """URL of the keys that callers' tokens are signed with."""
    workflow: str = "projects/dropscribe-local/locations/local/workflows/transcription"
    """The workflow's full name, for starting executions."""
    executions_host: str | None = None
    """host:port of an Executions API without encryption and credentials. None: Google's."""
    executions: str = "shared.adapters.workflows:WorkflowExecutions"
    """`module:class` of the Executions."""
    events_topic: str | None = None
    """Full name of the Pub/Sub topic that is told when a job has ended: projects/…/topics/…. None:
    nobody is told."""
    pubsub_host: str | None = None
    """host:port of a Pub/Sub without encryption and credentials. None: Google's."""
    unanswered_after: float = Field(default=600, ge=0)
    """Seconds that a recording may be without an answer and without an active run, until reconcile
    starts one."""
    restarts: int = Field(default=5, ge=0)
    """Runs that reconcile starts of a job, until it is answered with a problem."""

    defaults: dict[str, JsonValue] = {}
    """Options of a recording that names none, as JSON: {"language": "en", "diarize": false}."""
    max_hours: float = Field(default=12, gt=0, le=16)
    """Longest recording. 200 chunks of five minutes hold sixteen hours."""
    max_gigabytes: float = Field(default=5, gt=0)
    """Largest recording, in 10^9 bytes."""
    chunk_seconds: float = Field(default=300, ge=10, le=300)
    """Length of what is transcribed in one request. Short on a small machine, so that stages
    overlap."""
    span_seconds: float = Field(default=1200, ge=60, le=1200)
    """Length of what is diarized in one request."""

    transcriber: str = "functions.transcribe.whisper:load"
    """`module:function` that loads the speech recogniser."""
    whisper_model: str = "base"
    """tiny … large-v3, a folder, or a name on the hub."""
    aligner: str = "functions.align.aligner:load"
    """`module:function` that loads the aligner."""
    align_model: str | None = None
    """A torchaudio bundle, a folder, or a name on the hub. None: the language's own."""
    diarizer: str = "functions.diarize.pipeline:load"
    """`module:function` that loads the diarizer."""
    diarize_model: str = "embedded"
    """`embedded`, a folder, or a name on the hub."""
    device: str = "cpu"
    """cpu or cuda."""
    compute_type: str = "int8"
    """CTranslate2's: int8 for a CPU, float16 for a GPU."""
    batch_size: int = 4
    """Windows of 30 s decoded at once."""
    threads: int = 1
    """Compute threads of a model."""
    models: Path = Path("~/.cache/dropscribe/models").expanduser()
    """Folder where models are unpacked or downloaded."""
    download_models: bool = False
    """May a stage fetch a model from the hub when it is not here?"""
    hub_token: str | None = Field(default=None, repr=False)
    """For models behind a licence form."""

    resources: dict[str, Resources] = {}
    """Of each function's instances, as JSON: {"align": {"cpu": 1, "memory_gib": 2, "gpu": null},
    …}; finalize tells by them what a transcript cost. Empty: it does not."""
    region: str = "us-central1"
    """Where the functions run. Prices are known of the region in shared/model/prices.toml only."""

    clock: str = "time:time"
    """`module:function` that tells the seconds since the epoch, for leases, expiry and reconcile's
    patience."""
    lease: float = 60
    """Seconds until a dead worker's part is given to another."""
    heartbeat: float = 15
    """Seconds between renewals of a lease."""
    attempts: int = 3
    """Times a stage may die at the same part before it is a problem."""
    stage_deadline: float = 1500
    """Seconds a stage may take. Less than Cloud Run's timeout, which is less than the workflow's
    1800."""


@cache
def settings() -> Settings:
    return Settings()
