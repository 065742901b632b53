"""What the handler hands to the runtime in place of a result.

In a module of its own: were it in the one that runs as `__main__`, there would be two classes of this name.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from sluice.streaming.wire import StreamedPost


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """An answer that is still to be made: `send` makes it and posts it as it grows."""

    send: Callable[[StreamedPost], Coroutine[Any, Any, None]]

    supported: ClassVar[bool] = False
    """Whether the runtime of this process can send one; the managed one can't."""
