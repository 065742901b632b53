"""Lets the functions' user into a database that another user owns: to read and write rows, and nothing more."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL, Literal

from sluice import sql


def admit(owners_url: str, user: str) -> None:
    """Make the user unless there is one, and let it use every table; repeating it lets it into tables that are new."""
    statement = SQL(sql.query("admission", "let_in")).format(user=Literal(user))
    with psycopg.connect(owners_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(statement)
