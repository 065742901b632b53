"""`sluice feedback`: the readers' ratings as a set for `sluice eval`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.command.outcome import fail

if TYPE_CHECKING:
    from sluice.adapters.postgres.database import Database
    from sluice.feedback import Feedback


def feedback(
    folder: Annotated[Path, typer.Argument(help="Folder for the set; what it holds is written over.")],
    tenant: Annotated[str, typer.Option(help="Whose feedback.")] = "default",
) -> None:
    """Export the readers' feedback as a set for `sluice eval`; feedback.jsonl beside it holds all of it."""
    from local import stored
    from sluice.exporting import export

    ratings = stored.run(lambda database, _: _of(database, tenant))
    try:
        exported = export(ratings, folder)
    except OSError as error:
        fail(f"{folder} can't be written: {error.strerror}.")
    typer.echo(f"{exported.feedback} ratings: {exported.queries} queries, {exported.passages} passages in {folder}.")


async def _of(database: Database, tenant: str) -> list[Feedback]:
    """Return a tenant's feedback, oldest first."""
    from sluice.adapters.postgres.feedback import PostgresFeedback

    return [each async for each in PostgresFeedback(database).all(tenant)]
