"""Which calls of AWS the code makes, found in its source: every use of a boto3 client in the adapters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.deploy.conftest import ROOT

ADAPTERS = ROOT / "layers" / "common" / "sluice" / "adapters"
Call = tuple[str, str]


def made() -> set[Call]:
    """Return service and method of every call; of a signed address, what it signs."""
    return {call for file in ADAPTERS.rglob("*.py") for call in _of(ast.parse(file.read_text()))}


def _of(module: ast.Module) -> Iterator[Call]:
    services = {name for node in ast.walk(module) if (name := _service(node))}
    if not services:
        return
    [service] = services  # a module that used two would have to be told apart here
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and _is_client(node.value):
            yield service, node.attr
        if isinstance(node, ast.Call) and node.args and _attribute(node.args[0]) == "generate_presigned_url":
            yield service, f"generate_presigned_url {ast.literal_eval(node.args[1])}"


def _service(node: ast.AST) -> str | None:
    """Return the service of `boto3.client("...")`."""
    if (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) == "boto3.client"
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value)
    return None


def _is_client(node: ast.expr) -> bool:
    return ast.unparse(node) == "self._client" or _service(node) is not None


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""
