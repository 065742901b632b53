"""Adds bytecode, without which a cold start compiles thousands of modules anew, since /opt can't be written to.

Bytecode carries no check of its source (PEP 552, unchecked hash): unzipping gives sources another time, which would
void any other kind. It is written for the modules that a real run loads: nearly all of the speed, half of the bytes;
and, as under `python -OO`, without what only people read: docstrings, assertions, and the columns of tracebacks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

WORKLOAD = Path(__file__).with_name("workload.py")
# Runs in the interpreter of Lambda's version; the recorded path is the one in Lambda, not the one of the build.
COMPILE = """
import importlib.util, json, py_compile, sys
for path in json.load(sys.stdin):
    py_compile.compile(path, cfile=importlib.util.cache_from_source(path, optimization=""),
                       dfile="/opt/" + path[len(sys.argv[1]) + 1:], quiet=2, optimize=2,
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""
OPTIONS = ("-I", "-X", "no_debug_ranges", "-c", COMPILE)
# These load parts of themselves when they are first used, which a workload may miss, such as for another provider.
WHOLE = ("anyio", "fastapi", "httpcore", "litellm/llms", "psycopg", "psycopg_pool", "sluice", "starlette")
NEVER_LOADED = ("litellm/proxy/", "pydantic/v1/", "aws_lambda_powertools/event_handler/")


def add(tree: Path, twin: Path | None, version: str) -> str:
    """Compile the tree's modules with CPython of `version`, the only one to read them; say what was done.

    `twin` is the same tree with compiled modules that run on this machine, and may be the tree itself; None if there
    can't be one.
    """
    python = find_python(version)
    if not python:
        return f"WARNING: no Python {version} on this machine, so no bytecode: each cold start compiles anew"
    modules = loaded(twin, python) if twin else likely(tree)
    paths = sorted(str(tree / module) for module in modules if (tree / module).exists())
    command = [python, *OPTIONS, str(tree.parent)]
    subprocess.run(command, input=json.dumps(paths), text=True, check=True)
    return f"compiled {len(paths)} modules with {python}"


def find_python(version: str) -> str | None:
    """Return an interpreter of this version that starts: on the path, or one of pyenv's."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [sys.executable, shutil.which(name), *sorted(map(str, pyenv.glob(f"versions/{version}.*/bin/{name}")))]
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return candidate
    return None


def loaded(tree: Path, python: str) -> set[str]:
    """Return the modules that the workload loads, and all those of some packages, as paths within the tree."""
    command = [python, "-I", "-S", "-B", str(WORKLOAD), str(tree)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        sys.exit("layer: stopped, since the tree could not serve streamed completions; the reason stands above")
    files = [Path(name) for name in json.loads(run.stdout)["modules"]]
    files += [path for package in WHOLE for path in tree.glob(f"{package}/**/*.py")]
    return {path.relative_to(tree).as_posix() for path in files}


def likely(tree: Path) -> set[str]:
    """Return what may be loaded, where no compiled modules for Lambda run, such as on a Mac."""
    modules = [path.relative_to(tree).as_posix() for path in tree.rglob("*.py")]
    return {module for module in modules if not module.startswith(NEVER_LOADED)}
