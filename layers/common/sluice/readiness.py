"""Whether a function can do its work, and if not, what is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sluice.errors import SluiceError

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Runs named checks; each raises the error that says what to do."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def problems(self) -> dict[str, dict[str, str]]:
        """Return `{name: {code, message}}` of the checks that fail; empty means ready."""
        found = {}
        for name, check in self._checks.items():
            try:
                await check()
            except SluiceError as error:
                found[name] = {"code": error.code, "message": error.message}
        return found
