"""How commands end, and what the command says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.addresses import ROOT
from local.command.program import app
from local.http_server import bind
from local.postgres import free_port
from tests.command.conftest import Sluice
from tests.command.service import Service

SLUICE = [sys.executable, "-c", "from local.cli import main; main()"]


@pytest.mark.parametrize("command", [["ask", "why?"], ["docs"], ["ingest", __file__], ["usage"], ["search", "x"]])
def test_nobody_answers(sluice: Sluice, command: list[str]) -> None:
    """One line that says what to do, and exit code 3."""
    result = sluice(*command, "--url", f"http://127.0.0.1:{free_port()}")

    assert result.exit_code == 3
    assert result.output.endswith("Is Sluice running (make run)? Else give --url.\n")
    assert len(result.output.splitlines()) == 1


def test_a_missing_key_has_an_exit_code_of_its_own(sluice: Sluice, service: Service) -> None:
    """And the words say how to give one."""
    service.key = "right"
    missing = sluice("usage")
    given = sluice("usage", "--api-key", "right")
    exported = sluice("usage", SLUICE_API_KEY="right")

    assert (missing.exit_code, missing.output) == (4, "Who are you? Give --api-key, or set SLUICE_API_KEY.\n")
    assert (given.exit_code, exported.exit_code) == (0, 0)


def test_the_laptops_own_key_stays_on_this_machine() -> None:
    """Another address is not shown it."""
    from local.command.connection import Connection

    there, here = Connection("https://elsewhere.example"), Connection("https://elsewhere.example", "given")

    assert (there._key_for(there.url), here._key_for(here.url)) == (None, "given")


def test_a_redirection_is_told_and_not_followed(sluice: Sluice, service: Service) -> None:
    """Another address might not be meant to see the key."""
    result = sluice("usage", "--url", f"{service.url}/moved")

    assert result.output == f"{service.url}/moved sends us on to https://elsewhere.invalid/. Give that as --url.\n"
    assert result.exit_code == 1


@pytest.mark.parametrize("address", ["ftp://host", "nonsense", "http://"])
def test_what_is_no_address(sluice: Sluice, address: str) -> None:
    """One line, no trace."""
    result = sluice("usage", "--url", address)

    assert result.exit_code in (1, 3)
    assert len(result.output.splitlines()) == 1


def test_what_answers_is_not_sluice(sluice: Sluice, service: Service) -> None:
    """Something else on the port says something else."""
    service.health = {"problems": {}}

    assert sluice("usage", "--url", f"{service.url}/nothing").exit_code == 1


@pytest.mark.parametrize("name", ["chat", "ingest", "aws", "database"])
def test_a_busy_port(tmp_path: Path, name: str) -> None:
    """It says in one line which port is in use and which option chooses another."""
    with bind(0) as taken:
        port = taken.getsockname()[1]
        ports = {"chat": 0, "ingest": 0, "aws": 0, "database": 0, name: port}
        options = [f"--{part}-port={number}" for part, number in ports.items()]
        result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), *options])

    assert result.output == f"Port {port} is in use. Choose another with --{name}-port.\n"
    assert result.exit_code == 1


def test_a_data_folder_that_can_not_be_one(tmp_path: Path) -> None:
    """Nothing starts."""
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(app, ["up", "--data", str(file)])

    reason = f"{file} can't keep the data: File exists. Choose another folder with --data.\n"
    assert (result.exit_code, result.stderr) == (1, reason)


def test_a_template_that_is_no_text(tmp_path: Path) -> None:
    """Nothing starts either."""
    template = tmp_path / "template.yaml"
    template.write_bytes(b"\xff\xfe\x00")
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--template", str(template), "--aws-port=0"])

    assert (result.exit_code, result.stderr) == (1, f"{template} is no text.\n")


def test_ctrl_c_while_it_is_being_loaded() -> None:
    """The command ends without a stack trace, as it does later."""
    interrupted = "import sys; from local.cli import main; sys.meta_path.insert(0, Interrupting()); main()"
    finder = "class Interrupting:\n    def find_spec(self, *_): os.kill(os.getpid(), signal.SIGINT)\n"
    code = f"import os, signal\n{finder}{interrupted}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_reader_that_has_seen_enough(service: Service) -> None:
    """`sluice docs | head` leaves no trace of a broken pipe."""
    service.documents = [{**_document(number)} for number in range(20_000)]
    with subprocess.Popen(
        [*SLUICE, "docs", "--url", service.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""


def _document(number: int) -> dict[str, object]:
    from tests.command.service import DOCUMENT

    return {**DOCUMENT, "title": f"Document number {number}"}


def test_the_version_is_that_of_the_project() -> None:
    """As pyproject.toml names it."""
    result = CliRunner().invoke(app, ["--version"])

    assert result.output.strip() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown(shell: str) -> None:
    """The script asks this command what comes next."""
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [*SLUICE, "--show-completion", shell]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "_SLUICE_COMPLETE" in done.stdout


def test_completion_knows_the_commands() -> None:
    """What a shell would offer after `sluice con`."""
    environment = {**os.environ, "_SLUICE_COMPLETE": "complete_bash", "COMP_WORDS": "sluice con", "COMP_CWORD": "1"}
    done = subprocess.run(SLUICE, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["conversations"]


def test_completion_can_be_installed(tmp_path: Path) -> None:
    """Into the files of a home, and no other."""
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    command = [*SLUICE, "--install-completion", "bash"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "completion installed" in done.stdout
    assert "_SLUICE_COMPLETE" in (tmp_path / ".bash_completions" / "sluice.sh").read_text()


def test_help_is_quick() -> None:
    """Neither the command line nor the process that runs the laptop imports moto, LiteLLM or boto3."""
    heavy = ("moto", "litellm", "boto3", "botocore")
    code = f"import sys, local.command.program, local.up; print([m for m in {heavy} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
