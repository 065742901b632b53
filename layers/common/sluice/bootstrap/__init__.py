"""The composition root: which real part stands behind which port.

Each part is made once per environment, when it is first asked for. Imports stand where they are used, so that a
function loads only what it needs: the chat function never loads a parser.
"""

from sluice.bootstrap.deployment import Migrated, create_key, migrate_as_owner, reembedding
from sluice.bootstrap.ingestion import ingesting, parser, queue, recognizer, reconciling
from sluice.bootstrap.life import close, prime_snapshot, start
from sluice.bootstrap.questions import (
    answering,
    answering_model,
    chat_model,
    chat_readiness,
    check_prices,
    conversations,
    feedback,
    following,
    limiting,
    moderation,
    prices,
    signer,
    source_links,
    titling,
)
from sluice.bootstrap.shared import (
    authenticating,
    database,
    documents,
    embedder,
    keys,
    metrics,
    migrate,
    objects,
    passages,
    readiness,
    searching,
    settings,
)

__all__ = [
    "Migrated",
    "answering",
    "answering_model",
    "authenticating",
    "chat_model",
    "chat_readiness",
    "check_prices",
    "close",
    "conversations",
    "create_key",
    "database",
    "documents",
    "embedder",
    "feedback",
    "following",
    "ingesting",
    "keys",
    "limiting",
    "metrics",
    "migrate",
    "migrate_as_owner",
    "moderation",
    "objects",
    "parser",
    "passages",
    "prices",
    "prime_snapshot",
    "queue",
    "readiness",
    "recognizer",
    "reconciling",
    "reembedding",
    "searching",
    "settings",
    "signer",
    "source_links",
    "start",
    "titling",
]
