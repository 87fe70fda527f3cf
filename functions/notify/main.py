"""notify's HTTP function, to which Pub/Sub pushes the ends of jobs: see delivering.py."""

from functools import cache

import flask
import functions_framework

from functions.notify.delivering import Notifier
from functions.notify.posting import Sender
from shared.model.networks import AllowedHosts
from shared.model.push import PushRequest
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.wiring import job_store, webhook_store
from shared.settings import settings

configure()


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("notify", request, PushRequest, respond)


def respond(request: PushRequest) -> None:
    notifier()(request)


@cache
def notifier() -> Notifier:
    """Returns the process's own, which has its threads."""
    allowed = AllowedHosts.parse(settings().webhooks.webhook_hosts)
    return Notifier(webhook_store(), job_store(), Sender(allowed))


in_each_worker(notifier)
