"""Where the command `dropscribe` begins. Ctrl-C may come while its modules are imported, too."""

import sys

from local.exit_status import INTERRUPTED


def main() -> None:
    """Imports the commands and runs the one that was given."""
    try:
        from local.cli import main as commands
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    commands()


if __name__ == "__main__":
    main()
