"""The workflows of GitHub Actions run what the Makefile offers, by pinned actions, with as few rights as will do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"- uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)\n")
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))

each_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def workflow(file: Path) -> dict[str, Any]:
    return yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # type: ignore[no-any-return] # noqa: S506 - strings only


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in workflow(file)["jobs"].values():
        yield from job["steps"]


def test_there_is_a_workflow_for_testing_and_one_for_deploying() -> None:
    """They are what is looked at below."""
    assert [file.name for file in FILES] == ["ci.yml", "deploy.yml"]


@each_workflow
def test_every_action_is_pinned_by_the_hash_of_a_release(file: Path) -> None:
    """A tag can be moved, a commit can't; the release stands beside it for who updates it."""
    used = [step["uses"] for step in steps(file) if "uses" in step]
    pinned = [f"{action}@{commit}" for action, commit, _ in PINNED.findall(file.read_text())]

    assert used
    assert pinned == used


def test_an_action_is_the_same_release_everywhere() -> None:
    """No two hashes of one action, and no two actions under one hash."""
    found = {match for file in FILES for match in PINNED.findall(file.read_text())}

    assert len(found) == len({action for action, _, _ in found}) == len({commit for _, commit, _ in found})


@each_workflow
def test_a_job_may_read_the_code_and_only_a_deployment_may_ask_for_a_token(file: Path) -> None:
    """Nothing is granted to the workflow as a whole, and what a job gets is written at it."""
    read = workflow(file)
    rights = {name: job["permissions"] for name, job in read["jobs"].items()}

    assert read["permissions"] == {}
    assert rights == {
        name: {"contents": "read", **({"id-token": "write"} if name == "deploy" else {})} for name in rights
    }


@each_workflow
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    """What later steps run can't push."""
    checkouts = [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]

    assert len(checkouts) == len(workflow(file)["jobs"])
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@each_workflow
def test_runs_do_not_pile_up(file: Path) -> None:
    """One at a time for each branch or stage, every job with an end; a deployment is never broken off."""
    read = workflow(file)

    assert read["concurrency"]["group"].startswith(f"{read['name']}-")
    assert all(int(job["timeout-minutes"]) <= 60 for job in read["jobs"].values())
    if read["name"] == "deploy":
        assert read["concurrency"]["cancel-in-progress"] == "false"


@each_workflow
def test_every_command_is_a_target_of_the_makefile(file: Path) -> None:
    """So that the laptop and CI run the same; and nothing that strangers write gets into a shell."""
    commands = [step["run"] for step in steps(file) if "run" in step]
    words = [re.sub(r'"[^"]*"', "", command).split() for command in commands]

    assert commands
    assert {word for line in words for word in line[1:] if "=" not in word} <= TARGETS
    assert {line[0] for line in words} == {"make"}
    assert not [command for command in commands if "${{" in command]


def test_what_the_tests_need_is_tested() -> None:
    """Tests on every Python that is supported, the checks, both architectures, equal builds, Lambda's image."""
    jobs = workflow(FILES[0])["jobs"]
    commands = {name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()}

    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert jobs["build"]["strategy"]["matrix"]["architecture"] == ["x86_64", "arm64"]
    assert "MOST=150" in commands["build"].split()
    assert {name: [word for word in text.split() if word in TARGETS] for name, text in commands.items()} == {
        "test": ["test"],
        "check": ["check"],
        "build": ["build"],
        "build-twice": ["build-twice"],
        "sam": ["lambda-image", "test-sam"],
    }


def test_a_deployment_stores_no_key_of_aws() -> None:
    """It assumes a role by the token that GitHub signs, in an environment whose rules can ask for approval."""
    [job] = workflow(FILES[1])["jobs"].values()
    [credentials] = [step for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]

    assert job["environment"] == "${{ inputs.stage }}"
    assert credentials["with"] == {
        "role-to-assume": "${{ vars.AWS_ROLE_ARN }}",
        "aws-region": "${{ vars.AWS_REGION }}",
    }
    assert "secrets." not in FILES[1].read_text()


def test_every_stage_has_parameters() -> None:
    """A stage that can be chosen is a section of samconfig.toml."""
    stages = workflow(FILES[1])["on"]["workflow_dispatch"]["inputs"]["stage"]["options"]
    sections = set(re.findall(r"^\[(\w+)\.", (ROOT / "samconfig.toml").read_text(), re.MULTILINE))

    assert set(stages) <= sections
