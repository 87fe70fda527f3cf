"""Programs that try a deployed Dropscribe, on Google or on one machine, from outside."""
