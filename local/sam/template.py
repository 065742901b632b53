"""The built template as `sam local` is to run it here: the functions and their layer, with the laptop's settings.

`sam local` sets no variable that a template does not name, and knows none of the resources that a function refers to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.addresses import ROOT
from local.intrinsics import load
from local.template import Place, read
from local.variables import variables

BUILT = ROOT / ".aws-sam" / "build"
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
BUFFERED = "BufferedChatFunction"
"""The chat function without the streaming runtime, behind every route of an HTTP API: what `start-api` can serve."""

_KEPT = ("Handler", "Runtime", "CodeUri", "Layers", "MemorySize", "Timeout", "Architectures", "Description")


class NothingBuilt(Exception):
    """There is no built template."""


def write(name: str, *, database_url: str, endpoint: str, bucket: str | None = None) -> Path:
    """Write the template beside the built functions, and return where; raise `NothingBuilt`.

    `database_url` and `endpoint` (of S3 and SQS) are as containers know them; without a `bucket` it is the laptop's.
    """
    if not (BUILT / "template.yaml").exists():
        raise NothingBuilt("Nothing is built yet: run `make build` first.")
    template = load(BUILT / "template.yaml")
    place = Place(endpoint=endpoint)
    stack = read(BUILT / "template.yaml", place, {"Profile": "existing"})
    bucket = bucket or next(iter(stack.buckets.values())).name
    resources: dict[str, Any] = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resources[logical_id] = resource
        elif logical_id in stack.functions:
            given = variables(
                stack.functions[logical_id],
                {},
                place,
                database_url=database_url,
                bucket=bucket,
                chat_url="http://127.0.0.1:3000",
                ingest_url="http://127.0.0.1:3000",
            )
            resources[logical_id] = _function(template, resource, given)
    if "ChatFunction" in resources:
        resources[BUFFERED] = _buffered(resources["ChatFunction"])
    path = BUILT / f"{name}.json"
    kept = {part: template[part] for part in ("Transform", "Parameters") if part in template}
    path.write_text(json.dumps({**kept, "Resources": resources}, indent=1))
    return path


def _function(template: Mapping[str, Any], resource: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    shared = template.get("Globals", {}).get("Function", {})
    both = {**shared, **resource["Properties"]}
    properties = {name: both[name] for name in _KEPT if name in both}
    properties["Environment"] = {"Variables": {**given, "SLUICE_SECRET_ARN": ""}}
    return {"Type": resource["Type"], "Properties": properties}


def _buffered(chat: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in chat["Properties"]["Environment"]["Variables"].items() if name != WRAPPER}
    properties = {**chat["Properties"], "Environment": {"Variables": given}}
    properties["Events"] = {"Everything": {"Type": "HttpApi"}}
    return {"Type": chat["Type"], "Properties": properties}
