"""What all errors of Sluice have in common."""

from __future__ import annotations

import inspect
from typing import ClassVar


class SluiceError(Exception):
    """Something went wrong on our side; the log says what."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = retry_after
        super().__init__(self.message)
