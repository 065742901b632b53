"""A Lambda Runtime API for one execution environment, on a loopback port.

Behaves as the service does where that is documented or observable: the state machine with its refusals, buffered and
streamed responses, error trailers, SnapStart's restore phase. Unlike AWS's emulator it hands a streamed body on byte
by byte, and slows the runtime down when nobody reads.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and runtimes-custom.html, and the public source
of aws-lambda-runtime-interface-emulator.
"""

from local.runtime_api.environment import EnvironmentBusy, EnvironmentLost
from local.runtime_api.invocation import Head, Invocation, InvocationError
from local.runtime_api.routes import STREAMED_LIMIT
from local.runtime_api.server import RuntimeApi

__all__ = [
    "STREAMED_LIMIT",
    "EnvironmentBusy",
    "EnvironmentLost",
    "Head",
    "Invocation",
    "InvocationError",
    "RuntimeApi",
]
