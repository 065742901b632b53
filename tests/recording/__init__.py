"""The calls of AWS that are made while the tests run: by this process, and by every process that a test starts."""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FILE = "RECORDED_AWS_CALLS"


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """Whose code made the call (a handler; empty for a test), the operation, and the variable that names its object."""

    function: str
    service: str
    operation: str
    on: str


def start(file: Path) -> None:
    """Record from now on, here and in processes to come; no session of boto3 may stand yet."""
    file.touch()
    os.environ[FILE] = str(file)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    importlib.import_module("tests.recording.sitecustomize")


def calls() -> set[Call]:
    """Return what was recorded so far."""
    return {Call(**json.loads(line)) for line in Path(os.environ[FILE]).read_text().splitlines()}
