"""The SAM CLI, what it built, and Lambda's image; a test that needs one that is absent skips and says what makes it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Never

import pytest

from layer_build.bytecode import find_python
from local.template import Place, Stack, read

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
BUILD = ROOT / ".aws-sam" / "build"
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"

Sam = Callable[..., "subprocess.CompletedProcess[str]"]
Invoke = Callable[..., bytes]


def absent(what: str) -> Never:
    """Skip; where SAM_REQUIRED is set, as in CI, fail instead."""
    if os.environ.get("SAM_REQUIRED"):
        pytest.fail(f"SAM_REQUIRED is set, but {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The template as it reads with its default parameters."""
    return read(ROOT / "template.yaml", Place())


@pytest.fixture(scope="session")
def sam() -> Sam:
    """Runs the SAM CLI in the repository and returns what it printed, whatever its exit code."""
    if not SAM.exists():
        absent("there is no SAM CLI here: `make .venv-sam/.ready` installs it")

    def run(*arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
        command = [SAM, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False
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


@pytest.fixture
def invoke(sam: Sam, built: Path, lambda_image: None, tmp_path: Path) -> Invoke:
    """Invokes a built function in Lambda's image with an event of tests/events, and returns its raw answer."""

    def run(function: str, event: str, variables: Mapping[str, str], network: str = "bridge") -> bytes:
        variables_file = tmp_path / "variables.json"
        given = {"SLUICE_SECRET_ARN": "", "SLUICE_BUCKET": "documents", **variables}
        variables_file.write_text(json.dumps({"Parameters": given}))
        options = ["--skip-pull-image", "--docker-network", network, "--env-vars", str(variables_file)]
        event_file = ROOT / "tests" / "events" / event
        ran = sam("local", "invoke", function, "--event", event_file, *options)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.encode()

    return run
