"""The steps of docs/unproved.md that a program can do, by their titles. Each says what it saw."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from google.cloud.workflows.executions_v1 import Execution

from local import smoke
from local.deployment import Deployment, Failed
from shared.adapters.gcs import GcsBlobs
from shared.model.contracts import Source
from shared.ports.documents import Document
from shared.runtime.wiring import job_store
from tests.deployed.api import api_refuses_strangers, api_transcribes
from tests.deployed.job_events import job_event_is_published
from tests.deployed.looking import (
    TIMEOUT,
    CannotLook,
    Seen,
    command,
    execute,
    execution_of,
    executions,
    gcloud,
    known,
    on_google,
)
from tests.support.recordings import sample

Check = Callable[[Deployment], Seen]


def uploaded(
    deployment: Deployment, name: str = "call.wav", metadata: Mapping[str, str] | None = None
) -> Source:
    """The packaged recording, in a folder of its own."""
    return smoke.upload(deployment, f"unproved/{uuid.uuid4().hex[:8]}/{name}", sample(), metadata)


def came_to(deployment: Deployment, argument: str, expected: object) -> Seen:
    """Execute the workflow; its result should be that."""
    ended = execute(deployment, argument)
    fine = ended.state == Execution.State.SUCCEEDED and json.loads(ended.result) == expected
    return Seen(f"{ended.state.name} {ended.result or ended.error.payload}", fine)


def execution_at_its_end(deployment: Deployment, source: Source) -> Execution:
    """The upload's. The answer is there a moment before."""
    deadline = time.monotonic() + TIMEOUT
    while (found := execution_of(deployment, source.name)).state == Execution.State.ACTIVE:
        if time.monotonic() > deadline:
            raise Failed(f"{found.name} has given its answer and does not end")
        time.sleep(1)
    return found


def second_plan_is_empty(deployment: Deployment) -> Seen:
    on_google(deployment)
    done = command(
        "terraform", "-chdir=terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color"
    )
    if done.returncode not in (0, 2):
        raise CannotLook(f"terraform plan: {done.stderr.strip()[-300:]}")
    lines = [line for line in done.stdout.splitlines() if line.startswith(("Plan:", "No changes"))]
    return Seen(" ".join(lines), done.returncode == 0)


def recording_is_transcribed(deployment: Deployment) -> Seen:
    transcript = smoke.wait_for_transcript(deployment, uploaded(deployment))
    return Seen(
        f"{len(transcript['words'])} words by {len(transcript['speakers'])} speakers",
        bool(transcript["words"]),
    )


def every_function_starts(deployment: Deployment) -> Seen:
    project, region = on_google(deployment)
    listed = gcloud("run", "services", "list", f"--project={project}", f"--region={region}")
    urls = set(deployment.services.values())
    ready = {
        each["metadata"]["name"]: is_ready(each["status"])
        for each in listed
        if urls & addresses(each)
    }
    told = ", ".join(
        f"{name} {'ready' if fine else 'not ready'}" for name, fine in sorted(ready.items())
    )
    return Seen(
        f"{len(ready)} of {len(urls)} services: {told}",
        len(ready) == len(urls) and all(ready.values()),
    )


def addresses(service: Mapping[str, Any]) -> set[str]:
    """Each service has two URLs, an older form and a newer one."""
    others = service["metadata"].get("annotations", {}).get("run.googleapis.com/urls", "[]")
    return {service["status"].get("url"), *json.loads(others)}


def is_ready(status: Mapping[str, Any]) -> bool:
    return any(
        each["type"] == "Ready" and each["status"] == "True" for each in status["conditions"]
    )


def calls_from_outside_are_refused(deployment: Deployment) -> Seen:
    if not deployment.services:
        raise CannotLook("this deployment tells no URLs of its functions")
    internal = {name: url for name, url in deployment.services.items() if name != "gateway"}
    answers = {name: requests.get(url, timeout=60).status_code for name, url in internal.items()}
    told = ", ".join(f"{name} {status}" for name, status in answers.items())
    return Seen(told, all(status in (403, 404) for status in answers.values()))


def workflow_is_active(deployment: Deployment) -> Seen:
    project, region = on_google(deployment)
    name = known(deployment.workflow, "workflow").rpartition("/")[2]
    found = gcloud("workflows", "describe", name, f"--project={project}", f"--location={region}")
    return Seen(f"state {found['state']}", found["state"] == "ACTIVE")


def options_are_ignored(deployment: Deployment) -> Seen:
    source = {"bucket": deployment.inbox, "name": "team/options.json", "generation": 1}
    return came_to(
        deployment, json.dumps({"source": source, "run": 1, "options": {}}), {"ignored": True}
    )


def errors_in_branches_keep_their_problem(deployment: Deployment) -> Seen:
    source = uploaded(deployment, metadata={"model": "no-such-model"})
    mark, content = smoke.wait_for_answer(deployment, source)
    execution = execution_at_its_end(deployment, source)
    type_ = content.get("type", "no type")
    fine = type_.endswith(":model-unavailable") and execution.state == Execution.State.FAILED
    return Seen(f"{mark}: {type_}; execution {execution.state.name}", fine)


def payload_is_known(deployment: Deployment) -> Seen:
    source = uploaded(deployment)
    smoke.wait_for_transcript(deployment, source)
    data = json.loads(execution_of(deployment, source.name).argument)["data"]
    told = {name: data.get(name) for name in ("bucket", "generation")}
    right = (data.get("bucket"), str(data.get("generation"))) == (
        source.bucket,
        str(source.generation),
    )
    return Seen(f"{told}, generation as {type(data.get('generation')).__name__}", right)


