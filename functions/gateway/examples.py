"""Examples of the bodies of the HTTP API, for its OpenAPI document.

They are about one recording. A test holds that each is a body of its model, and that every model
has one.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from shared.model.stages import STAGES

JOB_ID = "9a4f0e4a1f0c2b7d3e55"
KEY_ID = "3f9c2a7d10b54e66"

JOB_LINKS: dict[str, JsonValue] = {
    "self": f"/api/v1/jobs/{JOB_ID}",
    "transcript": f"/api/v1/jobs/{JOB_ID}/transcript",
    "audio": f"/api/v1/jobs/{JOB_ID}/audio",
}
JOB_SUMMARY: dict[str, JsonValue] = {
    "id": JOB_ID,
    "name": "team-a/call.wav",
    "state": "done",
    "run": 1,
    "created": "2026-11-28T09:30:00Z",
    "updated": "2026-11-28T09:30:12Z",
    "started": "2026-11-28T09:30:01Z",
    "ended": "2026-11-28T09:30:12Z",
    "problem": None,
    "warnings": [],
    "formats": ["json", "srt", "vtt", "txt", "rttm", "ctm"],
    "metadata": {"order-id": "77"},
    "links": JOB_LINKS,
}
JOB_VIEW: dict[str, JsonValue] = {
    **JOB_SUMMARY,
    "options": {"language": {"value": "en", "origin": "object metadata"}},
    "progress": {
        "stages": [{"stage": stage, "done": 1, "of": 1, "seconds": 2.5} for stage in STAGES],
        "share": 1.0,
        "eta_seconds": None,
    },
    "waiting": None,
}
WAITING: dict[str, JsonValue] = {
    "reason": "at_work",
    "parts": {"transcribe": 2, "diarize": 1},
    "since": "2026-11-28T09:30:04Z",
    "problem": None,
}
QUEUED_JOB: dict[str, JsonValue] = {
    "job": {**JOB_SUMMARY, "state": "running", "ended": None, "formats": []},
    "waiting": WAITING,
}
STAGE_SPENDING: dict[str, JsonValue] = {"done": 1, "seconds": 2.5, "reused": 0, "failed": 0}
JOB_SPENDING: dict[str, JsonValue] = {
    "id": JOB_ID,
    "name": "team-a/call.wav",
    "state": "done",
    "run": 1,
    "ended": "2026-11-28T09:30:12Z",
    "audio_seconds": 30.0,
    "stages": {"transcribe": STAGE_SPENDING},
    "items": {"transcribe": 0.00007875, "workflow": 0.00061},
    "cost_usd": 0.00068875,
}
FEED_EVENT: dict[str, JsonValue] = {
    "type": "dropscribe.job.done",
    "timestamp": "2026-11-28T09:30:12Z",
    "data": {
        "job_id": JOB_ID,
        "name": "team-a/call.wav",
        "run": 1,
        "state": "done",
        "problem_type": None,
        "warnings": [],
        "metadata": {"order-id": "77"},
        "links": {
            "job": f"/api/v1/jobs/{JOB_ID}",
            "transcript": f"/api/v1/jobs/{JOB_ID}/transcript",
        },
    },
    "id": f"{JOB_ID}-1-done",
    "cursor": "q0x1eT2…",
}
EDITS: dict[str, JsonValue] = {
    "speakers": {"S1": "Anna Weber"},
    "merges": {"S3": "S1"},
    "words": {"17": "Sondermann"},
    "sentences": {"4": "S2"},
    "kept": ["suspect-0"],
    "dropped": ["gap-0"],
}
EDITS_VIEW: dict[str, JsonValue] = {
    **EDITS,
    "base": 1,
    "revision": 2,
    "updated": "2026-11-28T10:02:00Z",
    "unapplied": [],
    "drawn": False,
}
BATCH_ID = "b-51c0b7f2a9d34e6f8a10"
BATCH_VIEW: dict[str, JsonValue] = {
    "id": BATCH_ID,
    "state": "open",
    "created": "2026-11-28T09:30:00Z",
    "ended": None,
    "counts": {"jobs": 1, "pending": 1, "done": 0, "failed": 0, "cancelled": 0, "erased": 0},
    "metadata": {"case": "12"},
    "jobs": [{"id": JOB_ID, "state": None, "link": f"/api/v1/jobs/{JOB_ID}"}],
}
BATCH_PAYLOAD: dict[str, JsonValue] = {
    "type": "dropscribe.batch.done",
    "timestamp": "2026-11-28T09:30:12Z",
    "data": {
        "batch_id": BATCH_ID,
        "counts": {"jobs": 1, "pending": 0, "done": 1, "failed": 0, "cancelled": 0, "erased": 0},
        "metadata": {"case": "12"},
        "links": {"batch": f"/api/v1/batches/{BATCH_ID}"},
    },
}
UPLOAD_VIEW: dict[str, JsonValue] = {
    "id": "u_6b1c",
    "name": "team-a/lecture.m4a",
    "size": 524288000,
    "state": "open",
    "expires": "2026-12-05T09:30:00Z",
}
KEY_VIEW: dict[str, JsonValue] = {
    "id": KEY_ID,
    "prefix": "ds_3f9c2a7d",
    "name": "Team A",
    "scopes": ["read", "write"],
    "folder": "team-a/",
    "created": "2026-11-28T09:30:00Z",
    "expires": None,
    "last_used": None,
    "revoked": None,
}
EVENT_ID = f"{JOB_ID}-1-done"
WEBHOOK_ID = "wh_5b0c4e1d9a7f38261c0e"
WEBHOOK_REQUEST: dict[str, JsonValue] = {
    "url": "https://example.org/dropscribe",
    "folder": "team-a/",
    "types": ["dropscribe.job.done", "dropscribe.job.failed"],
    "description": "Team A's archive",
}
WEBHOOK_VIEW: dict[str, JsonValue] = {
    **WEBHOOK_REQUEST,
    "id": WEBHOOK_ID,
    "key_id": KEY_ID,
    "created": "2026-11-28T09:30:00Z",
    "state": "active",
    "paused_because": None,
    "failing_since": None,
    "former_secret_until": None,
}
DELIVERY_VIEW: dict[str, JsonValue] = {
    "event_id": EVENT_ID,
    "type": "dropscribe.job.done",
    "job_id": JOB_ID,
    "state": "delivered",
    "created": "2026-11-28T09:30:12Z",
    "next_try": None,
    "attempts": [
        {"time": "2026-11-28T09:30:12Z", "status": 503, "error": "status", "seconds": 0.2},
        {"time": "2026-11-28T09:30:17Z", "status": 204, "error": None, "seconds": 0.1},
    ],
}
PAYLOAD_DATA: dict[str, JsonValue] = {
    "job_id": JOB_ID,
    "name": "team-a/call.wav",
    "run": 1,
    "state": "done",
    "problem_type": None,
    "warnings": [],
    "metadata": {"order-id": "77"},
    "links": {"job": JOB_LINKS["self"], "transcript": JOB_LINKS["transcript"]},
}
WEBHOOK_PAYLOAD: dict[str, JsonValue] = {
    "type": "dropscribe.job.done",
    "timestamp": "2026-11-28T09:30:12Z",
    "data": PAYLOAD_DATA,
}
WEBHOOK_TEST: dict[str, JsonValue] = {
    "type": "dropscribe.webhook.test",
    "timestamp": "2026-11-28T09:30:00Z",
    "data": {"webhook_id": WEBHOOK_ID},
}


def payload_without_transcript(state: str, problem_type: str) -> dict[str, JsonValue]:
    """Returns the example of what a webhook is sent when a job failed or was cancelled."""
    links: dict[str, JsonValue] = {"job": JOB_LINKS["self"], "transcript": None}
    data = {**PAYLOAD_DATA, "state": state, "problem_type": problem_type, "links": links}
    return {**WEBHOOK_PAYLOAD, "type": f"dropscribe.job.{state}", "data": data}


HEALTH: dict[str, JsonValue] = {
    "status": "ok",
    "name": "gateway",
    "version": "0.1.0",
    "parts": [
        {"name": "storage", "ready": True, "seconds": 0.021},
        {"name": "job store", "ready": True, "seconds": 0.008},
        {"name": "workflow", "ready": True, "seconds": 0.035},
    ],
}
LIMITS: dict[str, JsonValue] = {
    "max_gigabytes": 5,
    "max_form_megabytes": 32,
    "max_hours": 12,
    "requests_per_minute": 6000,
    "streams_per_key": 40,
    "keep_job_days": 30,
    "keep_work_days": 7,
    "keep_answer_days": None,
}
METRICS: dict[str, JsonValue] = {
    "time": "2026-11-28T09:30:00Z",
    "folder": "",
    "jobs": {"queued": 2, "running": 5, "done": 1204, "failed": 3, "cancelled": 1, "erased": 0},
    "oldest_queued_seconds": 4.2,
    "ended": {
        "since": "2026-11-27T09:30:00Z",
        "is_complete": True,
        "states": {"done": 120, "failed": 1, "cancelled": 0},
        "failures": {"urn:dropscribe:problem:not-audio": 1},
        "audio_seconds": 36000.0,
        "stages": [{"stage": "transcribe", "seconds": 3000.0, "rtf": 0.0833}],
        "cost_usd": 0.2,
    },
}
PROBLEM: dict[str, JsonValue] = {
    "type": "urn:dropscribe:problem:not-audio",
    "title": "The object is not a recording that can be decoded.",
    "status": 415,
    "detail": "Invalid data found when processing input",
    "job_id": JOB_ID,
    "stage": "prepare",
}

EVENT_STREAM = """\
id: 1-0
event: job.state
data: {"id":"9a4f0e4a1f0c2b7d3e55","state":"running","run":1}
retry: 3000

