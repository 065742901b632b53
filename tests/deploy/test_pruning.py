"""The layer's build leaves out what no function reaches, and stops at what must not be in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layer_build.__main__ import refuse_startup_hooks
from layer_build.pruning import SERVICES, prune, size
from layer_build.unimportable import unimportable
from tests.deploy.conftest import ROOT


def grow(tree: Path, *files: str) -> None:
    """Write each file with ten bytes in it."""
    for file in files:
        path = tree / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")


def left(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}


def test_pruning_takes_only_what_is_unreachable(tmp_path: Path) -> None:
    """A package keeps its code, its licence and its metadata, and loses sources in C, tests and console scripts."""
    kept = {"yarl/__init__.py", "yarl/_quoting.so", "yarl-1.dist-info/METADATA", "yarl-1.dist-info/licenses/LICENSE"}
    grow(tmp_path, *kept, "yarl/_quoting.c", "yarl/_quoting.pyi", "yarl/tests/test_url.py", "yarl-1.dist-info/RECORD")
    grow(tmp_path, "bin/yarl")

    assert prune(tmp_path) == 50
    assert left(tmp_path) == kept


def test_pruning_keeps_only_the_services_that_are_called(tmp_path: Path) -> None:
    """Of botocore's data the called services and the files that all services share stay."""
    data = "botocore/data"
    grow(tmp_path, f"{data}/s3/service-2.json.gz", f"{data}/ec2/service-2.json.gz", f"{data}/endpoints.json")

    prune(tmp_path)

    assert left(tmp_path) == {f"{data}/s3/service-2.json.gz", f"{data}/endpoints.json"}


def test_pruning_empties_what_is_read_at_import_and_serves_nobody(tmp_path: Path) -> None:
    """The file of a tokenizer whose library is not there stays, as JSON that holds nothing."""
    vocabulary = "litellm/litellm_core_utils/tokenizers/anthropic_tokenizer.json"
    grow(tmp_path, vocabulary)

    prune(tmp_path)

    assert {name: (tmp_path / name).read_text() for name in left(tmp_path)} == {vocabulary: "{}"}


def test_every_service_that_an_adapter_calls_is_kept() -> None:
    """An adapter that makes a client of a service finds the service's description in the layer."""
    sources = [path.read_text() for path in (ROOT / "layers/common/sluice").rglob("*.py")]
    called = {name for source in sources for name in re.findall(r'boto3\.client\("([a-z0-9-]+)"', source)}

    assert called, "the adapters make their clients by boto3.client"
    assert called <= SERVICES


def test_modules_that_no_import_can_load_are_found(tmp_path: Path) -> None:
    """A module is lost with what it imports at its top, and so is its importer; an import on trial costs nothing."""
    sources = {
        "server/__init__.py": "",
        "server/app.py": "import not_installed",
        "server/run.py": "from server.app import app",
        "server/types.py": "import json\ntry:\n    import not_installed\nexcept ImportError:\n    pass",
        "server/late.py": "def run():\n    import not_installed",
    }
    for name, source in sources.items():
        grow(tmp_path, name)
        (tmp_path / name).write_text(source)

    found = {path.name for path in unimportable(tmp_path, "server")}

    assert found == {"app.py", "run.py"}


def test_the_size_counts_the_bytes_of_files_alone(tmp_path: Path) -> None:
    """Folders weigh nothing, as AWS counts."""
    grow(tmp_path, "a", "deep/er/b")

    assert size(tmp_path) == 20


def test_a_package_that_runs_code_at_every_start_stops_the_build(tmp_path: Path) -> None:
    """A `.pth` file is named and refused."""
    grow(tmp_path, "litellm_init.pth")

    with pytest.raises(SystemExit, match=r"litellm_init\.pth"):
        refuse_startup_hooks(tmp_path)
