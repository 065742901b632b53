"""The composition root: which real part stands behind which port.

Each part is made once per environment, when it is first asked for. Imports stand where they are used, so that a
function loads only what it needs: the chat function never loads a parser.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from sluice.domain import Weights
from sluice.settings import Settings

if TYPE_CHECKING:
    from sluice.access import KeyStore
    from sluice.adapters.llm import LiteLLMChat, LiteLLMEmbedder
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.passages import PostgresPassages
    from sluice.answering import Answering
    from sluice.authenticating import Authenticating
    from sluice.following import Following
    from sluice.ingesting import Ingesting
    from sluice.ports import ChatModel, ConversationStore, DocumentStore, ObjectStore, Parser
    from sluice.readiness import Readiness
    from sluice.searching import Searching
    from sluice.titling import Titling


@cache
def settings() -> Settings:
    return Settings.load(_read_secret)


@cache
def database() -> Database:
    from sluice.adapters.postgres.credentials import by_iam, by_password, rds_token
    from sluice.adapters.postgres.database import Database

    url = settings().database_url
    conninfo = by_iam(url, rds_token) if settings().database_iam else by_password(url)
    return Database(conninfo, size=settings().database_pool_size, timeout=settings().database_timeout_seconds)


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

    weights = Weights(settings().dense_weight, settings().lexical_weight)
    return PostgresPassages(database(), model=settings().embedding_model, weights=weights)


@cache
def conversations() -> ConversationStore:
    from sluice.adapters.postgres.conversations import PostgresConversations

    return PostgresConversations(database())


@cache
def documents() -> DocumentStore:
    from sluice.adapters.postgres.documents import PostgresDocuments

    return PostgresDocuments(database())


@cache
def objects() -> ObjectStore:
    from sluice.adapters.s3 import S3Objects

    return S3Objects(settings().bucket)


@cache
def chat_model() -> LiteLLMChat:
    from sluice.adapters.llm import LiteLLMChat

    return LiteLLMChat(settings().chat_model, timeout=settings().model_timeout_seconds)


@cache
def answering_model() -> ChatModel:
    """The configured model, with those behind it that stand in for it."""
    from sluice.adapters.llm import LiteLLMChat
    from sluice.fallback import FallbackChat, Patience

    timeout = settings().model_timeout_seconds
    others = [LiteLLMChat(name, timeout=timeout) for name in _names(settings().fallback_models)]
    patience = Patience(settings().first_token_seconds, settings().between_tokens_seconds)
    return FallbackChat([chat_model(), *others], patience)


@cache
def embedder() -> LiteLLMEmbedder:
    return _embedder(settings())


@cache
def searching() -> Searching:
    from sluice.searching import Searching

    return Searching(embedder=embedder(), passages=passages())


@cache
def answering() -> Answering:
    from sluice.answering import Answering, Limits

    limits = Limits(
        passages=settings().search_limit,
        history_messages=settings().history_messages,
        prompt_characters=settings().prompt_characters,
        prompt_tokens=settings().prompt_tokens,
        question_characters=settings().question_characters,
        offered_models=frozenset(_names(settings().offered_models)),
        waking_limit=settings().database_waking_seconds,
    )
    return Answering(searching=searching(), chat_model=answering_model(), conversations=conversations(), limits=limits)


@cache
def following() -> Following:
    from sluice.following import Following

    return Following(conversations=conversations())


@cache
def titling() -> Titling:
    from sluice.titling import Titling

    # The offline model only quotes documents; it has no words for a conversation.
    is_offline = settings().chat_model.startswith("offline/")
    model = None if is_offline else chat_model()
    return Titling(chat_model=model, conversations=conversations(), seconds=settings().title_seconds)


@cache
def ingesting() -> Ingesting:
    from sluice.adapters.parsers.isolation import IsolatedParser
    from sluice.ingesting import Ingesting, Sizes

    sizes = Sizes(
        document_bytes=settings().document_bytes,
        chunk_characters=settings().chunk_characters,
        chunk_overlap=settings().chunk_overlap,
        # The embedder sends several batches at once; this many chunks lie between two reports of progress.
        embedding_batch=4 * settings().embedding_batch,
        claim_seconds=settings().claim_seconds,
    )
    parser = IsolatedParser(max_bytes=settings().document_bytes, max_pages=settings().document_pages)
    return Ingesting(documents=documents(), objects=objects(), parser=parser, embedder=embedder(), sizes=sizes)


@cache
def readiness() -> Readiness:
    from sluice.readiness import Readiness

    return Readiness({"database": passages().check_model})


def _read_secret(arn: str) -> dict[str, str]:
    from sluice.adapters.secrets import read_secret  # boto3 is loaded only where a secret is named

    return read_secret(arn)


def prime() -> None:
    """Load the models' library in a thread, while the function waits for its first request or for the network."""
    asyncio.get_running_loop().run_in_executor(None, chat_model().prime)


async def close() -> None:
    """Close what holds connections; an environment does this once, at its end."""
    from sluice.adapters.llm.library import close

    await close()
    await database().close()


async def migrate(settings: Settings) -> list[str]:
    """Bring the database to this code's schema and return the names of the migrations that it lacked."""
    from sluice.adapters.offline import OfflineEmbedder
    from sluice.adapters.postgres.migrations import migrate

    # An offline model knows its dimension; any other is asked through LiteLLM, whose import alone takes seconds.
    is_offline = settings.embedding_model.startswith("offline/")
    embedder = OfflineEmbedder(settings.embedding_model) if is_offline else _embedder(settings)
    dimension = await embedder.dimension()
    return await asyncio.to_thread(migrate, settings.database_url, model=settings.embedding_model, dimension=dimension)


def _parser() -> Parser:
    from sluice.adapters.parsers.isolation import IsolatedParser

    return IsolatedParser(max_bytes=settings().document_bytes, max_pages=settings().document_pages)


def _names(list_of_models: str) -> list[str]:
    return [name.strip() for name in list_of_models.split(",") if name.strip()]


def _embedder(settings: Settings) -> LiteLLMEmbedder:
    from sluice.adapters.llm import LiteLLMEmbedder

    return LiteLLMEmbedder(
        settings.embedding_model, batch=settings.embedding_batch, timeout=settings.model_timeout_seconds
    )
