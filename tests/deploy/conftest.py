"""The SAM CLI, what it built, and Lambda's image; a test that needs one that is absent skips and says what makes it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest

from layer_build.bytecode import find_python
from local.sam.reachable import IMAGE
from local.template import Place, Stack, read

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
BUILD = ROOT / ".aws-sam" / "build"

Sam = Callable[..., "subprocess.CompletedProcess[str]"]


def absent(what: str) -> Never:
    """Skip; where SAM_REQUIRED is set, as in CI, fail instead."""
    if os.environ.get("SAM_REQUIRED"):
        pytest.fail(f"SAM_REQUIRED is set, but {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The template as it reads with its default parameters."""
    return read(ROOT / "template.yaml", Place())


def sam_environment() -> dict[str, str]:
    """Return the variables of the SAM CLI, which would give ours to the functions in place of the template's."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")},
        "SAM_CLI_TELEMETRY": "0",
    }


@pytest.fixture(scope="session")
def sam() -> Sam:
    """Runs the SAM CLI in the repository and returns what it printed, whatever its exit code."""
    if not SAM.exists():
        absent("there is no SAM CLI here: `make .venv-sam/.ready` installs it")

    def run(*arguments: str | Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        command = [SAM, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=sam_environment(), capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder into which `sam build` put the functions and the layer."""
    if not (BUILD / "template.yaml").exists():
        absent("nothing is built: `make test-sam` builds first")
    return BUILD


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter of Lambda's version."""
    return find_python("3.13") or absent("there is no Python 3.13 on this machine")


@pytest.fixture(scope="session")
def lambda_image() -> None:
    """Lambda's image is here, and a Docker engine that runs it."""
    command = ["docker", "image", "inspect", IMAGE]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        absent(f"no Docker engine with the image {IMAGE} answers ({error})")
