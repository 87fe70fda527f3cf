"""notify: sends the ends of jobs to the endpoints of webhooks."""
