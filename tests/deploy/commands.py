"""The commands in the docs, and whether the programs they name would take them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import typer
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from typer.testing import CliRunner

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Options that the AWS CLI has for every operation (AWS CLI User Guide, "Command line options").
GLOBAL = {"cli-binary-format", "output", "profile", "query", "region"}
# Names by which the AWS CLI calls a service of botocore's, and one operation's file that it takes without a name.
SERVICES = {"s3api": "s3"}
OUTFILES = {("lambda", "invoke")}
# What the AWS CLI adds to an operation's own parameters, or takes apart (its own `customizations`).
ADDED = {
    ("cloudwatch", "get-metric-statistics"): set[str](),
    ("cloudformation", "describe-stack-events"): {"max-items"},
}


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command of a page's shell blocks, in order; a backslash at an end goes on."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def refused_by_typer(app: typer.Typer, words: Sequence[str]) -> str | None:
    """Return why a command would refuse its options; None when it has them all.

    Its parser reads every option before it shows the help that is asked for at the end.
    """
    ran = CliRunner().invoke(app, [*words, "--help"])
    return ran.output if ran.exit_code else None


def refused_by_aws(words: Sequence[str]) -> str | None:
    """Return why the AWS CLI would refuse an operation with these words; None when botocore's model has them."""
    service, name, *rest = words
    operation = _operations(SERVICES.get(service, service)).get(name)
    if operation is None:
        return f"no operation {name} of {service}"
    members = operation.input_shape.members if operation.input_shape else {}
    flags = {_dashed(member) for member in members}
    booleans = {_dashed(member) for member, shape in members.items() if shape.type_name == "boolean"}
    known = flags | GLOBAL | {f"no-{flag}" for flag in booleans} | ADDED.get((service, name), set())
    given = {word.removeprefix("--") for word in rest if word.startswith("--")}
    required = {_dashed(member) for member in (operation.input_shape.required_members if operation.input_shape else [])}
    if given - known:
        return f"{name} has no {sorted(given - known)}"
    if required - given:
        return f"{name} wants {sorted(required - given)}"
    loose = _loose(rest, booleans)
    return None if len(loose) == ((service, name) in OUTFILES) else f"{name} takes no {loose}"


def _loose(words: Sequence[str], booleans: set[str]) -> list[str]:
    """Return the words that belong to no option; an option takes every word up to the next one."""
    loose, option = list[str](), ""
    for word in words:
        if word.startswith("--"):
            option = word.removeprefix("--")
        elif not option or option.removeprefix("no-") in booleans:
            loose.append(word)
        else:
            option = option if option in {"statistics", "dimensions", "attribute-names", "client-id-list"} else ""
    return loose


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return {_dashed(name): model.operation_model(name) for name in model.operation_names}


def _dashed(name: str) -> str:
    return xform_name(name, "-")
