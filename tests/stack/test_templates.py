"""The SAM CLI and cfn-lint accept every template, and find nothing to warn of."""

from __future__ import annotations

import pytest
import yaml

from local.intrinsics import load
from tests.deploy.conftest import ROOT
from tests.stack.conftest import FILES, Tool


@pytest.mark.sam
def test_the_template_is_valid_and_without_findings(tool: Tool) -> None:
    """`sam validate --lint` finds nothing, warnings included."""
    run = tool("sam", "validate", "--lint")

    assert (run.returncode, run.stdout.strip()) == (0, f"{ROOT / 'template.yaml'} is a valid SAM Template"), run.stderr


def test_no_template_has_findings_in_any_of_several_regions(tool: Tool) -> None:
    """cfn-lint knows which properties and values a resource may have, and where; a warning is an error."""
    run = tool("cfn-lint", "--regions", "us-east-1", "eu-west-1", "ap-northeast-1", "--", *FILES)

    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize("file", FILES)
def test_a_template_uses_no_yaml_alias(file: str) -> None:
    """CloudFormation refuses them, and the SAM CLI writes some of them out."""
    tokens = yaml.scan((ROOT / file).read_text())

    assert [token for token in tokens if isinstance(token, yaml.AliasToken | yaml.AnchorToken)] == []


def test_every_parameter_says_what_it_is_and_stands_in_one_group() -> None:
    """The console and `sam deploy --guided` show nothing but this."""
    template = load(ROOT / "template.yaml")
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert [name for group in groups for name in group["Parameters"]] == list(template["Parameters"])
    assert [name for name, it in template["Parameters"].items() if not it.get("Description")] == []


def test_every_parameter_of_the_stack_has_a_default() -> None:
    """`make deploy` works with nothing but yeses."""
    parameters = load(ROOT / "template.yaml")["Parameters"]

    assert [name for name, it in parameters.items() if "Default" not in it] == []


def test_every_finding_that_is_let_pass_has_its_reason_beside_it() -> None:
    """`make scan` takes these from its count."""
    skipped = [
        it
        for file in FILES
        for resource in load(ROOT / file)["Resources"].values()
        for it in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert skipped
    assert [it for it in skipped if len(it.get("comment", "").split()) < 5] == []
