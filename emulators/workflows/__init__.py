"""The local stand-in for Google Cloud Workflows: the same YAML, the same limits, the same
Executions API."""
