"""A call that LiteLLM does not write down.

By itself it prices each call, sums it up and hands that to loggers, which is much of its work while somebody waits.
Nobody logs by LiteLLM here, and what a call has cost is reckoned from its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from litellm.litellm_core_utils.litellm_logging import Logging


class Unrecorded(Logging):  # type: ignore[misc] # LiteLLM is read as untyped
    """What LiteLLM notes of a call while it runs, without what it makes of that at the end."""

    def __init__(self, call_type: str, options: Mapping[str, Any]) -> None:
        super().__init__(
            model=options["model"],
            messages=options.get("messages") or options.get("input"),
            stream=options.get("stream", False),
            call_type=call_type,
            start_time=datetime.now(),  # noqa: DTZ005 - LiteLLM compares it with times of its own, which have no zone
            litellm_call_id=str(uuid4()),
            function_id="",
            kwargs=dict(options),
        )
        self.update_environment_variables(
            model=options["model"],
            user="",
            optional_params={},
            litellm_params={"api_base": ""},
            stream_options=options.get("stream_options"),
        )

    def response_cost_calculator(self, *_: Any, **__: Any) -> float | None:
        """Price nothing."""
        return None

    def claim_async_success_log(self) -> bool:
        """Tell LiteLLM that the call was written down already."""
        return False

    def handle_sync_success_callbacks_for_async_calls(self, *_: Any, **__: Any) -> None:
        """Tell nobody."""

    async def dispatch_success_handlers(self, *_: Any, **__: Any) -> None:
        """Tell nobody."""

    async def dispatch_failure_handlers(self, *_: Any, **__: Any) -> None:
        """Tell nobody."""

    def failure_handler(self, *_: Any, **__: Any) -> None:
        """Tell nobody."""

    async def async_failure_handler(self, *_: Any, **__: Any) -> None:
        """Tell nobody."""
