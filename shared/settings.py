"""Configuration, read once from the environment.

Each setting is the environment variable DROPSCRIBE_<NAME>, whatever its group: the groups are only
for the code that reads them.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.model.networks import AllowedHosts
from shared.model.stages import Resources

Schema = dict[str, JsonValue]
"""A JSON Schema."""

EMBEDDED_DIARIZE_MODEL = "embedded"
"""Name of the diarization model whose parts come with installed packages, and which needs no hub.
Its embeddings are CAM++'s."""


class SettingsGroup(BaseSettings):
    """Settings that the same code reads."""

    model_config = SettingsConfigDict(
        env_prefix="DROPSCRIBE_",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # errors are logged, and one of the settings is a secret
    )


class BucketSettings(SettingsGroup):
    """Names of the buckets."""

    inbox: str = "dropscribe-inbox"
    """Bucket for recordings."""
    outbox: str = "dropscribe-outbox"
    """Bucket for answers."""
    work: str = "dropscribe-work"
    """Bucket for what the stages pass to each other."""
    keep_work_days: int = Field(default=7, ge=1)
    """Days until an object in the work bucket is deleted. A redrive after that computes everything
    again. On Google, Terraform's variable of this name sets it and the bucket's rule."""
    keep_answer_days: int | None = Field(default=None, ge=1)
    """Days until an answer is deleted. None: never."""


class AdapterSettings(SettingsGroup):
    """The classes that connect to the outside systems, and the addresses of these systems."""

    blob_store: str = "shared.adapters.gcs:GcsBlobs"
    """`module:class` of the BlobStore."""
    job_documents: str = "shared.adapters.firestore:FirestoreDocuments"
    """`module:class` of the Documents that hold the jobs."""
    job_database: Path = Path(".dropscribe/jobs.sqlite")
    """File of shared.adapters.sqlite, where that is used."""
    firestore_database: str = "(default)"
    """Database of shared.adapters.firestore, where that is used."""
    executions: str = "shared.adapters.workflows:WorkflowExecutions"
    """`module:class` of the Executions."""
    executions_host: str | None = None
    """host:port of an Executions API without encryption and credentials. None: Google's."""
    workflow: str = "projects/dropscribe-local/locations/local/workflows/transcription"
    """Full name of the workflow whose executions are started."""
    event_queue: str | None = None
    """`module:function` that returns an EventPublisher, which gets every event, beside the topic.
    On one machine it is the queue that notify's events come from. None: only the topic gets
    them."""
    events_topic: str | None = None
    """Full name of the Pub/Sub topic for job events, projects/…/topics/…. None: no events are
    published there."""
    pubsub_host: str | None = None
    """host:port of a Pub/Sub without encryption and credentials. None: Google's."""
    clock: str = "time:time"
    """`module:function` that returns seconds since the epoch, for leases, expiry and reconcile."""


class AuthSettings(SettingsGroup):
    """Who may call the functions."""

    callers: tuple[str, ...] = ()
    """Service accounts that may call the functions, as a JSON list of e-mail addresses. Empty:
    tokens are not checked."""
    audience: str = "dropscribe"
    """Audience that a caller's token must have."""
    issuer_keys: str = "https://www.googleapis.com/oauth2/v3/certs"
    """URL of the public keys that callers' tokens are checked with."""


class RecordingSettings(SettingsGroup):
    """Options and limits of recordings, and the length of their parts."""

    defaults: dict[str, JsonValue] = {}
    """Options of a recording that sets none, as JSON: {"language": "en", "diarize": false}."""
    max_hours: float = Field(default=12, gt=0, le=16)
    """Longest recording. 200 chunks of five minutes hold sixteen hours."""
    max_gigabytes: float = Field(default=5, gt=0)
    """Largest recording, in 10^9 bytes."""
    chunk_seconds: float = Field(default=300, ge=10, le=300)
    """Length of a chunk, which one request transcribes. Short on a small machine, so that stages
    overlap."""
    span_seconds: float = Field(default=1200, ge=60, le=1200)
    """Length of a span, which one request diarizes."""


