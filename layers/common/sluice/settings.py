"""The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sluice.errors import SluiceError

PREFIX = "SLUICE_"
SECRET_ARN = "SLUICE_SECRET_ARN"  # noqa: S105 - the name of a variable


class ConfigurationError(SluiceError):
    """The configuration is not valid."""

    code = "configuration_error"


class Settings(BaseModel):
    """What an operator can set; each field is the environment variable `SLUICE_<FIELD>`."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    database_url: Annotated[str, Field(min_length=1)]
    # Log in with an IAM token instead of the password in the URL.
    database_iam: bool = False
    bucket: Annotated[str, Field(min_length=1)]

    chat_model: str = "offline/extractive"
    # Further models that a request may ask for, with commas between.
    offered_models: str = ""
    embedding_model: str = "offline/static"
    model_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    embedding_batch: Annotated[int, Field(gt=0, le=2048)] = 64

    search_limit: Annotated[int, Field(gt=0, le=50)] = 8
    dense_weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    lexical_weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    history_messages: Annotated[int, Field(ge=0, le=200)] = 20
    prompt_characters: Annotated[int, Field(gt=0)] = 48_000
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
    ocr_seconds: Annotated[float, Field(gt=0)] = 240.0
    chunk_characters: Annotated[int, Field(ge=200, le=8_000)] = 1_200
    chunk_overlap: Annotated[int, Field(ge=0, le=1_000)] = 150
    # How long a document stays with an environment that gives no sign; each batch of chunks is one.
    claim_seconds: Annotated[float, Field(gt=0)] = 180.0
    # How long before an invocation's end it hands on what is left of a document.
    handover_seconds: Annotated[float, Field(ge=0)] = 20.0
    queue_url: str = ""
    dead_letter_queue_url: str = ""
    # As the queue's maxReceiveCount: after so many tries a message is a dead letter, and its document says so.
    delivery_attempts: Annotated[int, Field(gt=0)] = 5

    database_pool_size: Annotated[int, Field(gt=0, le=50)] = 2
    database_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0

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


def _problem(location: tuple[int | str, ...], message: str) -> str:
    """A problem of several variables together names them itself."""
    return (
        f"{PREFIX}{str(location[0]).upper()}: {message.lower()}" if location else message.removeprefix("Value error, ")
    )
