"""What is told when a job has ended: a CloudEvent, at least once, after its answer stands.

The write that settles a job notes that its end is to be told, and that is taken back only after the
event was published. Whoever dies in between leaves it noted, for reconcile. All copies of an event
have the same id.
"""

from cloudevents.http import CloudEvent

from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.contracts import JobEvent
from shared.ports.blobs import JSON
from shared.ports.events import EventPublisher

SOURCE = "urn:dropscribe:inbox:"
"""And the bucket."""
TYPE = "dropscribe.job."
"""And the state: dropscribe.job.done, .failed, .cancelled."""


def publish_job_event(job_id: str, jobs: JobStore, completions: EventPublisher) -> bool:
    """Tell how the job's current run ended, if that is due; whether it was."""
    job = jobs.find(job_id)
    if job is None or job.notification != "due":
        return False
    completions.publish(cloud_event(job))
    jobs.mark_notified(job)
    return True


def cloud_event(job: Job) -> CloudEvent:
    """The event of a settled job: the same each time it is made."""
    attributes = {
        "id": f"{job.job_id}-{job.run}-{job.state}",
        "source": f"{SOURCE}{job.source.bucket}",
        "type": f"{TYPE}{job.state}",
        "subject": job.source.name,
        "time": (job.ended or job.updated).isoformat(),
        "datacontenttype": JSON,
    }
    return CloudEvent(attributes, job_event(job).model_dump(mode="json"))


def job_event(job: Job) -> JobEvent:
    return JobEvent.model_validate(
        {
            "job_id": job.job_id,
            "source": job.source,
            "run": job.run,
            "state": job.state,
            "outputs": job.results,
            "problem_type": job.problem.type if job.problem else None,
        }
    )
