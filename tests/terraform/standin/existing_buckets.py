"""Buckets that stand before Terraform makes anything, for the data source of buckets."""

from typing import Any

Values = dict[str, Any]
PROJECT_NUMBER = 123456789012
KEPT_DAYS = 7
"""Days after which a bucket deletes its objects by itself."""
DAY = 24 * 3600
CONDITION: Values = {
    "age": 0,
    "created_before": "",
    "custom_time_before": "",
    "days_since_custom_time": 0,
    "days_since_noncurrent_time": 0,
    "matches_prefix": [],
    "matches_storage_class": [],
    "matches_suffix": [],
    "noncurrent_time_before": "",
    "num_newer_versions": 0,
    "send_age_if_zero": False,
    "send_days_since_custom_time_if_zero": False,
    "send_days_since_noncurrent_time_if_zero": False,
    "send_num_newer_versions_if_zero": False,
    "size_above_bytes": 0,
    "size_below_bytes": 0,
    "with_state": "ANY",
}
"""The attributes of a lifecycle rule's condition."""


def deletion(days: int, **other: Any) -> Values:
    """Returns a lifecycle rule that deletes objects of that age, if other conditions hold."""
    action = {"type": "Delete", "storage_class": ""}
    return {"action": [action], "condition": [{**CONDITION, "age": days, **other}]}


def encryption(key: str) -> Values:
    """Returns the block that names a bucket's key."""
    origins = ("customer_managed", "customer_supplied", "google_managed")
    enforced: Values = {f"{origin}_encryption_enforcement_config": [] for origin in origins}
    return {**enforced, "default_kms_key_name": key}


FIT: Values = {
    "location": "EUROPE-WEST4",
    "project_number": PROJECT_NUMBER,
    "uniform_bucket_level_access": True,
    "public_access_prevention": "enforced",
    "default_event_based_hold": False,
    "requester_pays": False,
    "retention_policy": [],
    "versioning": [],
    "encryption": [encryption("projects/keys/locations/europe-west4/keyRings/r/cryptoKeys/k")],
    "soft_delete_policy": [{"effective_time": "", "retention_duration_seconds": 0}],
    "lifecycle_rule": [deletion(KEPT_DAYS)],
}
"""A bucket that can be each of the three, if answers are kept as long. Google writes locations in
capitals."""

FAULTS: dict[str, Values] = {
    "in-the-eu": {"location": "EU"},
    "of-another-project": {"project_number": 210987654321},
    "with-access-lists": {"uniform_bucket_level_access": False},
    "with-retention": {"retention_policy": [{"is_locked": False, "retention_period": "86400"}]},
    "with-holds": {"default_event_based_hold": True},
    "paid-by-requesters": {"requester_pays": True},
    "with-versions": {"versioning": [{"enabled": True}]},
    "with-soft-delete": {
        "soft_delete_policy": [{"effective_time": "", "retention_duration_seconds": 7 * DAY}]
    },
    "that-keeps-all": {"lifecycle_rule": []},
    "that-deletes-early": {"lifecycle_rule": [deletion(KEPT_DAYS), deletion(1)]},
    "that-deletes-some": {"lifecycle_rule": [deletion(KEPT_DAYS, matches_prefix=["a/"])]},
    "without-a-key": {"encryption": []},
    "open-to-everybody": {"public_access_prevention": "inherited"},
}
"""Name of a bucket -> how it differs from one that is fit."""


def existing_bucket(name: str) -> Values:
    """Returns what is known of a bucket. One whose name joins those of faults by a dot has them
    all."""
    values = dict(FIT)
    for fault in name.split("."):
        values.update(FAULTS.get(fault, {}))
    return values