def names_have_no_escapes(deployment: Deployment) -> Seen:
    source = uploaded(deployment, "ünïcode/日本語 #1?.wav")
    smoke.wait_for_transcript(deployment, source)
    event = json.loads(execution_of(deployment, source.name).argument)
    return Seen(f"data.name is {event['data']['name']!r}", True)


def only_uploads_start_executions(deployment: Deployment) -> Seen:
    arguments = [json.loads(each.argument or "{}") for each in executions(deployment)]
    buckets = {
        str((each.get("data") or each.get("source") or {}).get("bucket")) for each in arguments
    }
    return Seen(
        f"{len(arguments)} executions, for objects of {', '.join(sorted(buckets))}",
        buckets == {deployment.inbox},
    )


def duplicates_are_recognised(deployment: Deployment) -> Seen:
    source = uploaded(deployment)
    smoke.wait_for_transcript(deployment, source)
    return came_to(
        deployment, execution_at_its_end(deployment, source).argument, {"duplicate": True}
    )


def redrives_reuse(deployment: Deployment) -> Seen:
    source = uploaded(deployment)
    smoke.wait_for_transcript(deployment, source)
    execution_at_its_end(deployment, source)
    execution = execute(
        deployment, json.dumps({"source": source.model_dump(), "run": 2, "options": {}})
    )
    transcript = smoke.wait_for_transcript(deployment, source)
    reused = [stage["reused"] for stage in transcript["timings"]["stages"]]
    run = transcript["job"]["run"]
    told = f"{execution.state.name}, run {run}, {sum(reused)} of {len(reused)} stages reused"
    return Seen(told, run == 2 and all(reused))


def preconditions_hold(deployment: Deployment) -> Seen:
    blobs, uri = (
        GcsBlobs(),
        f"gs://{known(deployment.work, 'work bucket')}/unproved/{uuid.uuid4().hex}.json",
    )
    digest = hashlib.sha256(b"{}").hexdigest()
    first, second = (blobs.put_if_absent(uri, b"{}", digest).generation for _ in range(2))
    wrong = blobs.put(uri, b"[]", if_generation_match=first + 1)
    right = blobs.put(uri, b"[]", if_generation_match=first)
    old = blobs.delete(uri, first)
    gone = right is not None and blobs.delete(uri, right)
    told = f"written once only: {first == second}"
    told += (
        f"; replaced a wrong generation: {wrong is not None}, the right one: {right is not None}"
    )
    told += f"; deleted an old one: {old}, the right one: {gone}"
    return Seen(told, first == second and wrong is None and right is not None and not old and gone)


def newer_generations_win(deployment: Deployment) -> Seen:
    older = uploaded(deployment)
    newer = smoke.upload(deployment, older.name, sample(), if_generation_match=older.generation)
    transcript = smoke.wait_for_transcript(deployment, newer)
    generation = transcript["job"]["generation"]
    return Seen(f"the answer is for generation {generation}", generation == newer.generation)


def documents_compare_and_set(deployment: Deployment) -> Seen:
    documents, path = job_store().documents, f"unproved/{uuid.uuid4().hex}"
    now = datetime.now(UTC).isoformat()
    document: Document = {"updated": now, "expires": now}
    made = [documents.put(path, document, if_version=None) for _ in range(2)]
    found = documents.get(path)
    version = found[1] if found else None
    written = [documents.put(path, document, if_version=version) for _ in range(2)]
    documents.delete(path)
    told = f"created twice: {made}; written twice over one version: {written}"
    return Seen(told, made == written == [True, False])


def documents_expire(deployment: Deployment) -> Seen:
    project, _ = on_google(deployment)
    where = (f"--project={project}", f"--database={known(deployment.database, 'database')}")
    states: dict[str, str] = {}
    groups = {
        "jobs",
        "tasks",
        "reconcile",
        "keys",
        "sessions",
        "login_codes",
        "uploads",
        "events",
        "batches",
        "webhooks",
        "deliveries",
    }
    for group in sorted(groups):
        fields = gcloud(
            "firestore", "fields", "ttls", "list", f"--collection-group={group}", *where
        )
        states |= {each["name"].split("/")[-3]: each["ttlConfig"]["state"] for each in fields}
    fine = states.keys() >= groups and set(states.values()) <= {"ACTIVE", "CREATING"}
    return Seen(
        ", ".join(f"{group} {state}" for group, state in sorted(states.items()))
        or "no field expires",
        fine,
    )


def transcript_has_a_cost(deployment: Deployment) -> Seen:
    cost = smoke.wait_for_transcript(deployment, uploaded(deployment))["cost"]
    if cost is None:
        reason = "cost is null; correct if shared/model/prices.toml has no prices for the region"
        return Seen(reason, False)
    return Seen(
        f"{cost['total']} {cost['currency']}: {cost['items']}",
        all(value > 0 for value in cost["items"].values()),
    )


CHECKS: dict[str, Check] = {
    "A second plan is empty": second_plan_is_empty,
    "A recording is transcribed": recording_is_transcribed,
    "Every function starts": every_function_starts,
    "Calls from outside are refused": calls_from_outside_are_refused,
    "The workflow is accepted": workflow_is_active,
    "An object that is not a recording is ignored": options_are_ignored,
    "An error in a parallel branch": errors_in_branches_keep_their_problem,
    "The payload": payload_is_known,
    "Names": names_have_no_escapes,
    "Only uploads start executions": only_uploads_start_executions,
    "Duplicates": duplicates_are_recognised,
    "Redrive": redrives_reuse,
    "Preconditions": preconditions_hold,
    "Generations": newer_generations_win,
    "Compare and set": documents_compare_and_set,
    "Time to live": documents_expire,
    "A job event is published": job_event_is_published,
    "The cost of a job": transcript_has_a_cost,
    "The API refuses strangers": api_refuses_strangers,
    "Smoke through the API": api_transcribes,
}
