"""The processes of the one-machine cloud: what is started, with which environment."""

import json
import os
import sys
from dataclasses import dataclass

from local.layout import EXECUTIONS, FUNCTIONS, INBOX, OUTBOX, ROOT, STAGES, WORK, Layout, Ports
from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.settings import settings

AUDIENCE = "dropscribe"
IMAGES = "DROPSCRIBE_IMAGES"
"""The functions that are containers, as JSON: {"prepare": "dropscribe/prepare"}. The others are
processes."""
SWEEP_SECONDS = 60
"""Between two calls of reconcile."""
CORES = os.cpu_count() or 1
WORKERS = {name: spec.workers(CORES) for name, spec in FUNCTION_SPECS.items()}
"""Worker processes by function."""


@dataclass(frozen=True)
class Process:
    """A process to be kept running. `/health` on its port answers once it is ready for work."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    port: int


def slots(stage: str) -> int:
    """Requests that a stage works on at once; the runner lets the others wait in order."""
    return WORKERS[stage] * FUNCTION_SPECS[stage].local_threads


def processes(home: Layout) -> list[Process]:
    ports = home.ports()
    return [
        bucket(home, ports),
        runner(home, ports),
        *(function(name, home, ports) for name in FUNCTIONS),
    ]


def bucket(home: Layout, ports: Ports) -> Process:
    events = f"{ports.url('runner')}/events"
    data = str(home.folder / "buckets")
    return python(
        "bucket",
        ports,
        "-m",
        "emulators.storage",
        "--data",
        data,
        "--notify",
        events,
        "--watch",
        INBOX,
    )


def runner(home: Layout, ports: Ports) -> Process:
    stages = [f"STAGE_URL_{stage.upper()}={ports.url(stage)}" for stage in STAGES]
    variables = [
        word for pair in (*stages, f"STAGE_AUDIENCE={AUDIENCE}") for word in ("--env", pair)
    ]
    waiting = [
        word for stage in STAGES for word in ("--slots", f"{ports.url(stage)}={slots(stage)}")
    ]
    workflow = ("--workflow", str(ROOT / "workflows" / "transcription.yaml"), "--inbox", INBOX)
    data = ("--data", str(home.folder / "executions"))
    grpc = ("--grpc-port", str(ports.ports[EXECUTIONS]))
    schedule = ("--schedule", f"{ports.url('reconcile')}={SWEEP_SECONDS}")
    return python(
        "runner",
        ports,
        "-m",
        "emulators.workflows",
        *workflow,
        *data,
        *grpc,
        *variables,
        *waiting,
        *schedule,
    )


def python(name: str, ports: Ports, *arguments: str) -> Process:
    port = ports.ports[name]
    return Process(name, (sys.executable, *arguments, "--port", str(port)), {}, port)


def function(stage: str, home: Layout, ports: Ports) -> Process:
    """A functions-framework process, as in the image; or the image, where DROPSCRIBE_IMAGES names
    one."""
    port = ports.ports[stage]
    environment = {
        **client_environment(home, ports),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WORKERS": str(WORKERS[stage]),
        "THREADS": str(FUNCTION_SPECS[stage].local_threads),
        "K_SERVICE": stage,
        "TMPDIR": str(home.temp(stage)),
    }
    images = json.loads(os.environ.get(IMAGES, "{}"))
    if stage in images:
        return Process(
            stage, container(images[stage], stage, home, port, environment), environment, port
        )
    source = {
        "FUNCTION_SOURCE": str(ROOT / "functions" / stage / "main.py"),
        "FUNCTION_TARGET": "main",
    }
    return Process(stage, (sys.executable, "-m", "functions_framework"), environment | source, port)


def container(
    image: str, stage: str, home: Layout, port: int, environment: dict[str, str]
) -> tuple[str, ...]:
    """It hears of the settings, but for this machine's folders: models and a temporary one are in
    the image."""
    settings_of_ours = {name for name in os.environ if name.startswith("DROPSCRIBE_")}
    variables = sorted(
        (settings_of_ours | environment.keys())
        - {"DROPSCRIBE_MODELS", "DROPSCRIBE_HOME", "TMPDIR", IMAGES}
    )
    name = f"dropscribe-{stage}-{port}"
    return (sys.executable, "-m", "local.container", image, name, str(home.jobs.parent), *variables)


def client_environment(home: Layout, ports: Ports) -> dict[str, str]:
    """What points any Cloud Storage client, and our settings, at this cloud. What is set already
    stays."""
    ours = {
        "GOOGLE_CLOUD_PROJECT": "dropscribe-local",
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_CHUNK_SECONDS": "60",
        "DROPSCRIBE_UNANSWERED_AFTER": "60",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": str(int(not settings().download_models)),
    }
    return {
        "PYTHONDONTWRITEBYTECODE": "",  # or each start compiles our modules anew
        **{name: os.environ.get(name, value) for name, value in ours.items()},
        "STORAGE_EMULATOR_HOST": ports.url("bucket"),
        "DROPSCRIBE_INBOX": INBOX,
        "DROPSCRIBE_OUTBOX": OUTBOX,
        "DROPSCRIBE_WORK": WORK,
        "DROPSCRIBE_EXECUTIONS_HOST": f"127.0.0.1:{ports.ports[EXECUTIONS]}",
        "DROPSCRIBE_JOB_DATABASE": str(home.jobs),
    }
