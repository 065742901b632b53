"""The exec wrapper: how it is called in Lambda, and what the function's process looks like then."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.streaming.environment import OURS, ROOT, ExecutionEnvironment

HANDLER = "shows_itself.handler"


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    """A function's code as it lies in Lambda."""
    root = tmp_path / "task"
    root.mkdir()
    shutil.copy(ROOT / "tests" / "streaming" / "apps" / "paths.py", root / "shows_itself.py")
    return root


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer as it lies under /opt: the wrapper on top, packages below `python`."""
    opt = tmp_path / "opt"
    (opt / "python").mkdir(parents=True)
    shutil.copy(OURS, opt / "sluice-runtime")
    shutil.copytree(OURS.parent / "sluice" / "streaming", opt / "python" / "sluice" / "streaming")
    shutil.copy(OURS.parent / "sluice" / "__init__.py", opt / "python" / "sluice")
    return opt


async def shown_by(environment: ExecutionEnvironment) -> Any:
    await environment.start()
    try:
        return await (await environment.invoke({})).envelope()
    finally:
        await environment.close()


async def test_the_search_path_has_the_order_of_the_managed_runtime(layer: Path, task_root: Path) -> None:
    """The function's own code first, then the layers, the runtime's own packages after them."""
    versioned = layer / "python" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    versioned.mkdir(parents=True)
    variables = {"LAMBDA_TASK_ROOT": str(task_root), "LAMBDA_RUNTIME_DIR": "/var/runtime"}
    environment = ExecutionEnvironment(HANDLER, wrapper=layer / "sluice-runtime", variables=variables)

    shown = await shown_by(environment)

    assert shown["path"][:4] == [str(task_root), str(versioned), str(layer / "python"), "/var/runtime"]
    assert (shown["directory"], shown["name"]) == (str(task_root), "shows_itself")


async def test_the_wrapper_works_from_the_source_tree(task_root: Path) -> None:
    """Where the packages lie beside it; options of the interpreter and a PYTHONPATH are kept."""
    variables = {"LAMBDA_TASK_ROOT": str(task_root), "PYTHONPATH": "/extra"}
    environment = ExecutionEnvironment(HANDLER, options=["-X", "frozen_modules=on"], variables=variables)

    shown = await shown_by(environment)

    assert shown["path"][:3] == [str(task_root), str(OURS.parent), "/extra"]
    assert shown["options"]["frozen_modules"] == "on"


async def test_garbage_is_collected_once_the_app_has_started(task_root: Path) -> None:
    """Not while it is imported, and then not among what was imported."""
    shown = await shown_by(ExecutionEnvironment(HANDLER, variables={"LAMBDA_TASK_ROOT": str(task_root)}))

    assert shown["garbage"] == [False, True, True]


def test_the_wrapper_can_be_executed() -> None:
    """Lambda refuses to start otherwise, and `bootstrap` would be taken for a runtime of its own by `sam local`."""
    assert os.access(OURS, os.X_OK)
    assert OURS.name != "bootstrap"
