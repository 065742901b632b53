"""The stack as CloudFormation sees it: its templates after SAM's transform, and what parameters make of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.deploy.conftest import ROOT, SAM
from tests.stack.cloudformation import Stack, Templates

FILES = ("template.yaml", *(f"infra/{file.name}" for file in sorted((ROOT / "infra").glob("*.yaml"))))
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sluice-AbCdEf"
MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/m"
RERANKER = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.rerank-v1:0"

# Each way in which the stack can be deployed, with what it needs from an operator.
PROFILES = {
    "pause": {"Profile": "pause"},
    "proxy": {"Profile": "proxy", "Egress": "nat"},
    "existing": {"Profile": "existing", "SecretArn": SECRET},
    "existing in a network": {
        "Profile": "existing",
        "SecretArn": SECRET,
        "SubnetIds": "subnet-1,subnet-2",
        "SecurityGroupIds": "sg-1",
        "DatabaseUserArns": "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-1/me",
    },
    "proxy in a network of yours": {
        "Profile": "proxy",
        "VpcId": "vpc-1",
        "SubnetIds": "subnet-1,subnet-2",
        "SecurityGroupIds": "sg-1,sg-2",
    },
    "everything": {
        "Profile": "proxy",
        "SecretArn": SECRET,
        "Ocr": "textract",
        "BedrockModelArns": MODEL,
        "RerankModel": f"bedrock/{RERANKER}",
        "AlarmEmail": "me@example.com",
        "MonthlyBudgetDollars": "50",
    },
}
DOORS = ("FunctionUrl", "PublicFunctionUrl", "CloudFront", "RestApi")
ARCHITECTURES = ("x86_64", "arm64")

Deploy = Callable[..., Stack]
Tool = Callable[..., "subprocess.CompletedProcess[str]"]


def run(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the SAM CLI's environment in the repository, whatever its exit code."""
    if not SAM.exists():
        missing("there is no SAM CLI here: `make .venv-sam/.ready` installs it")
    environment = {**os.environ, "PYTHONPATH": "", "SAM_CLI_TELEMETRY": "0", **variables}
    command: list[str | Path] = [SAM.with_name(program), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def transform(**variables: str) -> Templates:
    """Run SAM's transform on every template; fail with its words."""
    ran = run("python", "tests/stack/transform.py", *FILES, **variables)
    assert ran.returncode == 0, ran.stderr
    templates: Templates = json.loads(ran.stdout)
    return templates


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Runs a program of the SAM CLI's environment."""
    return run


@pytest.fixture(scope="session")
def templates() -> Templates:
    """Every template after the transform, by file."""
    return transform()


@pytest.fixture(scope="session")
def deploy(templates: Templates) -> Deploy:
    """Works out the stack for some parameters."""

    def stack(**parameters: str) -> Stack:
        return Stack(templates, given=parameters)

    return stack


@pytest.fixture(params=list(product(PROFILES, DOORS, ARCHITECTURES)), ids=" ".join)
def stack(request: pytest.FixtureRequest, deploy: Deploy) -> Stack:
    """The stack in each profile, with each door, on each architecture."""
    profile, door, architecture = request.param
    return deploy(**PROFILES[profile], FrontDoor=door, Architecture=architecture)
