"""The errors that Sluice raises.

    SluiceError
    ├── InvalidInput                the caller can mend it
    │   ├── QuestionTooLong
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
    ├── EmbeddingModelMismatch      the operator can mend it
    ├── NotReady
    │   └── SchemaOutdated
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
        ├── AnswerRefused
        ├── AnswerEmpty
        └── AnswerCutOff            the upstream stream ended without saying so

A class's docstring is its message when none is given; `code` is stable and goes to clients; `retryable` says whether
the same request may succeed later, after `retry_after` seconds where that is known.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class SluiceError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = retry_after
        super().__init__(self.message)


class InvalidInput(SluiceError):
    """The request is not valid."""

    code = "invalid_input"


class QuestionTooLong(InvalidInput):
    """The question is too long; shorten it, or upload it as a document and ask about that."""

    code = "question_too_long"


class ModelNotOffered(InvalidInput):
    """This model is not offered here; leave it out for the usual one."""

    code = "model_not_offered"


class NotAuthenticated(SluiceError):
    """Sign in first."""

    code = "not_authenticated"


class CredentialsMissing(NotAuthenticated):
    """This needs credentials; see the documentation of the API for how to send them."""

    code = "credentials_missing"


class CredentialsInvalid(NotAuthenticated):
    """These credentials are not valid here."""

    code = "credentials_invalid"


class CredentialsExpired(NotAuthenticated):
    """These credentials have expired; get new ones."""

    code = "credentials_expired"


class NotAllowed(SluiceError):
    """These credentials are valid, but do not allow this."""

    code = "not_allowed"


class LimitReached(SluiceError):
    """A limit is reached."""

    code = "limit_reached"
    retryable = True


class TooManyRequests(LimitReached):
    """Too many requests; wait as long as Retry-After says."""

    code = "too_many_requests"


class TooManyStreams(LimitReached):
    """Too many answers are being written at once; wait for one to end, or stop it."""

    code = "too_many_streams"


class TokensSpent(LimitReached):
    """The tokens of this day or month are spent; Retry-After says when there are new ones."""

    code = "tokens_spent"


class MoneySpent(LimitReached):
    """The budget of this day or month is spent; Retry-After says when there is a new one."""

    code = "money_spent"


class NotFound(SluiceError):
    """There is no such thing here."""

    code = "not_found"


class ConversationNotFound(NotFound):
    """There is no conversation with this id; leave conversation_id out to begin one."""

    code = "conversation_not_found"


class DocumentNotFound(NotFound):
    """There is no document with this id."""

    code = "document_not_found"


class KeyNotFound(NotFound):
    """There is no key with this id."""

    code = "key_not_found"


class MessageNotFound(NotFound):
    """There is no answer with this id."""

    code = "message_not_found"


class EventsGone(NotFound):
    """The events of this answer are no longer kept; read the conversation, which holds the answer."""

    code = "events_gone"


class DocumentError(SluiceError):
    """The document can't be used."""

    code = "document_error"


class UnsupportedKind(DocumentError):
    """This kind of file is not supported; send PDF, Office, HTML, Markdown, text, CSV, JSON, mail, EPUB or RTF."""

    code = "unsupported_kind"


class EmptyDocument(DocumentError):
    """The file holds no text."""

    code = "empty_document"


class NoTextLayer(DocumentError):
    """The PDF has no text layer: its pages are images. Run it through OCR and upload the result."""

    code = "no_text_layer"


class DamagedDocument(DocumentError):
    """The file is damaged or cut off and can't be read."""

    code = "damaged_document"


class EncryptedDocument(DocumentError):
    """The file is protected by a password; upload a copy without one."""

    code = "encrypted_document"


class DocumentTooLarge(DocumentError):
    """The file is larger than the limit."""

    code = "document_too_large"


class ObjectArchived(DocumentError):
    """The object lies in an archive tier; restore it, and its restoration starts the next try."""

    code = "object_archived"


class ObjectGone(DocumentError):
    """The object was deleted from the bucket before it could be read."""

    code = "object_gone"


class DocumentBusy(SluiceError):
    """The document is being processed elsewhere."""

    code = "document_busy"
    retryable = True


class DocumentUnfinished(SluiceError):
    """The time was up before the document was done; the work goes on where it stopped."""

    code = "document_unfinished"
    retryable = True


class DocumentChanged(SluiceError):
    """The document's object was replaced or deleted while it was read."""

    code = "document_changed"


class DocumentNotFindable(SluiceError):
    """The document is stored, but a search for its own words does not find it."""

    code = "document_not_findable"
    retryable = True


class EmbeddingModelMismatch(SluiceError):
    """The stored vectors come from another embedding model than the one that is configured."""

    code = "embedding_model_mismatch"


class NotReady(SluiceError):
    """The service is not ready."""

    code = "not_ready"
    retryable = True


class SchemaOutdated(NotReady):
    """The database schema is older than this code; run the migrations."""

    code = "schema_outdated"


class DatabaseUnavailable(SluiceError):
    """The database can't be reached; try again in a moment."""

    code = "database_unavailable"
    retryable = True


class DatabaseRefused(DatabaseUnavailable):
    """The database does not let us in; check the user, the password and the database's name in SLUICE_DATABASE_URL."""

    code = "database_refused"
    retryable = False


class DatabaseWaking(DatabaseUnavailable):
    """The database is starting; try again in a moment."""

    code = "database_waking"


class StorageUnavailable(SluiceError):
    """The document store can't be reached; try again in a moment."""

    code = "storage_unavailable"
    retryable = True


class QueueUnavailable(SluiceError):
    """The queue can't be reached; try again in a moment."""

    code = "queue_unavailable"
    retryable = True


class IdentityProviderUnavailable(SluiceError):
    """The identity provider's keys can't be fetched, so that no token can be checked; try again in a moment."""

    code = "identity_provider_unavailable"
    retryable = True


class ModelUnpriced(SluiceError):
    """This model has no known price; name it in SLUICE_MODEL_PRICES, so that nobody takes it for free."""

    code = "model_unpriced"


class ModelError(SluiceError):
    """The model did not answer."""

    code = "model_error"


class ModelUnavailable(ModelError):
    """The model can't be reached; try again in a moment."""

    code = "model_unavailable"
    retryable = True


class ModelRateLimited(ModelError):
    """The model provider's rate limit is reached; try again in a moment."""

    code = "model_rate_limited"
    retryable = True


class ModelRejected(ModelError):
    """The model provider rejected the request; check the model's name and its key."""

    code = "model_rejected"


class ContextTooLong(ModelError):
    """The question and its passages do not fit into the model's context window."""

    code = "context_too_long"


class AnswerRefused(ModelError):
    """The model provider's content policy refused to answer."""

    code = "answer_refused"


class AnswerEmpty(ModelError):
    """The model ended without a word, which is how some refuse; word the question differently."""

    code = "answer_empty"
    retryable = True


class AnswerCutOff(ModelError):
    """The model's answer was cut off before its end."""

    code = "answer_cut_off"
    retryable = True
