"""The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from sluice.access_settings import AccessSettings
from sluice.domain import Weights
from sluice.errors import ConfigurationError
from sluice.holding import HELD, held_by_default
from sluice.variables import LIST, PREFIX, Names, NamesInOrder

SECRET_ARN = "SLUICE_SECRET_ARN"  # noqa: S105 - the name of a variable


Maskable = Literal[
    "all", "secrets", "personal", "private_key", "token", "api_key", "email", "iban", "card", "us_ssn", "phone"
]


class Settings(AccessSettings):
    """What an operator can set; each field is the environment variable `SLUICE_<FIELD>`."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    database_url: Annotated[str, Field(min_length=1)]
    # Log in with an IAM token instead of the password in the URL.
    database_iam: bool = False
    # Of migrations: straight to the database as its owner, where the URL above leads to a pooler or is another user's.
    migration_url: str = ""
    # Of migrations: the user of the functions, whom the owner makes and lets in; empty where it is the owner.
    database_user: str = ""
    # After so many idle seconds the database closes its sessions, since an open one keeps Aurora awake; 0 for never.
    idle_session_seconds: Annotated[float, Field(ge=0)] = 0.0
    bucket: Annotated[str, Field(min_length=1)]

    # What the page may reach beside the chat function: the ingest function, and the addresses that uploads are sent to.
    ingest_url: str = ""
    upload_urls: Names = frozenset()
    # The origins whose pages may use the ingest function, with commas between; `*` is every page that has a key.
    page_origins: Names = frozenset()
    # Whether the front door tells in x-forwarded-host by which host it was reached; any other lets callers write that.
    forwarded_host: bool = False

    chat_model: str = "offline/extractive"
    # Further models that a request may ask for, with commas between.
    offered_models: NamesInOrder = ()
    # Models that are asked in this order when the one before could not begin to answer, with commas between.
    fallback_models: NamesInOrder = ()
    embedding_model: str = "offline/static"
    first_token_seconds: Annotated[float, Field(gt=0)] = 30.0
    between_tokens_seconds: Annotated[float, Field(gt=0)] = 20.0
    title_seconds: Annotated[float, Field(gt=0)] = 10.0
    # Completes follow-up questions for the search; empty for the chat model, `offline/rules` for rules without a model.
    rewrite_model: str = ""
    rewrite_seconds: Annotated[float, Field(gt=0)] = 3.0
    # What is masked in answers and quotes, with commas between: kinds, or `secrets`, `personal`, `all`; empty: nothing.
    mask: Annotated[frozenset[Maskable], LIST] = frozenset()
    # A moderation model such as `openai/omni-moderation-latest`; empty: nothing is judged.
    moderation_model: str = ""
    # What it judges, with commas between.
    moderate: Annotated[frozenset[Literal["questions", "answers"]], LIST] = frozenset({"questions", "answers"})
    moderation_seconds: Annotated[float, Field(gt=0)] = 5.0
    # Without a verdict an answer ends with an error (`closed`) or goes on (`open`).
    moderation_failure: Literal["closed", "open"] = "closed"
    model_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    # What a new index holds of each vector: `whole`, `signs`, or how many first numbers. Unset: what suits the model.
    vector_index: Annotated[str, Field(pattern=HELD)] | None = None
    embedding_batch: Annotated[int, Field(gt=0, le=2048)] = 64

    search_limit: Annotated[int, Field(gt=0, le=50)] = 8
    # The share of meaning in a search's score; the rest is words. Half, and less for the offline model's vectors, which
    # know less than words do.
    dense_weight: Annotated[float, Field(ge=0, le=1)] | None = None
    # Ranks what a search has found anew; empty: the search's own order stands, and nothing is spent on it.
    rerank_model: str = ""
    # How many passages of a search it reads, and how long it may take; later than that the search's order stands.
    rerank_candidates: Annotated[int, Field(gt=0, le=200)] = 50
    rerank_seconds: Annotated[float, Field(gt=0)] = 3.0
    history_messages: Annotated[int, Field(ge=0, le=200)] = 20
    prompt_characters: Annotated[int, Field(gt=0)] = 48_000
    # History that does not fit is left out, oldest turns first; a model with less room gets less.
    prompt_tokens: Annotated[int, Field(gt=0)] = 16_000
    question_characters: Annotated[int, Field(gt=0)] = 16_000

    document_bytes: Annotated[int, Field(gt=0)] = 50 * 1024 * 1024
    document_pages: Annotated[int, Field(gt=0)] = 5_000
    document_characters: Annotated[int, Field(gt=0)] = 20_000_000
    # What an archive may hold (Office files are archives): bytes in all, as a multiple of its own size, and members.
    archive_bytes: Annotated[int, Field(gt=0)] = 200 * 1024 * 1024
    archive_ratio: Annotated[int, Field(gt=1)] = 200
    archive_members: Annotated[int, Field(gt=0)] = 10_000
    # How deep a document may be nested: objects of JSON, mails in mails, folders of an outline.
    document_nesting: Annotated[int, Field(gt=0, le=500)] = 100
    parse_seconds: Annotated[float, Field(gt=0)] = 60.0
    parse_memory_bytes: Annotated[int, Field(ge=64 * 1024 * 1024)] = 1024 * 1024 * 1024
    ocr: Literal["none", "textract"] = "none"
    # Of a document; each is charged.
    ocr_pages: Annotated[int, Field(gt=0)] = 1_000
    ocr_seconds: Annotated[float, Field(gt=0)] = 240.0
    chunk_characters: Annotated[int, Field(ge=200, le=8_000)] = 1_200
    chunk_overlap: Annotated[int, Field(ge=0, le=1_000)] = 150
    # How long a document stays with an environment that gives no sign of life; it gives three in this time.
    claim_seconds: Annotated[float, Field(gt=0)] = 60.0
    # How long before an invocation's end it hands on what is left of a document.
    handover_seconds: Annotated[float, Field(ge=0)] = 20.0
    queue_url: str = ""
    dead_letter_queue_url: str = ""
    # As the queue's maxReceiveCount: after so many tries a message is a dead letter, and its document says so.
    delivery_attempts: Annotated[int, Field(gt=0)] = 5

    database_pool_size: Annotated[int, Field(gt=0, le=50)] = 2
    database_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    # How long a question waits for a database that is starting.
    database_waking_seconds: Annotated[float, Field(gt=0)] = 45.0

    def weights_of(self, embedding_model: str) -> Weights:
        """Return what meaning and words count in a search by the vectors of a model."""
        return weights_for(embedding_model) if self.dense_weight is None else _shares(self.dense_weight)

    def held_of(self, embedding_model: str, dimension: int) -> str:
        """Return what a new index holds of vectors, by their model and their length."""
        return self.vector_index or held_by_default(embedding_model, dimension)

    @model_validator(mode="after")
    def _overlap_leaves_something_new(self) -> Self:
        if 2 * self.chunk_overlap >= self.chunk_characters:
            raise ValueError(f"{PREFIX}CHUNK_OVERLAP must be less than half of {PREFIX}CHUNK_CHARACTERS")
        return self

    @classmethod
    def load(cls, read_secret: Callable[[str], Mapping[str, str]]) -> Settings:
        """Build the settings from the environment and from the secret that it names in SLUICE_SECRET_ARN.

        What the secret adds becomes part of the environment, since the models' library looks there for its keys; a
        variable that is set already stays.
        """
        if arn := os.environ.get(SECRET_ARN, "").strip():
            for name, value in read_secret(arn).items():
                if not os.environ.get(name, "").strip():
                    os.environ[name] = value
        return cls.read()

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Build the settings from the environment; raise `ConfigurationError` that names every wrong variable."""
        environment = os.environ if environment is None else environment
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and value.strip()
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = "; ".join(_problem(e["loc"], e["msg"]) for e in error.errors())
            raise ConfigurationError(f"Set these environment variables: {problems}.") from error


def without_secret(field: str) -> str:
    """Return one setting as the environment alone has it, for when a secret must not be read yet."""
    default: str = Settings.model_fields[field].default
    return os.environ.get(f"{PREFIX}{field.upper()}", "").strip() or default


def streamed_doors(environment: Mapping[str, str] | None = None) -> tuple[Literal["function_url", "rest_api"], ...]:
    """Return the doors whose streamed answers are understood: a REST API where SLUICE_REST_API_STREAMS says so.

    No event tells, and one that buffers would show its callers the stream's bytes.
    """
    environment = os.environ if environment is None else environment
    streams = environment.get(f"{PREFIX}REST_API_STREAMS", "").strip().lower() == "true"
    return ("function_url", "rest_api") if streams else ("function_url",)


def named_services() -> list[str]:
    """Return the services of AWS that settings and database logins are asked of, as far as no secret says so."""
    asked = {"secretsmanager": SECRET_ARN, "rds": f"{PREFIX}DATABASE_IAM"}
    return [service for service, variable in asked.items() if os.environ.get(variable, "").strip()]


def starts_ahead() -> bool:
    """Whether Lambda starts this environment before anybody waits for it."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in ("provisioned-concurrency", "snap-start")


def _problem(location: tuple[int | str, ...], message: str) -> str:
    """A problem of several variables together names them itself."""
    return (
        f"{PREFIX}{str(location[0]).upper()}: {message.lower()}" if location else message.removeprefix("Value error, ")
    )


def weights_for(embedding_model: str) -> Weights:
    """Return the weights that a search begins with under a model."""
    return _shares(0.25 if embedding_model.startswith("offline/") else 0.5)


def _shares(dense: float) -> Weights:
    return Weights(dense, 1 - dense)
