"""What an endpoint is sent: a small body without a spoken word, signed by Standard Webhooks 1.0.0.

See https://www.standardwebhooks.com.
"""

from datetime import datetime

from standardwebhooks import Webhook

from functions.notify.pushed_event import PushedEvent
from shared import __version__
from shared.model.api_paths import job_path
from shared.model.batches import BATCH_DONE, BatchPayload, batch_end
from shared.model.contracts import JobEvent
from shared.model.object_metadata import client_metadata
from shared.model.webhooks import (
    PayloadData,
    PayloadLinks,
    WebhookPayload,
    WebhookTest,
    WebhookTestData,
)
from shared.ports.blobs import JSON

USER_AGENT = f"Dropscribe/{__version__}"


def payload(event: PushedEvent, webhook_id: str) -> bytes:
    """Returns the body that an endpoint is sent. It is the same at each try."""
    body: WebhookPayload | BatchPayload | WebhookTest
    if event.batch is not None:
        ended = event.batch
        end = batch_end(ended.batch_id, ended.counts, ended.metadata)
        body = BatchPayload(type=BATCH_DONE, timestamp=event.time, data=end)
    elif event.job is None:
        test_data = WebhookTestData(webhook_id=webhook_id)
        body = WebhookTest(timestamp=event.time, data=test_data)
    else:
        data = job_data(event.job)
        body = WebhookPayload.model_validate(
            {"type": event.type, "timestamp": event.time, "data": data}
        )
    return body.model_dump_json().encode()


def job_data(job: JobEvent) -> PayloadData:
    """Returns how a job ended, with the addresses at which the rest can be read with a key."""
    path = job_path(job.job_id)
    has_transcript = job.state == "done"
    return PayloadData(
        job_id=job.job_id,
        name=job.source.name,
        run=job.run,
        state=job.state,
        problem_type=job.problem_type,
        warnings=job.warnings,
        metadata=client_metadata(job.tags),
        links=PayloadLinks(job=path, transcript=f"{path}/transcript" if has_transcript else None),
    )


def signed_headers(
    event_id: str, body: bytes, secrets: list[str], time: datetime
) -> dict[str, str]:
    """Returns the headers of a try: with a signature by each secret, so that a receiver may know
    either while they are rotated. They are valid for five minutes from `time` on."""
    signatures = [Webhook(secret).sign(event_id, time, body.decode()) for secret in secrets]
    return {
        "Content-Type": JSON,
        "User-Agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(time.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
