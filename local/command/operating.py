"""`sluice redrive` and `sluice reconcile`: what brings bucket, queue and documents together again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.command.connection import Connection, Json, connected_to_both
from local.command.outcome import run
from local.command.printing import in_one_line, show_json

if TYPE_CHECKING:
    from local.client import Event

_DIFFERENCES = {
    "missing": "objects without a document",
    "orphaned": "documents without an object",
    "outdated": "documents of bytes that were replaced",
    "stuck": "documents that have waited for over an hour",
}


@connected_to_both
def redrive(connection: Connection) -> None:
    """Try the documents again whose events became dead letters."""
    count = run(connection.from_ingest(lambda ingest: ingest.redrive()))
    typer.echo(f"{count} {'dead letter is' if count == 1 else 'dead letters are'} in the queue again.")


@connected_to_both
def reconcile(
    connection: Connection,
    repair: Annotated[bool, typer.Option("--repair/--dry-run", help="Mend what differs, or only tell it.")] = True,
    json: Json = False,
) -> None:
    """Compare the bucket with the documents, both ways, and mend what differs."""
    report = run(connection.from_ingest(lambda ingest: ingest.reconcile(repair=repair)))
    if json:
        show_json(report)
        return
    for name, words in _DIFFERENCES.items():
        for source in report[name]["sources"]:
            typer.echo(f"{name}\t{in_one_line(source)}")
        if report[name]["count"]:
            typer.echo(f"{report[name]['count']} {words}.", err=True)
    typer.echo(_summary(report, repair=repair), err=True)


def _summary(report: Event, *, repair: bool) -> str:
    compared = f"{report['objects']} objects and {report['documents']} documents were compared"
    found = sum(report[name]["count"] for name in _DIFFERENCES)
    if not found:
        return f"{compared}; nothing differs."
    return f"{compared}; {found} {'were mended or queued' if repair else 'differ, and nothing was changed'}."
