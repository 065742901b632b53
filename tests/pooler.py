"""PgBouncer in transaction mode, as a stand-in for RDS Proxy.

It is the stricter of the two: what RDS Proxy answers by pinning a session, goes wrong here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from local.postgres import Postgres, free_port
from tests.certificates import Certificate

_DOWNLOADED = Path(__file__).parents[1] / ".venv" / "pgbouncer"


def find_pgbouncer() -> str | None:
    """Return the program, installed or downloaded by the set-up."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path=str(_DOWNLOADED / "usr" / "sbin"))


class PgBouncer:
    """Pools every database of a server over `server_connections` connections each.

    With a `certificate` it speaks TLS only, as an RDS Proxy may be told to.
    """

    def __init__(self, server: Postgres, *, server_connections: int, certificate: Certificate | None = None) -> None:
        self.port = free_port()
        self._url = server.url("postgres").replace(f":{server.port}/", f":{self.port}/")
        self._configuration = (
            "[databases]\n"
            f"* = host=127.0.0.1 port={server.port} user=sluice password={server.password()}\n"
            "[pgbouncer]\n"
            f"listen_addr=127.0.0.1\nlisten_port={self.port}\nauth_type=any\nunix_socket_dir=\n"
            f"pool_mode=transaction\ndefault_pool_size={server_connections}\nmax_client_conn=2000\n"
            "ignore_startup_parameters=extra_float_digits\nserver_idle_timeout=1\n"
        )
        self._certificate = certificate
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> Self:
        program = find_pgbouncer()
        assert program is not None
        # PgBouncer does not run as root.
        user = "nobody" if os.geteuid() == 0 else None
        libraries = ":".join(str(path) for path in (_DOWNLOADED / "usr" / "lib").glob("*"))
        Path(self._folder.name).chmod(0o755)
        configuration = self._write("pgbouncer.ini", self._configuration + self._tls())
        self._process = subprocess.Popen(
            [program, "-q", configuration],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LD_LIBRARY_PATH": libraries},
            user=user,
        )
        self._wait(time.monotonic() + 10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def _tls(self) -> str:
        if self._certificate is None:
            return ""
        key, chain = self._write("key.pem", self._certificate.key), self._write("chain.pem", self._certificate.chain)
        return f"client_tls_sslmode=require\nclient_tls_key_file={key}\nclient_tls_cert_file={chain}\n"

    def _write(self, name: str, text: str) -> Path:
        """Keep a text where `nobody` can read it; its secrets are of a server that is thrown away."""
        file = Path(self._folder.name, name)
        file.write_text(text)
        file.chmod(0o644)
        return file

    def _wait(self, deadline: float) -> None:
        while True:
            try:
                psycopg.connect(self._url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return
