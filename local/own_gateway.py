"""Serves the HTTP API of a deployment on this machine while a command runs, with the operator's own
Google credentials.

So the commands need no other code for a deployment whose API cannot be reached, or of which there
is no key.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import click

from local.deployment import Failed, environment_of, find_deployment
from local.layout import LOOPBACK, ROOT
from shared.runtime.process import die_with_parent

MODULE = "functions.gateway.for_operator"
SECRET_BYTES = 32
"""As the secret of each key has."""
STOP_SECONDS = 10
"""Seconds from SIGTERM until the process is killed."""


@contextmanager
def own_gateway() -> Iterator[tuple[str, str]]:
    """Yields the address of an API, and a key that only it takes. Raises ClickException if there is
    no deployment, or the API ends before the command does."""
    try:
        environment = environment_of(find_deployment())
    except Failed as error:
        raise click.ClickException(str(error)) from error
    secret = f"ds_{secrets.token_hex(SECRET_BYTES)}"
    with tempfile.TemporaryFile("w+") as log, socket.create_server((LOOPBACK, 0)) as listener:
        child = start(listener, environment, log)
        port = listener.getsockname()[1]
        listener.close()
        try:
            hand_over(secret, child)
            yield f"http://{LOOPBACK}:{port}", secret
        except Exception as error:
            if child.poll() is None:
                raise
            reason = last_line(log)
            raise click.ClickException(f"the API could not be served here: {reason}") from error
        finally:
            stop(child)


def start(
    listener: socket.socket, environment: dict[str, str], log: IO[str]
) -> "subprocess.Popen[str]":
    """Returns the process that serves the API at the listening socket."""
    descriptor = listener.fileno()
    return subprocess.Popen(
        (sys.executable, "-m", MODULE, str(descriptor)),
        env={**os.environ, **environment},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        text=True,
        pass_fds=(descriptor,),
        preexec_fn=die_with_parent,  # safe: the command has one thread
    )


def hand_over(secret: str, child: "subprocess.Popen[str]") -> None:
    """Write the secret where no other user of the machine can read it."""
    assert child.stdin is not None
    child.stdin.write(f"{secret}\n")
    child.stdin.close()


def stop(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_line(log: IO[str]) -> str:
    """Returns the last line that the process wrote."""
    log.seek(0)
    lines = log.read().split("\n")
    written = [line for line in lines if line.strip()]
    return written[-1] if written else "it ended without a word"
