"""The steps from a lock file to the folder that lands in /opt.

Standard library only, and no Docker: the wheels for Lambda are chosen by name, whatever machine this runs on.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import machine
from tempfile import TemporaryDirectory

from layer_build import bytecode
from layer_build.pruning import prune, size
from layer_build.stripping import strip

PYTHON = "3.13"
# Lambda's python3.13 runs on Amazon Linux 2023 with glibc 2.34; pip wants every tag that may serve spelled out.
GLIBC = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17")
# Packages of ours that only tests use.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "testing")
MEBIBYTE = 1 << 20


def main() -> None:
    """Build the layer for `platform` (x86_64 or aarch64) into `folder`, which is emptied first."""
    parser = argparse.ArgumentParser(prog="layer_build", description=main.__doc__)
    parser.add_argument("platform", choices=["x86_64", "aarch64"])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    source, tree = Path.cwd(), given.folder / "python"
    shutil.rmtree(given.folder, ignore_errors=True)
    assemble(source, tree, given.platform)
    say(f"cut {strip(tree) / MEBIBYTE:.0f} MB of symbols off shared objects")
    shutil.copy2(source / "sluice-runtime", given.folder / "sluice-runtime")
    (given.folder / "sluice-runtime").chmod(0o755)
    with running_here(source, tree, given.platform) as twin:
        say(bytecode.add(tree, twin, PYTHON))
    say(f"{size(given.folder) / MEBIBYTE:.1f} MB; Lambda's limit for a function with its layers is 250 MB")


def assemble(source: Path, tree: Path, platform: str) -> None:
    """Make a tree of Sluice and its dependencies, without what no function reaches."""
    install(source / "requirements.txt", tree, platform)
    refuse_startup_hooks(tree)
    say(f"left out {prune(tree) / MEBIBYTE:.0f} MB that no function reaches")
    shutil.copytree(source / "sluice", tree / "sluice", ignore=LEFT_OUT)


@contextmanager
def running_here(source: Path, tree: Path, platform: str) -> Iterator[Path | None]:
    """Yield the tree, or the same for this machine's own platform; None where Lambda's wheels can't run."""
    if sys.platform != "linux":
        yield None
    elif platform == machine():
        yield tree
    else:
        say("doing the same for this machine, to see which modules are loaded")
        with TemporaryDirectory() as folder:
            assemble(source, Path(folder), machine())
            yield Path(folder)


def install(requirements: Path, tree: Path, platform: str) -> None:
    """Install exactly what the lock file names and hashes; a package without a wheel for Lambda stops the build."""
    say(f"installing the locked dependencies for {platform}")
    platforms = [f"--platform=manylinux_{glibc}_{platform}" for glibc in GLIBC]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += [
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={PYTHON}",
    ]
    command += [*platforms, f"--platform=manylinux2014_{platform}", f"--target={tree}", f"--requirement={requirements}"]
    if subprocess.run(command, check=False).returncode:
        sys.exit(
            f"layer: stopped, since pip could not install {requirements.name} for {platform}; its reason stands above"
        )


def refuse_startup_hooks(tree: Path) -> None:
    """Stop at a `.pth` file: Python runs its lines at every start, which once made a thief of LiteLLM."""
    hooks = sorted(path.name for path in tree.glob("*.pth"))
    if hooks:
        sys.exit(f"layer: stopped, since packages want to run code at every start of Python: {', '.join(hooks)}")


def say(text: str) -> None:
    print(f"layer: {text}", file=sys.stderr, flush=True)  # noqa: T201 - the build talks to whoever started it


if __name__ == "__main__":
    main()
