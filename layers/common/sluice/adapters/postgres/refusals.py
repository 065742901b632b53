"""What it means that no connection was to be had, by the words of libpq: it tells no codes."""

from __future__ import annotations

import psycopg

from sluice.errors import DatabaseRefused, DatabaseUnavailable, DatabaseWaking

_WAKING = ("starting up", "shutting down", "not yet accepting connections", "recovery mode")
# What PostgreSQL, PgBouncer and RDS Proxy say of a login that is wrong today and tomorrow. Any other refusal may pass,
# as that of a server whose connections are all taken.
_LOGIN = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "does not exist",
    "no such database",
    "not permitted to log in",
    "permission denied",
    "no credentials",
)
# Words of libpq about TLS, and what to do; nothing of it passes by itself.
_TLS = {
    "certificate verify failed": (
        "The database shows a certificate of an authority that is not trusted here. Name a file with that authority's "
        "root certificate as `sslrootcert` in SLUICE_DATABASE_URL; those of Aurora, RDS and RDS Proxy are known."
    ),
    "does not match host name": (
        "The database's certificate is for another host. Name the host in SLUICE_DATABASE_URL as the certificate does, "
        "for AWS the endpoint itself and no alias of it."
    ),
    "root certificate file": (
        "The file of root certificates can't be read; mend `sslrootcert` in SLUICE_DATABASE_URL, or leave it out."
    ),
    "does not support SSL": (
        "The database does not speak TLS, which `sslmode` in SLUICE_DATABASE_URL asks for; check host and port."
    ),
}


def why(refusal: psycopg.OperationalError | None) -> DatabaseUnavailable:
    """Return what it means; `refusal` is why the last attempt to connect failed, None where none was made."""
    if refusal is None:
        return DatabaseUnavailable()
    words = str(refusal)
    for sign, remedy in _TLS.items():
        if sign in words:
            return DatabaseRefused(remedy)
    if any(sign in words for sign in _WAKING):
        return DatabaseWaking()
    if any(sign in words for sign in _LOGIN):
        return DatabaseRefused()
    # A server of which nothing is heard may be waking too.
    return DatabaseUnavailable() if "FATAL:" in words else DatabaseWaking()
