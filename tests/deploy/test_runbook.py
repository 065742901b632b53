"""Every command of the runbook is one that its program takes."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from local.command import program
from sluice.settings import Settings
from tests.deploy.commands import commands, refused_by_aws, refused_by_typer
from tests.deploy.conftest import ROOT, Sam

PAGES = [ROOT / "docs" / name for name in ("runbook.md", "deploy.md", "cost.md", "database.md", "observability.md")]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
SLUICE, SAM = ".venv/bin/sluice", ".venv-sam/bin/sam"
# Whose options are not looked at.
OTHERS = {"curl", "git", "export", "echo"}


def of(program: str) -> list[str]:
    """Return the commands of all pages that begin with a program, without it."""
    return [shlex.join(words[1:]) for page in PAGES for words in commands(page) if words[0] == program]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_of_a_known_program(page: Path) -> None:
    """What nobody looks at could be anything."""
    programs = {words[0] for words in commands(page)}

    assert programs <= {SLUICE, SAM, "aws", "make", *OTHERS}


@pytest.mark.parametrize("line", of(SLUICE))
def test_sluice_takes_its_commands(line: str) -> None:
    """The command is there, and has the options."""
    assert refused_by_typer(program.app, shlex.split(line)) is None


@pytest.mark.parametrize("line", of("aws"))
def test_aws_takes_its_commands(line: str) -> None:
    """The operation is in AWS's own description of the service, with these parameters and all that it requires."""
    assert refused_by_aws(shlex.split(line)) is None


@pytest.mark.parametrize("line", of("make"))
def test_make_takes_its_commands(line: str) -> None:
    """The target is one of `make help`."""
    target, *variables = shlex.split(line)

    assert target in TARGETS
    assert {name.partition("=")[0] for name in variables} <= {"ARGS", "EVAL", "ASK"}


@pytest.mark.parametrize("target", ["sam-local", "test-sam"])
def test_what_is_meant_for_a_program_does_not_reach_the_build_before_it(target: str) -> None:
    """`sam build` knows none of the options of `sam local` and pytest."""
    command = ["make", "--no-print-directory", "--dry-run", target, "ARGS=--mine"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    builds = [line for line in printed.splitlines() if " sam build" in line]
    assert builds
    assert [line for line in builds if "--mine" in line] == []
    assert "--mine" in printed.splitlines()[-1]


@pytest.mark.sam
@pytest.mark.parametrize("line", of(SAM))
def test_sam_takes_its_commands(line: str, sam: Sam) -> None:
    """Its parser reads every option before it shows the help that is asked for at the end."""
    ran = sam(*shlex.split(line), "--help")

    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sqs receive-massage", "no operation receive-massage of sqs"),
        ("sqs receive-message --queue-url u --wait 3", "receive-message has no ['wait']"),
        ("sqs receive-message", "receive-message wants ['queue-url']"),
        ("sqs receive-message --queue-url u v", "receive-message takes no ['v']"),
        ("rds modify-db-cluster --db-cluster-identifier c --no-deletion-protection", None),
        ("lambda invoke --function-name f out.json", None),
        ("lambda invoke --function-name f", "invoke takes no []"),
    ],
)
def test_a_wrong_command_of_aws_is_found(line: str, reason: str | None) -> None:
    """The check itself can fail."""
    assert refused_by_aws(shlex.split(line)) == reason


def test_a_wrong_command_of_sluice_is_found() -> None:
    """The check itself can fail."""
    assert "--everything" in (refused_by_typer(program.app, ["docs", "--everything"]) or "")
    assert "make" in (refused_by_typer(program.app, ["keys", "make"]) or "")


def test_the_points_to_verify_come_in_order() -> None:
    """Whether a URL streams from a VPC is the first, since another front door would be taken otherwise."""
    section = (ROOT / "docs" / "runbook.md").read_text().split("## Verify in the cloud")[1].split("\n## ")[0]
    points = re.findall(r"^(\d+)\. \*\*(.+?)\*\*", section, re.MULTILINE)

    assert [int(number) for number, _ in points] == list(range(1, len(points) + 1))
    assert points[0][1] == "A function in a VPC streams by its URL."


def test_settings_that_the_runbook_names_exist() -> None:
    """A variable that nobody reads would change nothing."""
    text = (ROOT / "docs" / "runbook.md").read_text()
    named = set(re.findall(r"SLUICE_([A-Z_]+)", text)) - {"API_KEY", "SECRET_ARN"}

    assert {name.lower() for name in named} <= Settings.model_fields.keys()
