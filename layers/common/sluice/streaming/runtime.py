"""AWS's own runtime loop with a client that streams.

`awslambdaric` keeps its part: logging, X-Ray, errors, SnapStart's hooks.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from sluice.streaming import lambda_environment, randomness
from sluice.streaming.execution_environment import execution_environment
from sluice.streaming.polling import PollingThread
from sluice.streaming.response import StreamedResponse
from sluice.streaming.wire import BROKEN, StreamedPost


class StreamingMarshaller(LambdaMarshaller):  # type: ignore[misc] # awslambdaric has no type information
    """Lets a streamed response through as it is."""

    def marshal_response(self, response: object) -> Any:
        if isinstance(response, StreamedResponse):
            return response, None
        return super().marshal_response(response)


class StreamingClient(LambdaRuntimeClient):  # type: ignore[misc] # awslambdaric has no type information
    """Posts a streamed response in streaming mode, and everything else as ever."""

    marshaller = StreamingMarshaller()

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._environment = execution_environment()
        self._polling = PollingThread()
        self._polled = False

    def restore_next(self) -> None:
        """Wait for the restore, and give up the random state that all copies of the snapshot share."""
        super().restore_next()
        randomness.renew()

    def wait_next_invocation(self) -> Any:
        """Poll. The apps start before the first time, and so after a snapshot: none holds their connections."""
        if not self._polled:
            self._polled = True
            self._environment.startup()
            gc.freeze()
            gc.enable()
        return self._polling.run(super().wait_next_invocation)

    def post_invocation_result(
        self, invoke_id: str, result_data: Any, content_type: str | None = None, invocation_id: str | None = None
    ) -> None:
        if isinstance(result_data, StreamedResponse):
            post = StreamedPost(self.lambda_runtime_address, invoke_id, invocation_id)
            self._environment.run(result_data.send(post))
            if post.status == BROKEN:  # the API's word for an environment that can't go on
                raise SystemExit(1)
        else:
            super().post_invocation_result(invoke_id, result_data, content_type, invocation_id)


def main() -> NoReturn:
    """Serve invocations until the environment ends."""
    gc.disable()  # until the apps have started: what they import is no garbage, and looking for some takes time
    StreamedResponse.supported = True
    _add_versioned_packages()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _terminate)
    try:
        bootstrap.run(lambda_environment.handler(), StreamingClient(lambda_environment.runtime_api()))
    except SystemExit as end:
        _end(end.code if isinstance(end.code, int) else 1)
    raise AssertionError("The runtime's loop returned.")


def _terminate(*_: object) -> None:
    """Handle SIGTERM. Whoever is idle ends here: an exception would wait for the poll's thread on its way out."""
    try:
        execution_environment().terminate()
    except SystemExit:
        _end(0)


def _end(code: int) -> NoReturn:
    """Shut down the apps and end the process, which an ordinary exit would do only after the poll."""
    execution_environment().shutdown()
    with suppress(RuntimeError):  # where the signal came within a write
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _add_versioned_packages() -> None:
    """Put a layer's `lib/pythonX.Y/site-packages` after the function's own code, as the managed runtime does."""
    layer = Path(__file__).parents[2]
    packages = layer / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    if packages.is_dir():
        sys.path.insert(sys.path.index(lambda_environment.task_root()) + 1, str(packages))
