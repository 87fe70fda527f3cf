"""Errors of Google's clients, for the adapters that use them."""

from contextlib import AbstractContextManager

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import GoogleAuthError

from shared.adapters.errors import translate_errors
from shared.model.errors import Transient

GOOGLE_ERRORS: tuple[type[Exception], ...] = (GoogleAPICallError, RetryError, GoogleAuthError)
"""What Google's clients raise.

A missing right, resource or credential (403, 404, no token) is one of them, and so is transient:
an operator can mend it, and the job can wait for that.
"""


def translate_google_errors(
    error: type[Transient], system: str, *others: type[Exception]
) -> AbstractContextManager[None]:
    """Raises `error` instead of Google's exceptions, and of `others`, in the block.

    The message has the exception's type only: its text may name a recording.
    """

    def describe(exception: Exception) -> str:
        return f"{type(exception).__name__} from {system}"

    return translate_errors((*GOOGLE_ERRORS, *others), error, describe)
