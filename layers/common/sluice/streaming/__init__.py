"""ASGI on AWS Lambda with response streaming, in the process of the managed Python runtime.

    from sluice.streaming import Streaming

    handler = Streaming(app)

With the environment variable `AWS_LAMBDA_EXEC_WRAPPER=/opt/sluice-runtime` every answer to a function URL streams.
Without it, and for API Gateway and load balancer events, the same handler answers buffered, as Mangum does.
Imports nothing else of Sluice. See docs/streaming.md.
"""

from sluice.streaming.errors import ClientGone, StartupFailed, StreamingError, UnknownEvent
from sluice.streaming.handler import Streaming
from sluice.streaming.invocation import Invocation, current_invocation
from sluice.streaming.rehearsal import rehearse

__all__ = [
    "ClientGone",
    "Invocation",
    "StartupFailed",
    "Streaming",
    "StreamingError",
    "UnknownEvent",
    "current_invocation",
    "rehearse",
]
