"""Emulates Google Cloud Workflows: the same YAML, the same limits, the same Executions API."""
