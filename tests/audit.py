"""`make audit`: pip-audit on the pinned dependencies. Exit 0: nothing is known; 1: something is; 2:
nobody could be asked, so nothing was audited.

A mirror of PyPI has the packages, but seldom the advisories; pip-audit then says of the first
package that it is not there.
"""

import subprocess
import sys
from pathlib import Path

import httpx

VERSION = "2.10.0"
SERVICE = "https://pypi.org"
KNOWN = "/pypi/pip/24.0/json"
"""A release that is there for good."""
UV = Path(sys.executable).with_name("uv")
OPTIONS = ("--strict", "--disable-pip", "--require-hashes", "-r", "requirements.lock")


def silence(service: str) -> str | None:
    """Why the advisory service cannot be asked; None when it answers."""
    try:
        answer = httpx.get(service + KNOWN, timeout=20, follow_redirects=True)
    except httpx.HTTPError as error:
        return f"{service} cannot be reached ({type(error).__name__})"
    if answer.is_error:
        return f"{service}{KNOWN} answers {answer.status_code}"
    try:
        told = answer.json()
    except ValueError:
        told = None
    return (
        None
        if isinstance(told, dict) and "vulnerabilities" in told
        else f"{service} tells of no vulnerabilities"
    )


def main() -> None:
    if why := silence(SERVICE):
        sys.stderr.write(
            f"No advisory service answers here: {why}. "
            "Nothing was audited; run it where PyPI itself is.\n"
        )
        sys.exit(2)
    sys.exit(
        subprocess.run(
            (UV, "tool", "run", "--quiet", f"pip-audit=={VERSION}", *OPTIONS), check=False
        ).returncode
    )


if __name__ == "__main__":
    main()
