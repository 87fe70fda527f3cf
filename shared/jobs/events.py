"""Logs the end of a job, once, and publishes it as a CloudEvent, at least once, after its answer is
written.

The write that ends a job marks its notification as due, and it is marked as sent only after the end
was logged and the event was published. If a process dies in between, the notification stays due and
reconcile does the rest. All copies of an event have the same id.
"""

from datetime import datetime

from cloudevents.http import CloudEvent

from shared.jobs.batch import final_state
from shared.jobs.batch_store import BatchStore
from shared.jobs.event_log import event_log_of
from shared.jobs.job import Job
from shared.jobs.logged_event import JOB_TYPE, LoggedEvent
from shared.jobs.store import JobStore
from shared.model.contracts import JobEvent, Source
from shared.ports.blobs import JSON
from shared.ports.events import EventPublisher

SOURCE = "urn:dropscribe:inbox:"
"""Followed by the bucket."""


def publish_job_event(job_id: str, jobs: JobStore, publisher: EventPublisher | None) -> bool:
    """Log how the job's current run ended, and publish it where there is a publisher, if that is
    due. Returns whether it was due.

    Raises JobStoreUnavailable or EventsUnavailable.
    """
    job = jobs.find(job_id)
    if job is None or job.notification != "due":
        return False
    event_log_of(jobs).append(job)
    state = final_state(job)
    if state is not None:
        BatchStore(jobs, publisher).record_end(job_id, state)
    if publisher is not None:
        publisher.publish(cloud_event(job))
    jobs.mark_notified(job)
    return True


def cloud_event(job: Job) -> CloudEvent:
    """Returns the event of a job that has ended. It is the same each time."""
    ended = job.ended or job.updated
    return event_with(job.event_id, ended, job_event(job))


def logged_cloud_event(entry: LoggedEvent, source: Source) -> CloudEvent:
    """Returns the event of a run that has ended, which may not be the job's last one. It has no
    outputs: those are of the last run."""
    ended = entry.ended_job
    fields = {
        "job_id": ended.job_id,
        "source": source,
        "run": ended.run,
        "state": entry.state,
        "outputs": {},
        "problem_type": ended.problem_type,
        "warnings": ended.warnings,
        "tags": ended.tags,
    }
    event = JobEvent.model_validate(fields)
    return event_with(entry.event_id, entry.time, event)


def event_with(event_id: str, time: datetime, event: JobEvent) -> CloudEvent:
    """Returns the CloudEvent with these data."""
    attributes = {
        "id": event_id,
        "source": f"{SOURCE}{event.source.bucket}",
        "type": f"{JOB_TYPE}{event.state}",
        "subject": event.source.name,
        "time": time.isoformat(),
        "datacontenttype": JSON,
    }
    data = event.model_dump(mode="json")
    return CloudEvent(attributes, data)


def job_event(job: Job) -> JobEvent:
    """Returns the event's data: URIs and the problem's type, but nothing of the transcript."""
    fields = {
        "job_id": job.job_id,
        "source": job.source,
        "run": job.run,
        "state": job.state,
        "outputs": job.results,
        "problem_type": job.problem.type if job.problem else None,
        "warnings": job.warnings,
        "tags": job.tags,
    }
    return JobEvent.model_validate(fields)