id: 1-1
event: job.segment
data: {"run":1,"part":0,"channel":null,"start":0.0,"end":287.4,"is_aligned":true,"segments":[]}

: ping

id: 1-1-end
event: job.done
data: {"id":"9a4f0e4a1f0c2b7d3e55","state":"done","run":1}

"""
"""What a client gets that follows a job. The data are shortened."""

PLAIN_TRANSCRIPTION: dict[str, JsonValue] = {
    "text": "Good morning.",
    "usage": {"type": "duration", "seconds": 2.5},
}
LISTED_MODEL: dict[str, JsonValue] = {
    "id": "dropscribe",
    "object": "model",
    "created": 0,
    "owned_by": "dropscribe",
}
OPENAI_ERROR: dict[str, JsonValue] = {
    "error": {
        "message": "The object is not a recording that can be decoded. It is a text.",
        "type": "invalid_request_error",
        "param": None,
        "code": "not_audio",
    }
}

EXAMPLES: Mapping[str, dict[str, JsonValue]] = {
    "DeliveryPage": {"deliveries": [DELIVERY_VIEW], "next_cursor": None},
    "DeliveryView": DELIVERY_VIEW,
    "AsrLanguage": {"detected_language": "english", "language_code": "en", "confidence": 0.97},
    "AsrStatus": {"version": "Dropscribe 0.1.0"},
    "Edits": EDITS,
    "EditsView": EDITS_VIEW,
    "ErrorBody": OPENAI_ERROR,
    "ListedModel": LISTED_MODEL,
    "ModelList": {"object": "list", "data": [LISTED_MODEL]},
    "PlainTranscription": PLAIN_TRANSCRIPTION,
    "BatchPayload": BATCH_PAYLOAD,
    "BatchRequest": {"jobs": [JOB_ID], "metadata": {"case": "12"}},
    "BatchView": BATCH_VIEW,
    "EventFeed": {"events": [FEED_EVENT], "cursor": "q0x1eT2…", "has_gap": False},
    "Health": HEALTH,
    "JobPage": {"jobs": [JOB_SUMMARY], "next_cursor": None},
    "JobView": JOB_VIEW,
    "KeyList": {"keys": [KEY_VIEW]},
    "KeyRequest": {"name": "Team A", "scopes": ["read", "write"], "folder": "team-a/"},
    "KeyView": KEY_VIEW,
    "LoginRequest": {"key": "ds_..."},
    "CodeLoginRequest": {"code": "kW3v..."},
    "LoginCode": {"code": "kW3v...", "expires": "2026-11-28T09:40:00Z"},
    "DeploymentLimits": LIMITS,
    "Metrics": METRICS,
    "JobSpending": JOB_SPENDING,
    "Queue": {"jobs": [QUEUED_JOB], "is_complete": True},
    "QueuedJob": QUEUED_JOB,
    "NewKey": {**KEY_VIEW, "key": "ds_..."},
    "Problem": PROBLEM,
    "SpendingPage": {
        "jobs": [JOB_SPENDING],
        "price_table": "us-central1 2026-11-26",
        "next_before": None,
    },
    "StageSpending": STAGE_SPENDING,
    "Waiting": WAITING,
    "RedriveRequest": {"options": {"speakers": 3}},
    "UploadRequest": {
        "name": "lecture.m4a",
        "size": 524288000,
        "content_type": "audio/mp4",
        "options": {"language": "de"},
        "metadata": {"order-id": "77"},
    },
    "UploadSession": {
        "id": "u_6b1c",
        "upload_url": "https://storage.googleapis.com/upload/...",
        "method": "PUT",
        "headers": {"Content-Type": "audio/mp4"},
        "expires": "2026-12-05T09:30:00Z",
        "upload_status": "/api/v1/uploads/u_6b1c",
    },
    "UploadView": UPLOAD_VIEW,
    "NewWebhook": {**WEBHOOK_VIEW, "secret": "whsec_..."},
    "WebhookList": {"webhooks": [WEBHOOK_VIEW]},
    "WebhookPayload": WEBHOOK_PAYLOAD,
    "WebhookRequest": WEBHOOK_REQUEST,
    "WebhookTest": WEBHOOK_TEST,
    "WebhookView": WEBHOOK_VIEW,
}
"""An example of each body, by the name of its model."""
SENT: Mapping[str, dict[str, JsonValue]] = {
    "dropscribe.batch.done": BATCH_PAYLOAD,
    "dropscribe.job.done": WEBHOOK_PAYLOAD,
    "dropscribe.job.failed": payload_without_transcript(
        "failed", "urn:dropscribe:problem:not-audio"
    ),
    "dropscribe.job.cancelled": payload_without_transcript(
        "cancelled", "urn:dropscribe:problem:cancelled"
    ),
    "dropscribe.webhook.test": WEBHOOK_TEST,
}
"""An example of what webhooks are sent, by its type."""
