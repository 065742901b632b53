"""How a command ends: its exit code, and what went wrong in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer

T = TypeVar("T")

FAILED = 1
"""The server refused, an answer broke off, a document failed, a check failed."""
WRONG_USAGE = 2
"""An option or argument can't be used; the command line's own parser ends with it too."""
UNREACHABLE = 3
"""Nothing answers at the address, or the database is away."""
NOT_SIGNED_IN = 4
"""The credentials are missing, wrong, or not enough."""
INTERRUPTED = 130


class Mistake(Exception):
    """What the user gave can't be used; the message says why."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do a command's work; what it can't do is told in one line, with an exit code that says of which kind it is."""
    from local.client import ClientError, NotSignedIn, Unreachable

    try:
        return asyncio.run(work)
    except Mistake as error:
        fail(str(error), WRONG_USAGE)
    except Unreachable as error:
        fail(str(error), UNREACHABLE)
    except NotSignedIn as error:
        fail(str(error), NOT_SIGNED_IN)
    except ClientError as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        work.close()  # also where Ctrl-C came before it began


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Tell what went wrong and end with the exit code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)
