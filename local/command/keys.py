"""`sluice keys`: API keys, in the database of SLUICE_DATABASE_URL, else in the laptop's, which must be running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from local import stored
from local.command.outcome import WRONG_USAGE, fail
from local.keys import issue
from sluice import access
from sluice.access import ApiKey, KeyStore
from sluice.domain import Allowance, Scope

if TYPE_CHECKING:
    from sluice.adapters.postgres.database import Database
    from sluice.settings import Settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="API keys: create, list, revoke.")

Limit = Annotated[float | None, typer.Option(min=0, help="Of this key, beside the limits of its user.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    user: Annotated[str, typer.Option(help="Whose conversations and limits it uses; the key's own by default.")] = "",
    tenant: Annotated[str, typer.Option(help="Whose documents it sees.")] = "default",
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; repeat for several.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires; never by default.")
    ] = None,
    requests_per_minute: Limit = None,
    tokens_per_day: Limit = None,
    dollars_per_day: Limit = None,
    dollars_per_month: Limit = None,
) -> None:
    """Make a key and print it: this once, for only its digest is kept."""
    if not name.strip() or not tenant.strip():
        fail("A key has a name and a tenant; give words.", WRONG_USAGE)
    allowance = Allowance(
        requests_per_minute=requests_per_minute,
        burst=max(1, round(requests_per_minute / 6)) if requests_per_minute else None,
        tokens_per_day=None if tokens_per_day is None else round(tokens_per_day),
        dollars_per_day=dollars_per_day,
        dollars_per_month=dollars_per_month,
    )
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    scopes = frozenset(scope or (Scope.ASK,))
    wanted = ApiKey("", tenant, user, name, b"", scopes, allowance=allowance, expires_at=expires)
    typer.echo(_run(lambda keys, pepper: issue(keys, wanted, pepper)))


@app.command("list")
def show() -> None:
    """List the keys, with the day of their last use and what became of them."""
    for key in _run(lambda keys, _: keys.all()):
        typer.echo("\t".join(_row(key)))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key, or its beginning as `sluice keys list` shows it.")],
) -> None:
    """End a key's life. Functions that have just used it take it for a few seconds more (SLUICE_KEY_CACHE_SECONDS)."""
    found = access.key_id(key_id) or key_id.removeprefix("sk_").removesuffix("_...")
    _run(lambda keys, _: keys.revoke(found))
    typer.echo(f"{found} is revoked.")


def _run(work: Callable[[KeyStore, str], Awaitable[T]]) -> T:
    async def with_keys(database: Database, settings: Settings) -> T:
        from sluice.adapters.postgres.keys import PostgresKeys

        return await work(PostgresKeys(database), settings.key_pepper)

    return stored.run(with_keys)


def _row(key: ApiKey) -> tuple[str, ...]:
    now = datetime.now(UTC)
    expired = key.expires_at is not None and key.expires_at <= now
    state = "revoked" if key.revoked_at else "expired" if expired else "valid"
    used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "for ever"
    return f"sk_{key.id}_...", state, key.name, f"{key.tenant}/{key.user}", ",".join(sorted(key.scopes)), until, used
