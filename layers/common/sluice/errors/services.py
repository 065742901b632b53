"""What stands around us and does not serve: the database, the store, the queue, the identity provider."""

from __future__ import annotations

from sluice.errors.base import SluiceError


class ConfigurationError(SluiceError):
    """The configuration is not valid."""

    code = "configuration_error"


class NotReady(SluiceError):
    """The service is not ready."""

    code = "not_ready"
    retryable = True


class SchemaOutdated(NotReady):
    """The database's schema is older than this code. Deploy again, or start `make run`: both bring it up to date."""

    code = "schema_outdated"


class SchemaNewer(NotReady):
    """The database's schema is newer than this code and does not serve it any more; deploy the current version."""

    code = "schema_newer"
    retryable = False


class EmbeddingModelMismatch(SluiceError):
    """The stored vectors come from another embedding model than the one that is configured."""

    code = "embedding_model_mismatch"


class EmbeddingModelSwitched(SluiceError):
    """The search has just switched to another embedding model; try again in a moment."""

    code = "embedding_model_switched"
    retryable = True

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model


class EmbeddingChangeRefused(SluiceError):
    """The change of the embedding model can't go on like this."""

    code = "embedding_change_refused"


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
