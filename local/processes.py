"""The processes of the one-machine cloud: their commands and environments."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from local.layout import (
    EXECUTIONS,
    FUNCTIONS,
    INBOX,
    LOOPBACK,
    OUTBOX,
    ROOT,
    STAGES,
    WORK,
    Layout,
    Ports,
)
from local.webhook_secret import ensure_webhook_secret
from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.settings import settings

AUDIENCE = "dropscribe"
GATEWAY_HOSTS = "DROPSCRIBE_GATEWAY_HOSTS"
IMAGES = "DROPSCRIBE_IMAGES"
"""Environment variable with the functions that run in containers, as JSON:
{"prepare": "dropscribe/prepare"}. The others run as plain processes."""
JOB_DOCUMENTS = "shared.adapters.sqlite:SqliteDocuments"
"""Class of the documents that hold the jobs, unless DROPSCRIBE_JOB_DOCUMENTS names another."""
EVENT_QUEUE = "shared.adapters.queued_events:open_queue"
"""Function that opens the queue of job events, unless DROPSCRIBE_EVENT_QUEUE names another."""
WITH_WEBHOOKS = ("gateway", "notify")
"""Functions that know the secret of webhooks."""
WEBHOOK_HOSTS = '["127.0.0.1", "::1", "localhost"]'
"""Private hosts that webhooks may call, unless DROPSCRIBE_WEBHOOK_HOSTS names others: this machine,
also without TLS."""
SWEEP_SECONDS = 60
"""Seconds between two calls of reconcile."""
CORES = os.cpu_count() or 1
MEMORY_GIB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


@dataclass(frozen=True)
class Process:
    """A process to keep running. It is ready once its health path answers."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    port: int


def workers(cores: int, memory_gib: float) -> dict[str, int]:
    """Returns how many worker processes of each function a machine runs.

    It runs the spare ones if all models together, as large as on Google Cloud, fit into its memory.
    """
    needed = {name: spec.workers_per_job(cores) for name, spec in FUNCTION_SPECS.items()}
    wanted = {name: needed[name] + spec.spare_workers for name, spec in FUNCTION_SPECS.items()}
    memory_of_models = 0.0
    for name, spec in FUNCTION_SPECS.items():
        if spec.has_model:
            memory_of_models += wanted[name] * spec.resources.memory_gib
    if memory_of_models > memory_gib:
        return needed
    return wanted


WORKERS = workers(CORES, MEMORY_GIB)
"""Worker processes by function."""


def slots(stage: str) -> int:
    """Returns the number of requests that a stage serves at once. The runner queues the others."""
    return WORKERS[stage] * FUNCTION_SPECS[stage].local_threads


def share(stage: str) -> int:
    """Returns how many of a stage's slots one job may have beside others. The rest is for them."""
    spec = FUNCTION_SPECS[stage]
    return spec.workers_per_job(CORES) * spec.local_threads


def images() -> dict[str, str]:
    """Returns the image of each function that runs in a container."""
    text = os.environ.get(IMAGES, "{}")
    found: dict[str, str] = json.loads(text)
    return found


def processes(home: Layout) -> list[Process]:
    """Returns all processes, in the order in which they are started."""
    ports = home.ports()
    services = [storage(home, ports), workflows(home, ports), bridge(home, ports)]
    functions = [function(name, home, ports) for name in FUNCTIONS]
    return services + functions


def storage(home: Layout, ports: Ports) -> Process:
    """Returns the storage emulator, which sends finalize events of the inbox to the runner."""
    arguments = {
        "--data": str(home.folder / "buckets"),
        "--notify": f"{ports.url('workflows')}/events",
        "--watch": INBOX,
    }
    return service("storage", "emulators.storage", ports, list(arguments.items()))


def workflows(home: Layout, ports: Ports) -> Process:
    """Returns the workflow runner, which also calls reconcile on a schedule."""
    arguments = [
        ("--workflow", str(ROOT / "workflows" / "transcription.yaml")),
        ("--inbox", INBOX),
        ("--data", str(home.folder / "executions")),
        ("--grpc-port", str(ports.ports[EXECUTIONS])),
        ("--schedule", f"{ports.url('reconcile')}={SWEEP_SECONDS}"),
        ("--env", f"STAGE_AUDIENCE={AUDIENCE}"),
        ("--cores", str(CORES)),
    ]
    for stage in STAGES:
        url = ports.url(stage)
        arguments.append(("--env", f"STAGE_URL_{stage.upper()}={url}"))
        arguments.append(("--slots", f"{url}={slots(stage)}"))
        arguments.append(("--share", f"{url}={share(stage)}"))
        if FUNCTION_SPECS[stage].lends_spare:
            arguments.append(("--alone", f"{url}={slots(stage)}"))
    return service("workflows", "emulators.workflows", ports, arguments)


