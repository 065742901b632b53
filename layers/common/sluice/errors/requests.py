"""What the caller can mend, or has to wait for."""

from __future__ import annotations

from sluice.errors.base import SluiceError


class InvalidInput(SluiceError):
    """The request is not valid."""

    code = "invalid_input"


class InvalidJson(InvalidInput):
    """The body is not valid JSON."""

    code = "invalid_json"


class JsonExpected(InvalidInput):
    """Send the body as JSON, with the header `content-type: application/json`."""

    code = "json_expected"


class InvalidFilter(InvalidInput):
    """The filter is not valid."""

    code = "invalid_filter"


class InvalidMetadata(InvalidInput):
    """The metadata is not valid."""

    code = "invalid_metadata"


class QuestionTooLong(InvalidInput):
    """The question is too long; shorten it, or upload it as a document and ask about that."""

    code = "question_too_long"


class ModelNotOffered(InvalidInput):
    """This model is not offered here; leave it out for the usual one."""

    code = "model_not_offered"


class QuestionFlagged(InvalidInput):
    """The question is not answered: the moderation of this service has flagged it."""

    code = "question_flagged"


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
