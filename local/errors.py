"""Failures of the one-machine cloud that a person can do something about."""


class CloudError(Exception):
    """The message is a sentence for the person at the command line."""


class NotUp(CloudError):
    """The cloud did not start."""


class NotDown(CloudError):
    """The cloud did not stop."""
