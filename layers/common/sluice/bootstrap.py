"""The composition root: which real part stands behind which port.

Each part is made once per environment, when it is first asked for. Imports stand where they are used, so that a
function loads only what it needs: the chat function never loads a parser.
"""

from __future__ import annotations

import asyncio
import importlib
from functools import cache
from typing import TYPE_CHECKING

from sluice.settings import Settings, without_secret

if TYPE_CHECKING:
    from sluice.access import KeyStore
    from sluice.adapters.llm import LiteLLMEmbedder
    from sluice.adapters.models import ChatByName
    from sluice.adapters.offline import OfflineEmbedder
    from sluice.adapters.postgres.database import Database
    from sluice.adapters.postgres.passages import PostgresPassages
    from sluice.answering import Answering
    from sluice.authenticating import Authenticating
    from sluice.feedback import FeedbackStore
    from sluice.following import Following
    from sluice.ingesting import Ingesting
    from sluice.limiting import Limiting
    from sluice.measuring import Metrics
    from sluice.ports import (
        ChatModel,
        ConversationStore,
        DocumentStore,
        IngestQueue,
        ObjectStore,
        Parser,
        SourceLinks,
        TextRecognizer,
    )
    from sluice.readiness import Readiness
    from sluice.reconciling import Reconciling
    from sluice.searching import Searching
    from sluice.signing import Signer
    from sluice.spending import Prices
    from sluice.titling import Titling

_NEEDED_BY_QUESTIONS = (
    "answering",
    "authenticating",
    "fallback",
    "following",
    "limiting",
    "searching",
    "titling",
    "adapters.llm.prices",
    "adapters.postgres.conversations",
    "adapters.postgres.credentials",
    "adapters.postgres.keys",
    "adapters.postgres.ledger",
    "adapters.postgres.passages",
)


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

    weights = settings().weights
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
def chat_model() -> ChatByName:
    from sluice.adapters.models import ChatByName

    return ChatByName(settings().chat_model, timeout=settings().model_timeout_seconds)


@cache
def answering_model() -> ChatModel:
    """The configured model, with those behind it that stand in for it."""
    from sluice.adapters.models import ChatByName
    from sluice.fallback import FallbackChat, Patience

    timeout = settings().model_timeout_seconds
    others = [ChatByName(name, timeout=timeout) for name in _names(settings().fallback_models)]
    patience = Patience(settings().first_token_seconds, settings().between_tokens_seconds)
    return FallbackChat([chat_model(), *others], patience)


@cache
def embedder() -> OfflineEmbedder | LiteLLMEmbedder:
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
def feedback() -> FeedbackStore:
    from sluice.adapters.postgres.feedback import PostgresFeedback

    return PostgresFeedback(database())


@cache
def source_links() -> SourceLinks:
    from sluice.adapters.s3 import S3Objects

    return S3Objects(settings().bucket)


@cache
def signer() -> Signer:
    from sluice.signing import Signer

    return Signer(settings().link_secret, seconds=settings().link_seconds)


@cache
def prices() -> Prices:
    from sluice.adapters.llm.prices import LiteLLMPrices

    return LiteLLMPrices(settings().model_prices)


@cache
def limiting() -> Limiting:
    from sluice.adapters.postgres.ledger import PostgresLedger
    from sluice.domain import Allowance
    from sluice.limiting import Limiting, Reserve

    chosen = settings()
    paced = chosen.requests_per_minute > 0
    of_users = Allowance(
        requests_per_minute=chosen.requests_per_minute or None,
        burst=chosen.request_burst if paced else None,
        streams=chosen.streams or None,
        tokens_per_day=chosen.tokens_per_day or None,
        tokens_per_month=chosen.tokens_per_month or None,
        dollars_per_day=chosen.dollars_per_day or None,
        dollars_per_month=chosen.dollars_per_month or None,
    )
    reserve = Reserve(answer_tokens=chosen.reserved_answer_tokens)
    ledger = PostgresLedger(database())
    return Limiting(ledger=ledger, prices=prices(), model=chosen.chat_model, of_users=of_users, reserve=reserve)


async def check_prices() -> None:
    """Raise `ModelUnpriced` for a model that may answer and has no price."""
    names = [settings().chat_model, *_names(settings().offered_models), *_names(settings().fallback_models)]
    for name in names:
        await prices().of(name)


