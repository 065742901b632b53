"""What the use cases need from the world.

Real parts live in `adapters`, fakes in `testing`; both pass the same contract tests.
"""

from sluice.ports.answers import (
    AnswerKeeper,
    ConversationStore,
    EmbeddingSpaces,
    LookedUp,
    PassageStore,
    Recorded,
)
from sluice.ports.documents import (
    DeadLetter,
    DocumentStore,
    IngestQueue,
    ObjectStore,
    Parser,
    Progress,
    Sample,
    SourceLinks,
    StoredObject,
    Summary,
    TextRecognizer,
)
from sluice.ports.models import (
    ChatModel,
    Delta,
    DocumentEmbedder,
    Embedder,
    Embeddings,
    Finish,
    LoadedChatModel,
    NextAttempt,
    OtherVectors,
    PartlyEmbedded,
    PromptMessage,
    TextDelta,
)

__all__ = [
    "AnswerKeeper",
    "ChatModel",
    "ConversationStore",
    "DeadLetter",
    "Delta",
    "DocumentEmbedder",
    "DocumentStore",
    "Embedder",
    "EmbeddingSpaces",
    "Embeddings",
    "Finish",
    "IngestQueue",
    "LoadedChatModel",
    "LookedUp",
    "NextAttempt",
    "ObjectStore",
    "OtherVectors",
    "Parser",
    "PartlyEmbedded",
    "PassageStore",
    "Progress",
    "PromptMessage",
    "Recorded",
    "Sample",
    "SourceLinks",
    "StoredObject",
    "Summary",
    "TextDelta",
    "TextRecognizer",
]
