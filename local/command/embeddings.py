"""`sluice embeddings`: another embedding model, without downtime."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from local import stored
from local.command.printing import show_json
from sluice.holding import HELD, SIGNS, WHOLE

if TYPE_CHECKING:
    from sluice.adapters.llm import LiteLLMEmbedder
    from sluice.adapters.offline import OfflineEmbedder
    from sluice.adapters.postgres.database import Database
    from sluice.reembedding import Filled, Reembedding, Standing
    from sluice.settings import Settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Another embedding model, without downtime: migrate, switch, drop.")
_FOLLOWED = "The functions follow, whichever of the two models their settings name."


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show which model's vectors are searched, and how far those of another are."""
    standing = _run(lambda reembedding: reembedding.standing())
    if as_json:
        show_json(_fields(standing))
    else:
        typer.echo("\n".join(_lines(standing)))


@app.command()
def migrate(to: Annotated[str, typer.Option(help="The new model, by its LiteLLM name.")]) -> None:
    """Give every chunk a vector of the new model, beside the old one; run it again to go on where it broke off."""
    _run(lambda reembedding: _shown(reembedding.migrate(to), f"embedding with {to}"))
    typer.echo(f"All vectors of {to} are there. `sluice embeddings switch` lets searches go by them.")


@app.command()
def switch() -> None:
    """Let searches go by the new vectors, everywhere at once."""
    typer.echo(_run(lambda reembedding: _exchanged(reembedding, reembedding.switch())))


@app.command()
def rollback() -> None:
    """Let searches go by the old vectors again."""
    typer.echo(_run(lambda reembedding: _exchanged(reembedding, reembedding.roll_back())))


@app.command()
def index(
    of: Annotated[str, typer.Option(help="What it holds of each vector: whole, signs, or how many first numbers.")],
) -> None:
    """Build the index of the searched vectors anew, beside readers and writers, and exchange the two."""
    if not re.match(HELD, of):
        raise typer.BadParameter("Say whole, signs, or a number from 1 to 3999.", param_hint="--of")
    held = _run(lambda reembedding: reembedding.index(of))
    typer.echo(f"The index holds {_held(held)} of each vector; the whole vectors rank what it finds.")


@app.command()
def drop() -> None:
    """Forget the vectors that are not searched: the end of a change, after which there is no way back."""
    space = _run(lambda reembedding: reembedding.drop())
    typer.echo(
        f"The vectors of {space.other} are gone. Searches go by {space.model}; keep it in SLUICE_EMBEDDING_MODEL."
    )


async def _exchanged(reembedding: Reembedding, steps: AsyncGenerator[Filled, None]) -> str:
    """Go through the steps and say by what searches go now, and what can come next."""
    await _shown(steps, "completing")
    space = (await reembedding.standing()).space
    way = "`sluice embeddings rollback` goes back" if space.switched else "`sluice embeddings switch` goes on"
    return f"Searches go by {space.model}. {_FOLLOWED} {way}, until `sluice embeddings drop`."


async def _shown(steps: AsyncGenerator[Filled, None], what: str) -> None:
    """Show the progress as a bar on a terminal, and what it took at the end."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console, last = Console(stderr=True), None
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task(what, total=None)
        async for last in steps:
            bars.update(bar, completed=last.done, total=last.total)
    if last and last.usage.tokens:
        typer.echo(f"{last.usage.tokens} tokens, ${last.usage.cost:.4f} by the price list", err=True)


def _lines(standing: Standing) -> list[str]:
    space = standing.space
    indexed = "" if standing.held == WHOLE else f", {_held(standing.held)} indexed"
    lines = [f"searched\t{space.model}\t{space.dimension} dimensions{indexed}\t{standing.chunks} chunks"]
    if space.other:
        kept = "kept for the way back" if space.switched else "to come"
        filled, index = standing.chunks - standing.missing, "indexed" if standing.indexed else "not indexed yet"
        lines.append(f"{kept}\t{space.other}\t{space.other_dimension} dimensions\t{filled} chunks, {index}")
    return lines


def _held(held: str) -> str:
    return {WHOLE: "the whole", SIGNS: "the signs"}.get(held, f"the first {held} numbers")


def _fields(standing: Standing) -> dict[str, object]:
    space = standing.space
    return {
        "model": space.model,
        "dimension": space.dimension,
        "other": space.other,
        "other_dimension": space.other_dimension,
        "switched": space.switched,
        "chunks": standing.chunks,
        "missing": standing.missing,
        "indexed": standing.indexed,
        "held": standing.held,
    }


def _run(work: Callable[[Reembedding], Awaitable[T]]) -> T:
    async def with_reembedding(database: Database, settings: Settings) -> T:
        from sluice.adapters.models import embedder
        from sluice.adapters.postgres.credentials import by_password
        from sluice.adapters.postgres.embedding_change import PostgresEmbeddingChange
        from sluice.reembedding import Reembedding

        def embedder_of(model: str) -> OfflineEmbedder | LiteLLMEmbedder:
            return embedder(model, batch=settings.embedding_batch, timeout=settings.model_timeout_seconds)

        direct = by_password(settings.migration_url or settings.database_url)
        change = PostgresEmbeddingChange(database, direct)
        return await work(Reembedding(change, embedder_of, held_of=settings.held_of))

    return stored.run(with_reembedding)