@cache
def metrics() -> Metrics | None:
    if not settings().metrics_namespace:
        return None
    from sluice.adapters.metrics import EmfMetrics

    return EmfMetrics(settings().metrics_namespace)


@cache
def following() -> Following:
    from sluice.following import Following

    return Following(conversations=conversations())


@cache
def titling() -> Titling:
    from sluice.titling import Titling

    model = None if chat_model().is_offline else chat_model()
    return Titling(chat_model=model, conversations=conversations(), seconds=settings().title_seconds)


@cache
def queue() -> IngestQueue | None:
    if not settings().queue_url:
        return None
    from sluice.adapters.sqs import SqsIngestQueue

    return SqsIngestQueue(settings().queue_url, dead_letter_url=settings().dead_letter_queue_url)


@cache
def parser() -> Parser:
    from sluice.adapters.parsers.isolation import IsolatedParser
    from sluice.adapters.parsers.limits import Limits

    limits = Limits(
        bytes=settings().document_bytes,
        pages=settings().document_pages,
        characters=settings().document_characters,
        archive_bytes=settings().archive_bytes,
        archive_ratio=settings().archive_ratio,
        archive_members=settings().archive_members,
        nesting=settings().document_nesting,
    )
    return IsolatedParser(limits, timeout_seconds=settings().parse_seconds, memory_bytes=settings().parse_memory_bytes)


@cache
def recognizer() -> TextRecognizer | None:
    if settings().ocr == "none":
        return None
    from sluice.adapters.textract import TextractRecognizer

    return TextractRecognizer(timeout_seconds=settings().ocr_seconds)


@cache
def ingesting() -> Ingesting:
    from sluice.ingesting import Ingesting, Sizes, Tools

    sizes = Sizes(
        document_bytes=settings().document_bytes,
        chunk_characters=settings().chunk_characters,
        chunk_overlap=settings().chunk_overlap,
        # The embedder sends several batches at once; this many chunks lie between two reports of progress.
        embedding_batch=4 * settings().embedding_batch,
        claim_seconds=settings().claim_seconds,
        handover_seconds=settings().handover_seconds,
    )
    tools = Tools(documents=documents(), parser=parser(), embedder=embedder(), recognizer=recognizer())
    return Ingesting(objects=objects(), passages=passages(), tools=tools, sizes=sizes)


@cache
def reconciling() -> Reconciling:
    from sluice.reconciling import Reconciling

    return Reconciling(ingesting=ingesting(), documents=documents(), objects=objects(), queue=queue())


@cache
def readiness() -> Readiness:
    from sluice.readiness import Readiness

    return Readiness({"database": passages().check_model})


@cache
def chat_readiness() -> Readiness:
    from sluice.readiness import Readiness

    return Readiness({"database": passages().check_model, "prices": check_prices})


def _read_secret(arn: str) -> dict[str, str]:
    from sluice.adapters.secrets import read_secret  # boto3 is loaded only where a secret is named

    return read_secret(arn)


def prime() -> None:
    """Load the models' library in a thread, while the function waits for its first request or for the network."""
    asyncio.get_running_loop().run_in_executor(None, chat_model().prime)


def prime_snapshot() -> None:
    """Load all that questions need before a snapshot is taken; connect to nothing, and read no secret."""
    from sluice.adapters.models import ChatByName

    for name in _NEEDED_BY_QUESTIONS:
        importlib.import_module(f"sluice.{name}")
    ChatByName(without_secret("chat_model")).prime()


async def close() -> None:
    """Close what holds connections; an environment does this once, at its end."""
    from sluice.adapters.llm.library import close

    await close()
    await database().close()


async def migrate(settings: Settings) -> list[str]:
    """Bring the database to this code's schema and return the names of the migrations that it lacked."""
    from sluice.adapters.postgres.migrations import migrate

    dimension = await _embedder(settings).dimension()
    return await asyncio.to_thread(migrate, settings.database_url, model=settings.embedding_model, dimension=dimension)


def _names(list_of_models: str) -> list[str]:
    return [name.strip() for name in list_of_models.split(",") if name.strip()]


def _embedder(settings: Settings) -> OfflineEmbedder | LiteLLMEmbedder:
    from sluice.adapters.models import embedder

    return embedder(settings.embedding_model, batch=settings.embedding_batch, timeout=settings.model_timeout_seconds)
