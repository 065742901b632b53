"""Writes a worked-out stack as one template, without what another implementation of CloudFormation can't make."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tests.stack.cloudformation import Stack

_MADE = re.compile(r"<([\w/]+)(?:\.([\w.]+))?>")


def template(stack: Stack, kinds: Collection[str]) -> dict[str, Any]:
    """Return the resources of these types, nested ones too; a reference to any other becomes plain text."""
    found = {path: it for path, it in stack.everything().items() if it["Type"] in kinds}
    names = {path: path.replace("/", "") for path in found}
    resources = {names[path]: _written(it, names, path.rpartition("/")[0]) for path, it in found.items()}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _written(resource: dict[str, Any], names: dict[str, str], parent: str) -> dict[str, Any]:
    depends = resource.get("DependsOn", [])
    paths = [f"{parent}/{name}".lstrip("/") for name in ([depends] if isinstance(depends, str) else depends)]
    return {
        "Type": resource["Type"],
        "Properties": _referring(resource.get("Properties", {}), names),
        "DependsOn": [names[path] for path in paths if path in names],
    }


def _referring(value: Any, names: dict[str, str]) -> Any:
    """Return the value with names of what a deploy makes as references again."""
    if isinstance(value, list):
        return [_referring(it, names) for it in value]
    if isinstance(value, dict):
        return {key: _referring(it, names) for key, it in value.items()}
    if not isinstance(value, str) or not _MADE.search(value):
        return value
    whole = _MADE.fullmatch(value)
    if whole and whole[1] in names:
        return {"Fn::GetAtt": [names[whole[1]], whole[2]]} if whole[2] else {"Ref": names[whole[1]]}
    return {"Fn::Sub": _MADE.sub(lambda found: _placeholder(found, names), value)}


def _placeholder(found: re.Match[str], names: dict[str, str]) -> str:
    if found[1] not in names:
        return "not-made-here"
    return f"${{{names[found[1]]}{'.' + found[2] if found[2] else ''}}}"
