"""python -m tests.terraform.standin: serves until it is stopped, and tells how to point terraform
at it.

    $ python -m tests.terraform.standin &
    export TF_REATTACH_PROVIDERS='…'

With that variable set terraform calls this process instead of installing the provider. It writes no
lock file.

It serves the resource types that are named in terraform/ and in tests/terraform/. Terraform reads
the schemas of all types with each command, and the provider has 1,800 of them: to serve them all
makes a plan take twice as long.
"""

import json
import os
import re
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from shared.runtime.process import die_with_parent
from tests.terraform.standin.bindings import schema
from tests.terraform.standin.provider import Provider
from tests.terraform.standin.wheel import NotFetched, fetched
from tests.terraform.standin.wire import Messages

ROOT = Path(__file__).parents[3]
NAME = "registry.terraform.io/hashicorp/google"
ENDS = {signal.SIGTERM, signal.SIGINT}
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
"""The schema of all resources is larger than gRPC's usual 4 MiB."""


def named_types() -> set[str]:
    """Returns every google_… that is written in the topology, in the identity of GitHub, in their
    tests and in the mistakes planted in the topology."""
    topology = (ROOT / "terraform").rglob("*.tf")
    github = (ROOT / "docs" / "github").glob("*.tf")
    tests = (ROOT / "tests" / "terraform").rglob("*.py")
    texts = [file.read_text() for file in (*topology, *github, *tests)]
    return set(re.findall(r"google_[a-z0-9_]+", "\n".join(texts)))


def serve(provider: Provider, socket: Path) -> grpc.Server:
    server = grpc.server(ThreadPoolExecutor(8), options=UNLIMITED)
    calls = {name: handler(takes, answer) for name, (takes, answer) in provider.calls().items()}
    stay = {
        "Shutdown": handler("Empty", lambda _: Messages["Empty"]())
    }  # each terraform says so when it ends
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("tfplugin5.Provider", calls),
            grpc.method_handlers_generic_handler("plugin.GRPCController", stay),
        )
    )
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server


def handler(takes: str, answer: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _: answer(request),
        request_deserializer=Messages[takes].FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


def reattach(socket: Path) -> str:
    """The value of TF_REATTACH_PROVIDERS. `Test` keeps terraform from ending this process."""
    address = {"Network": "unix", "String": str(socket)}
    how = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": address,
    }
    return json.dumps({NAME: how})


def main() -> None:
    die_with_parent()
    signal.pthread_sigmask(
        signal.SIG_BLOCK, ENDS
    )  # before there are threads, so that none of them is interrupted
    try:
        provider = Provider(schema(fetched(), named_types()))
    except NotFetched as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory(prefix="dropscribe-standin-") as folder:
        socket = Path(folder) / "socket"
        server = serve(provider, socket)
        print(f"export TF_REATTACH_PROVIDERS='{reattach(socket)}'", flush=True)
        signal.sigwait(ENDS)
        server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
