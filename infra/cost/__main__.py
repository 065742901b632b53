"""Prints what a stack costs: `python -m infra.cost --questions 20000 --profile proxy`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from infra.cost.tables import report
from infra.cost.use import PROFILES, Use, assumptions


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables for the figures given."""
    given = parser().parse_args(arguments)
    figures = {name: getattr(given, name) for name in assumptions()}
    sys.stdout.write(report(Use(**figures), [given.profile] if given.profile else PROFILES))


def parser() -> argparse.ArgumentParser:
    """Return the command's options: one for each figure."""
    options = argparse.ArgumentParser("python -m infra.cost", description="Print what a stack of Sluice costs a month.")
    options.add_argument("--profile", choices=PROFILES, help="one profile only; all when left out")
    for name, (default, meaning) in assumptions().items():
        help_text = f"{meaning.replace('%', '%%')} (%(default)g)"
        options.add_argument(f"--{name.replace('_', '-')}", type=float, default=default, metavar="N", help=help_text)
    return options


if __name__ == "__main__":
    main()
