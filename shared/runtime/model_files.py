"""Model files in installed packages, and the digests by which `Engine` names a model."""

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from shared.model.errors import ModelUnavailable


def packaged_file(package: str, path: str) -> Path:
    """Returns a file of an installed package.

    The package is not imported, since that can take seconds. Raises ModelUnavailable.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelUnavailable(f"the package {package} is not installed")

    folder = Path(spec.origin).parent
    file = folder / path
    if not file.is_file():
        raise ModelUnavailable(f"the installed package {package} has no file {path}")
    return file


def file_digest(path: Path) -> str:
    """Returns `sha256:` and the SHA-256 of the file in hex."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256")
    digest = content.hexdigest()
    return f"sha256:{digest}"


def files_digest(paths: Iterable[Path]) -> str:
    """Returns `sha256:` and the SHA-256, in hex, of the files' own SHA-256 hashes in this order."""
    combined = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256")
        combined.update(content.digest())
    digest = combined.hexdigest()
    return f"sha256:{digest}"
