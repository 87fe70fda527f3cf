"""What a page's console says: errors of scripts, violations of its policy, requests that fail."""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Complaints:
    """Errors and warnings of the pages of one test, in their order."""

    said: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Regular expressions. A test adds those that it provokes."""

    def listen_to(self, page: Any) -> None:
        page.on("console", self._add_line)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def expect(self, pattern: str) -> None:
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [line for line in self.said if not self._is_expected(line)]

    def _add_line(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.said.append(f"{message.type}: {message.text} {where}".strip())

    def _is_expected(self, line: str) -> bool:
        return any(re.search(pattern, line) for pattern in self.expected)
