"""Writes down every call of AWS that a process makes through boto3: which function's code made it, and on what.

This folder is on PYTHONPATH while the tests run, so that Python imports this file by its name at the start of each
process that they start, execution environments among them, and before anything else. It loads nothing by itself.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = "RECORDED_AWS_CALLS"
"""The variable that names the file of the calls: JSON lines of `function`, `service`, `operation` and `on`.

`function` is the handler of the function whose code runs, empty in any other process. `on` is the variable of the
environment that names the resource: that is what the template grants.
"""

_HANDLERS = "botocore.handlers"
_NAMES = ("Bucket", "QueueUrl", "SecretId")
_noted = set[str]()


class Recorder(MetaPathFinder):
    """Listens as soon as botocore's own handlers of events are there, from which every session begins."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _HANDLERS or (spec := PathFinder.find_spec(fullname, path, target)) is None:
            return None
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_listen(module: ModuleType) -> None:
            execute(module)
            _listen(module)

        loader.exec_module = execute_and_listen
        return spec


def _listen(handlers: Any) -> None:
    handlers.BUILTIN_HANDLERS += [("provide-client-params", _called), ("before-sign", _signed)]


def _called(params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
    """A request, or an address that lets its holder make one; a form's address is that of a new bucket to botocore."""
    if not (context.get("is_presign_request") and model.name == "CreateBucket"):
        _note(model.service_model.service_name, model.name, next((params[it] for it in _NAMES if it in params), ""))


def _signed(request: Any, signing_name: str, operation_name: str, signature_version: str, **_: object) -> None:
    """What is signed without a request of its own: a form for an upload, and a token for a database."""
    if signature_version.endswith("presign-post"):
        conditions = request.context["s3-presign-post-policy"]["conditions"]
        _note(signing_name, operation_name, next(it["bucket"] for it in conditions if "bucket" in it))
    elif signing_name == "rds-db":
        _note(signing_name, operation_name, "")


def _note(service: str, operation: str, name: str) -> None:
    on = next((it for it, value in os.environ.items() if it.startswith("SLUICE_") and name and value == name), "")
    call = {"function": os.environ.get("_HANDLER", ""), "service": service, "operation": operation, "on": on}
    line = json.dumps(call) + "\n"
    if line not in _noted:
        _noted.add(line)
        with Path(os.environ[FILE]).open("a") as calls:  # a short line is appended whole, whoever else writes
            calls.write(line)


if FILE in os.environ:
    if _HANDLERS in sys.modules:
        _listen(sys.modules[_HANDLERS])
    sys.meta_path.insert(0, Recorder())
