"""Prints what CloudFormation makes of the templates: `transform.py FILE...`, run by the SAM CLI's own interpreter.

The transform is the one that AWS runs on deploy, so that no test has to guess what a short property becomes. Code
counts as uploaded under UPLOADED, the layer under LAYER, and a nested template under its own path.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from importlib import import_module  # the SAM CLI is not installed where types are checked
from pathlib import Path
from typing import Any

UPLOADED = "s3://bucket/code"
LAYER = os.environ.get("LAYER", "s3://bucket/layer")


class AnyPolicy:
    """Knows the ARN of every managed policy, without asking IAM."""

    def load(self) -> defaultdict[str, str]:
        return defaultdict(lambda: "arn:aws:iam::aws:policy/managed")


def transformed(file: str) -> dict[str, Any]:
    """Return a template without SAM's types; one without the transform stays as it is."""
    template: dict[str, Any] = import_module("samcli.yamlhelper").yaml_parse(Path(file).read_text())
    if "Transform" not in template:
        return template
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = UPLOADED
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = LAYER
        elif resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = f"https://s3.amazonaws.com/bucket/{properties['Location']}"
    result: dict[str, Any] = import_module("samtranslator.translator.transform").transform(template, {}, AnyPolicy())
    return result


def main() -> None:
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    json.dump({file: transformed(file) for file in sys.argv[1:]}, sys.stdout)


if __name__ == "__main__":
    main()
