"""reconcile: starts runs for recordings that have no answer."""
