"""The variables that Lambda defines for a runtime; nothing else of this package reads the environment.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import os


def runtime_api() -> str:
    """Return `host:port` of the Runtime API."""
    return os.environ["AWS_LAMBDA_RUNTIME_API"]


def handler() -> str:
    """Return the configured handler, `package.module.name`."""
    return os.environ["_HANDLER"]


def task_root() -> str:
    """Return the folder of the function's code."""
    return os.environ["LAMBDA_TASK_ROOT"]


def trace_id() -> str:
    """Return the X-Ray trace header of the current invocation, which the runtime sets anew each time; empty if none."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")
