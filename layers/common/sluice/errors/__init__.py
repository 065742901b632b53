"""The errors that Sluice raises.

    SluiceError
    ├── InvalidInput                the caller can mend it
    │   ├── InvalidJson
    │   ├── JsonExpected
    │   ├── InvalidFilter
    │   ├── InvalidMetadata
    │   ├── QuestionTooLong
    │   ├── QuestionFlagged
    │   └── ModelNotOffered
    ├── NotAuthenticated            nobody knows who asks
    │   ├── CredentialsMissing
    │   ├── CredentialsInvalid
    │   └── CredentialsExpired
    ├── NotAllowed                  known, but without the scope
    ├── LimitReached                worth another try after `retry_after` seconds
    │   ├── TooManyRequests
    │   ├── TooManyStreams
    │   ├── TokensSpent
    │   └── MoneySpent
    ├── NotFound
    │   ├── ConversationNotFound
    │   ├── DocumentNotFound
    │   ├── KeyNotFound
    │   ├── MessageNotFound
    │   └── EventsGone
    ├── DocumentError               the document can't be used; kept with it as its reason
    │   ├── UnsupportedKind
    │   ├── EmptyDocument
    │   ├── NoTextLayer
    │   ├── DamagedDocument
    │   ├── EncryptedDocument
    │   ├── DocumentTooLarge
    │   ├── ObjectArchived
    │   └── ObjectGone
    ├── DocumentBusy                another environment works on it
    ├── DocumentUnfinished          the time is up; the next try goes on from here
    ├── DocumentChanged             its object changed meanwhile, and another event tells of that
    ├── DocumentNotFindable         stored, but no search finds it
    ├── QueueUnavailable            worth another try
    ├── ConfigurationError          the operator can mend it
    ├── EmbeddingModelMismatch      the operator can mend it
    ├── EmbeddingModelSwitched      worth another try, with vectors of the other model
    ├── EmbeddingChangeRefused      the operator can mend it
    ├── NotReady
    │   ├── SchemaOutdated
    │   └── SchemaNewer             the operator can mend it
    ├── DatabaseUnavailable         worth another try
    │   ├── DatabaseWaking
    │   └── DatabaseRefused         the operator can mend it
    ├── StorageUnavailable
    ├── IdentityProviderUnavailable
    ├── ModelUnpriced               the operator can mend it
    └── ModelError
        ├── ModelUnavailable
        ├── ModelRateLimited
        ├── ModelRejected           bad request, key or model name
        ├── ContextTooLong
        ├── ModerationUnavailable
        ├── AnswerRefused
        ├── AnswerEmpty
        └── AnswerCutOff            the upstream stream ended without saying so

A class's docstring is its message when none is given; `code` is stable and goes to clients; `retryable` says whether
the same request may succeed later, after `retry_after` seconds where that is known.
"""

from sluice.errors.base import SluiceError
from sluice.errors.documents import (
    DamagedDocument,
    DocumentBusy,
    DocumentChanged,
    DocumentError,
    DocumentNotFindable,
    DocumentTooLarge,
    DocumentUnfinished,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
    ObjectArchived,
    ObjectGone,
    UnsupportedKind,
)
from sluice.errors.models import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerRefused,
    ContextTooLong,
    ModelError,
    ModelRateLimited,
    ModelRejected,
    ModelUnavailable,
    ModelUnpriced,
    ModerationUnavailable,
)
from sluice.errors.requests import (
    ConversationNotFound,
    CredentialsExpired,
    CredentialsInvalid,
    CredentialsMissing,
    DocumentNotFound,
    EventsGone,
    InvalidFilter,
    InvalidInput,
    InvalidJson,
    InvalidMetadata,
    JsonExpected,
    KeyNotFound,
    LimitReached,
    MessageNotFound,
    ModelNotOffered,
    MoneySpent,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QuestionFlagged,
    QuestionTooLong,
    TokensSpent,
    TooManyRequests,
    TooManyStreams,
)
from sluice.errors.services import (
    ConfigurationError,
    DatabaseRefused,
    DatabaseUnavailable,
    DatabaseWaking,
    EmbeddingChangeRefused,
    EmbeddingModelMismatch,
    EmbeddingModelSwitched,
    IdentityProviderUnavailable,
    NotReady,
    QueueUnavailable,
    SchemaNewer,
    SchemaOutdated,
    StorageUnavailable,
)

__all__ = [
    "AnswerCutOff",
    "AnswerEmpty",
    "AnswerRefused",
    "ConfigurationError",
    "ContextTooLong",
    "ConversationNotFound",
    "CredentialsExpired",
    "CredentialsInvalid",
    "CredentialsMissing",
    "DamagedDocument",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "DatabaseWaking",
    "DocumentBusy",
    "DocumentChanged",
    "DocumentError",
    "DocumentNotFindable",
    "DocumentNotFound",
    "DocumentTooLarge",
    "DocumentUnfinished",
    "EmbeddingChangeRefused",
    "EmbeddingModelMismatch",
    "EmbeddingModelSwitched",
    "EmptyDocument",
    "EncryptedDocument",
    "EventsGone",
    "IdentityProviderUnavailable",
    "InvalidFilter",
    "InvalidInput",
    "InvalidJson",
    "InvalidMetadata",
    "JsonExpected",
    "KeyNotFound",
    "LimitReached",
    "MessageNotFound",
    "ModelError",
    "ModelNotOffered",
    "ModelRateLimited",
    "ModelRejected",
    "ModelUnavailable",
    "ModelUnpriced",
    "ModerationUnavailable",
    "MoneySpent",
    "NoTextLayer",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "NotReady",
    "ObjectArchived",
    "ObjectGone",
    "QuestionFlagged",
    "QuestionTooLong",
    "QueueUnavailable",
    "SchemaNewer",
    "SchemaOutdated",
    "SluiceError",
    "StorageUnavailable",
    "TokensSpent",
    "TooManyRequests",
    "TooManyStreams",
    "UnsupportedKind",
]