def bridge(home: Layout, ports: Ports) -> Process:
    """Returns the process that pushes job events to notify."""
    arguments = [("--notify", ports.url("notify"))]
    process = service("bridge", "local.bridge", ports, arguments)
    environment = client_environment(home, ports)
    return replace(process, environment=environment)


def service(name: str, module: str, ports: Ports, arguments: Sequence[tuple[str, str]]) -> Process:
    """Returns the process of a Python module with command-line options (name, value)."""
    port = ports.ports[name]
    command = [sys.executable, "-m", module]
    for option, value in arguments:
        command += [option, value]
    command += ["--port", str(port)]
    return Process(name, tuple(command), {}, port)


def function(name: str, home: Layout, ports: Ports) -> Process:
    """Returns a functions-framework process, or a container if DROPSCRIBE_IMAGES has its image."""
    port = ports.ports[name]
    environment = {
        **client_environment(home, ports),
        "HOST": ports.gateway_host if name == "gateway" else LOOPBACK,
        "PORT": str(port),
        "WORKERS": str(WORKERS[name]),
        "THREADS": str(FUNCTION_SPECS[name].local_threads),
        "K_SERVICE": name,
        "TMPDIR": str(home.temp(name)),
    }
    if name in WITH_WEBHOOKS:
        environment |= webhook_environment(home)
    if name == "gateway":
        environment["DROPSCRIBE_STORAGE_ON_THIS_MACHINE"] = "true"
    in_containers = images()
    if name in in_containers:
        command = container(in_containers[name], name, home, port, environment)
        return Process(name, command, environment, port)
    if name == "gateway":
        hosts = os.environ.get(GATEWAY_HOSTS, '["127.0.0.1", "localhost"]')
        environment[GATEWAY_HOSTS] = hosts  # so that no page of another name reaches this machine
        return Process(name, (sys.executable, "-m", "functions.gateway.main"), environment, port)
    environment["FUNCTION_SOURCE"] = str(ROOT / "functions" / name / "main.py")
    environment["FUNCTION_TARGET"] = "main"
    return Process(name, (sys.executable, "-m", "functions_framework"), environment, port)


def container(
    image: str, function: str, home: Layout, port: int, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Returns the command that runs a function's image.

    The container gets our settings, except for folders of this machine: the image brings its
    models, and has a temporary folder of its own.
    """
    names = set(environment)
    names |= {name for name in os.environ if name.startswith("DROPSCRIBE_")}
    names -= {"DROPSCRIBE_MODELS", "DROPSCRIBE_HOME", "TMPDIR", IMAGES}
    container_name = f"dropscribe-{function}-{port}"
    job_folder = str(home.jobs.parent)
    command = [sys.executable, "-m", "local.container"]
    command += [image, container_name, job_folder]
    command += sorted(names)
    return tuple(command)


def webhook_environment(home: Layout) -> dict[str, str]:
    """Returns the settings of webhooks. Variables that are set already keep their values."""
    secret = os.environ.get("DROPSCRIBE_WEBHOOK_SECRET") or ensure_webhook_secret(home)
    hosts = os.environ.get("DROPSCRIBE_WEBHOOK_HOSTS", WEBHOOK_HOSTS)
    return {"DROPSCRIBE_WEBHOOK_SECRET": secret, "DROPSCRIBE_WEBHOOK_HOSTS": hosts}


def client_environment(home: Layout, ports: Ports) -> dict[str, str]:
    """Returns the environment that points Google's clients and our settings at this cloud.

    Variables that are set already keep their values, except for the cloud's addresses.
    """
    defaults = {
        "GOOGLE_CLOUD_PROJECT": "dropscribe-local",
        "DROPSCRIBE_JOB_DOCUMENTS": JOB_DOCUMENTS,
        "DROPSCRIBE_EVENT_QUEUE": EVENT_QUEUE,
        "DROPSCRIBE_CHUNK_SECONDS": "60",
        "DROPSCRIBE_UNANSWERED_AFTER": "60",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": str(int(not settings().inference.download_models)),
    }
    chosen = {name: os.environ.get(name, value) for name, value in defaults.items()}
    return {
        "PYTHONDONTWRITEBYTECODE": "",  # without bytecode every start compiles our modules again
        **chosen,
        "STORAGE_EMULATOR_HOST": ports.url("storage"),
        "DROPSCRIBE_INBOX": INBOX,
        "DROPSCRIBE_OUTBOX": OUTBOX,
        "DROPSCRIBE_WORK": WORK,
        "DROPSCRIBE_EXECUTIONS_HOST": ports.address(EXECUTIONS),
        "DROPSCRIBE_JOB_DATABASE": str(home.jobs),
    }