class InferenceSettings(SettingsGroup):
    """The models and what they run on."""

    transcriber: str = "functions.transcribe.whisper:load"
    """`module:function` that loads the speech recogniser."""
    whisper_model: str = "base"
    """tiny … large-v3, a folder, or a name on the hub."""
    aligner: str = "functions.align.aligner:load"
    """`module:function` that loads the aligner."""
    align_model: str | None = None
    """hama, a torchaudio bundle, a folder, or a name on the hub. None: whisperx's default for the
    language if it is here, else hama; for English hama."""
    diarizer: str = "functions.diarize.pipeline:load"
    """`module:function` that loads the diarizer."""
    diarize_model: str = EMBEDDED_DIARIZE_MODEL
    """`embedded`, a folder, or a name on the hub."""
    device: str = "cpu"
    """cpu or cuda."""
    compute_type: str = "int8"
    """CTranslate2's compute type: int8 for a CPU, float16 for a GPU."""
    batch_size: int = 4
    """Windows of 30 s that are decoded at once."""
    threads: int = 1
    """Compute threads of a model."""
    models: Annotated[Path, AfterValidator(Path.expanduser)] = Path("~/.cache/dropscribe/models")
    """Folder where models are unpacked or downloaded."""
    download_models: bool = False
    """Whether a stage downloads a model that is not in the folder from the hub."""
    hub_token: str | None = Field(default=None, repr=False)
    """Token for models on the hub that require a licence to be accepted."""


class CostSettings(SettingsGroup):
    """What the cost of a transcript is computed from."""

    resources: dict[str, Resources] = {}
    """CPU, memory and GPU of each function's instances, as JSON: {"align": {"cpu": 1, "memory_gib":
    2, "gpu": null}, …}. Empty: transcripts have no cost."""
    region: str = "us-central1"
    """Where the functions run. Costs are computed only for the region of
    shared/model/prices.toml."""


class JobSettings(SettingsGroup):
    """Leases and attempts of stages, and how long a job's documents are kept."""

    keep_days: int = Field(default=30, ge=1)
    """Days until a job's documents expire. That of a job with an answer stays as long as the
    answer, and so many days more."""
    lease: float = 60
    """Seconds until the part of a worker that died is given to another."""
    heartbeat: float = 15
    """Seconds between renewals of a lease."""
    attempts: int = 3
    """Attempts that may die at the same part before the job fails."""
    stage_deadline: float = 1500
    """Seconds a stage may take. Less than Cloud Run's timeout, which is less than the workflow's
    1800."""


class ReconcileSettings(SettingsGroup):
    """When reconcile starts a run."""

    unanswered_after: float = Field(default=600, ge=0)
    """Seconds that a recording may have neither an answer nor an active run before reconcile starts
    a run."""
    restarts: int = Field(default=5, ge=0)
    """Runs of a job that reconcile starts before it reports a problem instead."""
    recordings_since: AwareDatetime | None = None
    """Time, such as 2026-12-01T00:00:00Z, before which recordings were uploaded that reconcile
    leaves alone: those that were in an inbox before Dropscribe used it. None: it leaves none alone.
    """


