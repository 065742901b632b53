"""What every test stands on: a clean environment, a real PostgreSQL, no way out to the world."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest

from local.postgres import Postgres
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import uuid7
from tests import recording
from tests.pooler import PgBouncer, find_pgbouncer
from tests.wire.tap import WireTap

EMBEDDING_MODEL = "test/hash"
DIMENSION = 64
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Record which calls of AWS are made from now on."""
    folder = TemporaryDirectory(prefix="sluice-calls-")
    config.add_cleanup(folder.cleanup)
    recording.start(Path(folder.name, "calls"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those tests be the last that judge what the others did."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_report_header() -> str:
    """Say which way the database tests take."""
    if find_pgbouncer():
        return "postgresql: through pgbouncer in transaction mode, two server connections"
    if os.environ.get("SKIP_NOTHING"):
        pytest.exit("SKIP_NOTHING is set, but there is no pgbouncer", returncode=1)
    return "postgresql: directly, since there is no pgbouncer on this machine"


def missing(reason: str) -> NoReturn:
    """Skip the test because this machine lacks something; where SKIP_NOTHING is set, fail it."""
    if os.environ.get("SKIP_NOTHING"):
        pytest.fail(f"SKIP_NOTHING is set, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def clean_process_environment() -> None:
    """Nothing that a developer exported reaches a test. A folder must not define a fixture of the same name."""
    for name in list(os.environ):
        if name.startswith(("SLUICE_", "AWS_", "OPENAI_", "ANTHROPIC_")) and not name.endswith("_CA_BUNDLE"):
            del os.environ[name]
    os.environ.update(AWS_DEFAULT_REGION="eu-west-1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    # Settings can be read, and what they name is not there.
    os.environ.update(SLUICE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing", SLUICE_BUCKET="nothing")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server with pgvector that may forget everything."""
    with Postgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:
    """The name of a migrated, empty database to copy."""
    name = "template_sluice"
    migrate(postgres.create_database(name), model=EMBEDDING_MODEL, dimension=DIMENSION)
    return name


@pytest.fixture(scope="session")
def tap(postgres: Postgres) -> Iterator[WireTap]:
    """The way to PostgreSQL: what is said is read, and every client shares two server connections of a pooler."""
    if find_pgbouncer() is None:
        with WireTap(postgres.port) as tap:
            yield tap
    else:
        with PgBouncer(postgres, server_connections=2) as pooler, WireTap(pooler.port) as tap:
            yield tap


@pytest.fixture
def database_url(postgres: Postgres, template_database: str, tap: WireTap) -> Iterator[str]:
    """The URL of a migrated database that only this test has.

    The way there is tapped: a test fails when anything that it sent would pin an RDS Proxy session.
    """
    name = f"test_{uuid7().hex}"
    url = postgres.create_database(name, template=template_database)
    yield url.replace(f":{postgres.port}/", f":{tap.port}/")
    postgres.drop_database(name)
    breaches, tap.heard.breaches = tap.heard.breaches, []
    assert breaches == []


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The pool on a migrated database that only this test has."""
    database = Database(database_url, size=4, timeout=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evaluation sets and documents that lies beside the repository; absent, its tests skip."""
    if not SHARED.is_dir():
        missing("the folder shared/ does not lie beside the repository")
    return SHARED
