"""Logs the end of a job, once, and publishes it as a CloudEvent, at least once, after its answer is
written.

The write that ends a job marks its notification as due, and it is marked as sent only after the end
was logged and the event was published. If a process dies in between, the notification stays due and
reconcile does the rest. All copies of an event have the same id.
"""

from cloudevents.http import CloudEvent

from shared.jobs.event_log import event_log_of
from shared.jobs.job import Job
from shared.jobs.logged_event import JOB_TYPE
from shared.jobs.store import JobStore
from shared.model.contracts import JobEvent
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
    if publisher is not None:
        publisher.publish(cloud_event(job))
    jobs.mark_notified(job)
    return True


def cloud_event(job: Job) -> CloudEvent:
    """Returns the event of a job that has ended. It is the same each time."""
    ended = job.ended or job.updated
    attributes = {
        "id": job.event_id,
        "source": f"{SOURCE}{job.source.bucket}",
        "type": f"{JOB_TYPE}{job.state}",
        "subject": job.source.name,
        "time": ended.isoformat(),
        "datacontenttype": JSON,
    }
    data = job_event(job).model_dump(mode="json")
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
