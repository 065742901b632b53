"""The parts that both functions share: settings, the database, the object store, the embedder."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from sluice.settings import Settings

if TYPE_CHECKING:
    from sluice.access import KeyStore
    from sluice.adapters.llm import LiteLLMEmbedder
    from sluice.adapters.llm.reranking import LiteLLMReranker
    from sluice.adapters.offline import OfflineEmbedder
    from sluice.adapters.postgres.credentials import Conninfo
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.passages import PostgresPassages
    from sluice.authenticating import Authenticating
    from sluice.measuring import Metrics
    from sluice.ports import DocumentStore, ObjectStore
    from sluice.readiness import Readiness
    from sluice.reranking import Reranking
    from sluice.searching import Searching


@cache
def settings() -> Settings:
    return Settings.load(_read_secret)


@cache
def database() -> Database:
    from sluice.adapters.postgres import schema
    from sluice.adapters.postgres.database import Database

    size, timeout = settings().database_pool_size, settings().database_timeout_seconds
    return Database(conninfo(settings()), size=size, timeout=timeout, gate=schema.check)


@cache
def keys() -> KeyStore:
    from sluice.adapters.postgres.keys import PostgresKeys

    return PostgresKeys(database())


@cache
def authenticating() -> Authenticating:
    from sluice.authenticating import Authenticating, ByIam, ByKey, ByToken, Method, TokenRules

    chosen, methods = settings(), list[Method]()
    if "iam" in chosen.auth:
        methods.append(ByIam(tenant=chosen.iam_tenant, user=chosen.iam_user, scopes=chosen.iam_scopes))
    if "key" in chosen.auth:
        methods.append(ByKey(keys(), pepper=chosen.key_pepper, remember_seconds=chosen.key_cache_seconds))
    if "oidc" in chosen.auth:
        from sluice.adapters.oidc import OidcTokens

        tokens = OidcTokens(chosen.oidc_issuer, chosen.oidc_audience, jwks_url=chosen.oidc_jwks_url)
        rules = TokenRules(chosen.oidc_tenant_claim, chosen.oidc_user_claim, chosen.oidc_scopes)
        methods.append(ByToken(tokens.verify, rules))
    return Authenticating(methods)


@cache
def passages() -> PostgresPassages:
    from sluice.adapters.postgres.passages import PostgresPassages

    return PostgresPassages(database(), model=settings().embedding_model, weights_of=settings().weights_of)


@cache
def documents() -> DocumentStore:
    from sluice.adapters.postgres.documents import PostgresDocuments

    return PostgresDocuments(database())


@cache
def objects() -> ObjectStore:
    from sluice.adapters.s3 import S3Objects

    return S3Objects(settings().bucket)


@cache
def embedder_of(model: str) -> OfflineEmbedder | LiteLLMEmbedder:
    """The embedder of a model by name: the configured one's, or of one that the database has switched to."""
    return _embedder(settings(), model)


def embedder() -> OfflineEmbedder | LiteLLMEmbedder:
    return embedder_of(settings().embedding_model)


@cache
def searching() -> Searching:
    from sluice.searching import Searching

    return Searching(embedder=embedder(), passages=passages(), embedder_of=embedder_of, reranking=reranking())


@cache
def reranker() -> LiteLLMReranker | None:
    if not settings().rerank_model:
        return None
    from sluice.adapters.llm.reranking import LiteLLMReranker

    return LiteLLMReranker(settings().rerank_model, timeout=settings().model_timeout_seconds)


@cache
def reranking() -> Reranking | None:
    model = reranker()
    if model is None:
        return None
    from sluice.reranking import Reranking

    return Reranking(model, candidates=settings().rerank_candidates, seconds=settings().rerank_seconds)


@cache
def metrics() -> Metrics | None:
    if not settings().metrics_namespace:
        return None
    from sluice.adapters.metrics import EmfMetrics

    return EmfMetrics(settings().metrics_namespace)


@cache
def readiness() -> Readiness:
    from sluice.readiness import Readiness

    return Readiness({"database": passages().check_model})


async def migrate(settings: Settings) -> list[str]:
    """Bring the database to this code's schema and return the names of the migrations that it lacked."""
    from sluice.adapters.postgres.migrations import migrate

    dimension = await _embedder(settings, settings.embedding_model).dimension()
    url = await conninfo(settings)()
    held = settings.held_of(settings.embedding_model, dimension)
    return await asyncio.to_thread(migrate, url, model=settings.embedding_model, dimension=dimension, held=held)


def conninfo(settings: Settings) -> Conninfo:
    """Return how each new connection says who it is."""
    from sluice.adapters.postgres.credentials import by_iam, by_password, rds_token

    return by_iam(settings.database_url, rds_token) if settings.database_iam else by_password(settings.database_url)


def _embedder(settings: Settings, model: str) -> OfflineEmbedder | LiteLLMEmbedder:
    from sluice.adapters.models import embedder

    return embedder(model, batch=settings.embedding_batch, timeout=settings.model_timeout_seconds)


def _read_secret(arn: str) -> dict[str, str]:
    from sluice.adapters.secrets import read_secret  # boto3 is loaded only where a secret is named

    return read_secret(arn)
