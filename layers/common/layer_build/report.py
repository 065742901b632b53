"""Says what a build made: `report.py .aws-sam/build 250`. SAM shows nothing that a makefile prints unless it fails."""

from __future__ import annotations

import sys
from pathlib import Path

from layer_build.pruning import size

LAYER = "CommonLayer"
NO_BYTECODE = """
WARNING: the layer holds no bytecode, since this machine has no Python 3.13. It works, but every cold start compiles
thousands of modules anew. Put a python3.13 on the path (or into pyenv) and build again before you deploy.
"""


def main() -> None:
    """Print the size of each function with its layer; fail when it is more than so many MB: Lambda refuses 250."""
    build, most = Path(sys.argv[1]), int(sys.argv[2])
    layer = size(build / LAYER)
    for function in sorted(build.glob("*Function")):
        total = size(function) + layer
        print(f"{function.name} with its layer: {total / (1 << 20):.1f} of {most} MB")  # noqa: T201 - a report
        if total > most << 20:
            sys.exit(f"{function.name} is too large.")
    if not any((build / LAYER).rglob("*.pyc")):
        print(NO_BYTECODE, file=sys.stderr)  # noqa: T201 - a report


if __name__ == "__main__":
    main()