class GatewaySettings(SettingsGroup):
    """The HTTP API."""

    cors_origins: tuple[str, ...] = ()
    """Origins of web pages that may call the API and upload, as a JSON list:
    ["https://example.org"]."""
    max_form_megabytes: float | None = Field(default=None, gt=0)
    """Largest recording that a form may upload, in 10^6 bytes. None: as large as a recording may
    be. Cloud Run takes 32 MiB."""
    held_seconds: float = Field(default=3500, gt=0)
    """Seconds for which a request of another API's client is held until its job ends. Less than
    Cloud Run's timeout, which is 3600."""
    storage_on_this_machine: bool = False
    """Whether storage answers this machine only, as that of the one-machine cloud does. Clients on
    other machines then have to upload by a form."""
    requests_per_minute: int = Field(default=6000, ge=1)
    """Requests that one instance answers to one key in a minute."""
    streams_per_key: int = Field(default=40, ge=1)
    """Streams of live events, and requests of other APIs' clients that are held, that one instance
    has for one key at once. Cloud Run gives an instance 80 requests."""
    header_seconds: float = Field(default=30, gt=0)
    """Seconds in which a client must send the header of a request, from the connection's begin or
    the header's first byte. After them the connection is closed."""
    stream_seconds: float = Field(default=900, gt=0)
    """Longest stream of live events. Its client goes on with a further one."""
    gateway_hosts: tuple[str, ...] = ()
    """Host names of the gateway, without ports, as a JSON list. Requests for other hosts are
    refused. Empty: any host."""
    trusted_proxies: int = Field(default=0, ge=0)
    """Proxies in front of the gateway that add to X-Forwarded-For. Cloud Run is
    one."""


def valid_hosts(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the entries. Raises ValueError if one is neither a host name nor a network."""
    AllowedHosts.parse(entries)
    return entries


class WebhookSettings(SettingsGroup):
    """Webhooks."""

    webhook_secret: str | None = Field(default=None, min_length=32, repr=False)
    """Secret from which the secret of each webhook is computed, at least 32 characters. None: there
    are no webhooks."""
    webhook_hosts: Annotated[tuple[str, ...], AfterValidator(valid_hosts)] = ()
    """Hosts and networks that webhooks may call although they are private, as a JSON list of names,
    addresses and networks: ["10.1.0.0/16", "receiver.internal"]. They may also be called without
    TLS."""


class TraceSettings(SettingsGroup):
    """Where traces go."""

    traces: str | None = None
    """Where spans of the jobs are sent, in OpenTelemetry's protocol: `google` for Cloud Trace, an
    http address such as http://127.0.0.1:4318, or the path of a file to which lines of JSON are
    added. None: there are no traces."""


class Settings(BaseModel):
    """All settings of a deployment, by group."""

    model_config = ConfigDict(frozen=True)

    buckets: BucketSettings = Field(default_factory=BucketSettings)
    adapters: AdapterSettings = Field(default_factory=AdapterSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    recordings: RecordingSettings = Field(default_factory=RecordingSettings)
    inference: InferenceSettings = Field(default_factory=InferenceSettings)
    costs: CostSettings = Field(default_factory=CostSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    reconcile: ReconcileSettings = Field(default_factory=ReconcileSettings)
    gateway: GatewaySettings = Field(default_factory=GatewaySettings)
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
    traces: TraceSettings = Field(default_factory=TraceSettings)


@cache
def settings() -> Settings:
    """Returns the settings, which are read from the environment once per process."""
    return Settings()


class SettingField(NamedTuple):
    """How a generated list describes a setting."""

    default: JsonValue
    type: str
    """Type in JSON Schema. A setting whose default is null may also be null."""
    description: str


def setting_fields() -> dict[str, SettingField]:
    """Returns each setting by the name of its environment variable, without the prefix and in lower
    case, in the order of this file."""
    fields = {}
    for group in SettingsGroup.__subclasses__():
        properties = group.model_json_schema()["properties"]
        for name, schema in properties.items():
            type_ = json_type(schema)
            words = schema["description"].split()
            description = " ".join(words)
            field = SettingField(schema["default"], type_, description)
            fields[name] = field
    return fields


def json_type(schema: Schema) -> str:
    """Returns the first type in a JSON Schema that is not `null`."""
    any_of = schema.get("anyOf", [schema])
    alternatives = cast(list[Schema], any_of)
    types = []
    for alternative in alternatives:
        type_ = str(alternative["type"])
        if type_ != "null":
            types.append(type_)
    return types[0]
