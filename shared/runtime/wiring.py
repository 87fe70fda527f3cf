"""Makes the stores and clients that the settings name. Nothing else makes them."""

from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass



@cache
def make(path: str) -> Any:
    """Call what `module:attribute` names, once."""
    return resolve_name(path)()
