"""The layer that was built is small enough, and misses nothing that a function needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from layer_build.pruning import size
from tests.deploy.conftest import ROOT

pytestmark = pytest.mark.sam

WORKLOAD = ROOT / "layers" / "common" / "layer_build" / "workload.py"
MEBIBYTE = 1 << 20
# The flags of a bytecode file's header: made from a hash of the source, and not compared with it (PEP 552).
UNCHECKED_HASH = 0b01
IMPORT = (
    "import importlib, sys; sys.path[:0] = sys.argv[1:3]; print(callable(importlib.import_module(sys.argv[3]).handler))"
)
UNCOMPILED = """
import os, sys
sys.path[:0] = sys.argv[1:3]
import functions.chat.app
from sluice import bootstrap, streaming
bootstrap.prime_snapshot()
streaming.rehearse(functions.chat.app.app)
specs = [module.__spec__ for module in sys.modules.values() if getattr(module, "__spec__", None)]
ours = [spec for spec in specs if spec.has_location and spec.origin.startswith(tuple(sys.argv[1:3]))]
print([spec.name for spec in ours if spec.cached and not os.path.exists(spec.cached)])
"""

LOAD_ALL = "import ctypes, pathlib, sys; [ctypes.CDLL(str(path)) for path in pathlib.Path(sys.argv[1]).rglob('*.so*')]"


@pytest.mark.parametrize("function", ["ChatFunction", "IngestFunction"])
def test_a_function_with_its_layer_is_at_most_150_megabytes(built: Path, function: str) -> None:
    """Lambda refuses 250; what is unpacked costs time at every cold start."""
    assert size(built / "CommonLayer") + size(built / function) <= 150 * MEBIBYTE


def test_the_layer_holds_the_runtime_as_an_executable_file(built: Path) -> None:
    """Lambda starts /opt/sluice-runtime, and answers exit code 126 if the bit is missing."""
    assert os.access(built / "CommonLayer" / "sluice-runtime", os.X_OK)


def test_the_layer_holds_no_test_code_of_ours(built: Path) -> None:
    """The fakes stay at home."""
    assert not (built / "CommonLayer" / "python" / "sluice" / "testing").exists()


def test_models_of_every_protocol_work_in_the_built_layer(built: Path, python: str) -> None:
    """With nothing but the layer on the path every module of ours imports, models stream, embed and count tokens."""
    tree = built / "CommonLayer" / "python"

    run = subprocess.run(
        [python, "-I", "-S", "-B", WORKLOAD, tree], capture_output=True, text=True, timeout=120, check=False
    )

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert {name: result[name] for name in ("texts", "vector", "tokens", "clients")} == {
        "texts": {
            "openai/gpt-4o": "!",
            "anthropic/claude-sonnet-4-5": "!",
            "bedrock/us.amazon.nova-lite-v1:0": "!",
            "azure/gpt-4o": "!",
        },
        "vector": [1.0, 0.0],
        "tokens": [2, 2, 2, 2],
        "clients": ["bedrock-runtime", "rds", "s3", "secretsmanager", "sqs", "sts", "textract"],
    }


def test_every_shared_object_of_the_built_layer_loads(built: Path, python: str) -> None:
    """Cutting their symbols off broke none of them."""
    run = subprocess.run(
        [python, "-I", "-S", "-B", "-c", LOAD_ALL, built / "CommonLayer" / "python"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")


def test_every_module_that_is_loaded_comes_with_bytecode(built: Path, python: str) -> None:
    """What the functions import at a cold start is not compiled anew, and its bytecode is never called stale."""
    tree = built / "CommonLayer" / "python"
    sources = [tree / "litellm" / "main.py", tree / "fastapi" / "routing.py", *tree.glob("sluice/**/*.py")]
    sources += [*tree.glob("litellm/llms/*/chat/transformation.py"), *built.glob("*Function/functions/**/*.py")]
    files = [source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc" for source in sources]

    flags = {int.from_bytes(file.read_bytes()[4:8], "little") for file in files}

    assert flags == {UNCHECKED_HASH}


@pytest.mark.parametrize(("function", "module"), [("ChatFunction", "chat"), ("IngestFunction", "ingest")])
def test_a_handler_imports_from_the_built_tree(built: Path, python: str, function: str, module: str) -> None:
    """With nothing but the function and the layer on the path the handler is there."""
    path = [built / function, built / "CommonLayer" / "python"]

    run = subprocess.run(
        [python, "-I", "-S", "-B", "-c", IMPORT, *path, f"functions.{module}.app"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (run.stdout, run.stderr) == ("True\n", "")


@pytest.mark.parametrize(("function", "module"), [("ChatFunction", "chat"), ("IngestFunction", "ingest")])
def test_the_bytecode_of_a_function_is_what_runs(
    built: Path, python: str, tmp_path: Path, function: str, module: str
) -> None:
    """A source that could not even be compiled is never looked at."""
    copy = tmp_path / "task"
    shutil.copytree(built / function, copy)
    for source in copy.rglob("*.py"):
        source.write_text("this is no Python")

    run = subprocess.run(
        [python, "-I", "-S", "-B", "-c", IMPORT, copy, built / "CommonLayer" / "python", f"functions.{module}.app"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (run.stdout, run.stderr) == ("True\n", "")


def test_the_chat_function_loads_no_module_without_bytecode(built: Path, python: str) -> None:
    """Nor does a rehearsed answer of a model: all of it was compiled at the build."""
    path = [built / "ChatFunction", built / "CommonLayer" / "python"]
    variables = {"SLUICE_CHAT_MODEL": "openai/gpt-4o", "AWS_DEFAULT_REGION": "eu-west-1"}

    run = subprocess.run(
        [python, "-I", "-S", "-B", "-c", UNCOMPILED, *path],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (run.stdout, run.stderr) == ("[]\n", "")
