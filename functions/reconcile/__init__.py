"""reconcile: what has no answer is started again."""
