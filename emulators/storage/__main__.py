"""Run the bucket server: python -m emulators.storage --port P --data DIR [--notify URL --watch
BUCKET...]."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from emulators.storage.app import build
from emulators.storage.errors import NoRoom
from emulators.storage.store import FolderInUse, open_store

HOST = "127.0.0.1"


def main() -> None:
    options = parse_arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, exit_cleanly)
    try:
        store = open_store(options.data, announces=set(options.watch).__contains__)
    except (FolderInUse, NoRoom) as error:
        sys.exit(str(error))
    uvicorn.run(
        build(store, f"http://{HOST}:{options.port}", options.notify),
        host=HOST,
        port=options.port,
        log_level="warning",
        access_log=False,  # its lines would contain object names
        timeout_keep_alive=75,  # longer than clients keep an idle connection
        timeout_graceful_shutdown=5,
    )


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m emulators.storage", description="Cloud Storage on one machine."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument(
        "--notify", metavar="URL", help="URL to which the event of each new object is POSTed"
    )
    parser.add_argument(
        "--watch",
        metavar="BUCKET",
        action="append",
        default=[],
        help="a bucket whose new objects are notified; repeatable",
    )
    return parser.parse_args(arguments)


def exit_cleanly(_: int, __: FrameType | None) -> None:
    """Exits with 0 when uvicorn, after its shutdown, raises the signal again."""
    sys.exit(0)


if __name__ == "__main__":
    main()
