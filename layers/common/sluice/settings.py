"""The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sluice.errors import SluiceError

PREFIX = "SLUICE_"


class ConfigurationError(SluiceError):
    """The configuration is not valid."""

    code = "configuration_error"


class Settings(BaseModel):
    """What an operator can set; each field is the environment variable `SLUICE_<FIELD>`."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    database_url: Annotated[str, Field(min_length=1)]
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
    chunk_characters: Annotated[int, Field(ge=200, le=8_000)] = 1_200
    chunk_overlap: Annotated[int, Field(ge=0, le=1_000)] = 150
    claim_seconds: Annotated[float, Field(gt=0)] = 900.0

    database_pool_size: Annotated[int, Field(gt=0, le=50)] = 2
    database_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0

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
            problems = "; ".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].lower()}" for e in error.errors())
            raise ConfigurationError(f"Set these environment variables: {problems}.") from error
