"""The parts that answer questions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sluice.bootstrap.shared import database, passages, searching, settings

if TYPE_CHECKING:
    from sluice.adapters.models import ChatByName
    from sluice.answering import Answering
    from sluice.feedback import FeedbackStore
    from sluice.following import Following
    from sluice.limiting import Limiting
    from sluice.masking import Masking
    from sluice.moderating import Moderation
    from sluice.ports import ChatModel, ConversationStore, SourceLinks
    from sluice.readiness import Readiness
    from sluice.retrieving import Retrieving
    from sluice.rewriting import Rewriter
    from sluice.signing import Signer
    from sluice.spending import Prices
    from sluice.titling import Titling


@cache
def conversations() -> ConversationStore:
    from sluice.adapters.postgres.conversations import PostgresConversations

    return PostgresConversations(database())


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
    others = [ChatByName(name, timeout=timeout) for name in settings().fallback_models]
    patience = Patience(settings().first_token_seconds, settings().between_tokens_seconds)
    return FallbackChat([chat_model(), *others], patience)


@cache
def answering() -> Answering:
    from sluice.answering import Answering
    from sluice.question import Limits

    limits = Limits(
        passages=settings().search_limit,
        history_messages=settings().history_messages,
        prompt_characters=settings().prompt_characters,
        prompt_tokens=settings().prompt_tokens,
        question_characters=settings().question_characters,
        offered_models=frozenset(settings().offered_models),
        waking_limit=settings().database_waking_seconds,
    )
    return Answering(
        retrieving=retrieving(),
        chat_model=answering_model(),
        conversations=conversations(),
        limits=limits,
        masking=masking(),
    )


@cache
def masking() -> Masking | None:
    if not settings().mask:
        return None
    from sluice.masking import Masking, chosen

    return Masking(chosen(settings().mask))


@cache
def retrieving() -> Retrieving:
    from sluice.retrieving import Retrieving

    return Retrieving(searching(), rewriter())


@cache
def rewriter() -> Rewriter:
    """What makes follow-up questions complete: a model of its own, or the one that answers; by rules without either."""
    from sluice.adapters.models import ChatByName
    from sluice.rewriting import Rewriter

    model = ChatByName(settings().rewrite_model or settings().chat_model, timeout=settings().rewrite_seconds)
    return Rewriter(None if model.is_offline else model, seconds=settings().rewrite_seconds)


@cache
def moderation() -> Moderation | None:
    chosen = settings()
    if not (chosen.moderation_model and chosen.moderate):
        return None
    from sluice.adapters.llm.moderation import LiteLLMModerator
    from sluice.moderating import Moderation, Policy

    policy = Policy(
        questions="questions" in chosen.moderate,
        answers="answers" in chosen.moderate,
        fails_open=chosen.moderation_failure == "open",
        seconds=chosen.moderation_seconds,
    )
    return Moderation(LiteLLMModerator(chosen.moderation_model), policy)


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
    chosen = settings()
    chat_models = [chosen.chat_model, chosen.rewrite_model, *chosen.offered_models, *chosen.fallback_models]
    for name in filter(None, [*chat_models, chosen.embedding_model, chosen.moderation_model]):
        await prices().of(name)


@cache
def following() -> Following:
    from sluice.following import Following

    return Following(conversations=conversations())


@cache
def titling() -> Titling:
    from sluice.titling import Titling

    model = None if chat_model().is_offline else chat_model()
    seconds, book = settings().title_seconds, limiting().book
    return Titling(chat_model=model, conversations=conversations(), seconds=seconds, book=book)


@cache
def chat_readiness() -> Readiness:
    from sluice.readiness import Readiness

    return Readiness({"database": passages().check_model, "prices": check_prices})
