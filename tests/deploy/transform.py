"""Prints what CloudFormation makes of a template: `transform.py TEMPLATE REGION`, run by the SAM CLI's own interpreter.

The transform is the one that AWS runs on deploy, so that no test has to guess what a short property becomes.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from importlib import import_module  # the SAM CLI is not installed where types are checked
from pathlib import Path
from typing import Any

UPLOADED = "s3://bucket/key"


class AnyPolicy:
    """Knows the ARN of every managed policy, without asking IAM."""

    def load(self) -> defaultdict[str, str]:
        return defaultdict(lambda: "arn:aws:iam::aws:policy/managed")


def main() -> None:
    """Transform the template with its default parameters, as if its code were uploaded."""
    os.environ["AWS_DEFAULT_REGION"] = sys.argv[2]
    template: dict[str, Any] = import_module("samcli.yamlhelper").yaml_parse(Path(sys.argv[1]).read_text())
    template["Globals"]["Function"]["CodeUri"] = UPLOADED
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = UPLOADED
    transform = import_module("samtranslator.translator.transform").transform
    json.dump(transform(template, {}, AnyPolicy()), sys.stdout)


if __name__ == "__main__":
    main()
