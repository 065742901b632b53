"""Settings from the environment, and from the secret that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sluice.errors import ConfigurationError
from sluice.settings import Settings, streamed_doors

NEEDED = {"SLUICE_DATABASE_URL": "postgresql://h/d", "SLUICE_BUCKET": "documents"}


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The process's environment, put back afterwards."""
    before = dict(os.environ)
    yield os.environ  # type: ignore[misc] # behaves as a dict
    os.environ.clear()
    os.environ.update(before)


def test_what_is_not_set_has_a_default() -> None:
    """Two variables are enough to begin."""
    settings = Settings.read(NEEDED)

    assert (settings.database_url, settings.bucket, settings.chat_model) == (
        "postgresql://h/d",
        "documents",
        "offline/extractive",
    )


def test_every_wrong_variable_is_named_at_once() -> None:
    """An operator mends all of them in one go."""
    with pytest.raises(ConfigurationError) as refused:
        Settings.read({"SLUICE_BUCKET": " ", "SLUICE_SEARCH_LIMIT": "many"})

    for name in ("SLUICE_DATABASE_URL", "SLUICE_BUCKET", "SLUICE_SEARCH_LIMIT"):
        assert name in refused.value.message


def test_a_variable_of_another_name_is_not_ours() -> None:
    """Other programs' variables are called `BUCKET` too; one of ours that is blank is not set."""
    settings = Settings.read(NEEDED | {"BUCKET": "theirs", "CHAT_MODEL": "theirs", "SLUICE_CHAT_MODEL": " "})

    assert (settings.bucket, settings.chat_model) == ("documents", "offline/extractive")


def test_models_are_named_with_commas_between_and_keep_their_order() -> None:
    """They are asked in it."""
    settings = Settings.read(NEEDED | {"SLUICE_FALLBACK_MODELS": " openai/b, openai/a ,, offline/extractive"})

    assert settings.fallback_models == ("openai/b", "openai/a", "offline/extractive")


def test_a_secret_fills_what_is_not_set(environment: dict[str, str]) -> None:
    """A blank variable counts as not set; keys for the models' library come along."""
    environment.update(
        SLUICE_SECRET_ARN="arn:secret", SLUICE_DATABASE_URL="", SLUICE_BUCKET="mine", SLUICE_CHAT_MODEL="openai/x"
    )
    secret = {
        "SLUICE_DATABASE_URL": "postgresql://secret/d",
        "SLUICE_CHAT_MODEL": "openai/y",
        "OPENAI_API_KEY": "key",
    }

    settings = Settings.load({"arn:secret": secret}.__getitem__)

    assert (settings.database_url, settings.chat_model, environment["OPENAI_API_KEY"]) == (
        "postgresql://secret/d",
        "openai/x",
        "key",
    )


def test_without_a_secret_none_is_read(environment: dict[str, str]) -> None:
    """The laptop has no Secrets Manager."""
    environment.update(NEEDED)
    environment.pop("SLUICE_SECRET_ARN", None)
    read: list[str] = []

    Settings.load(lambda arn: read.append(arn) or {})  # type: ignore[func-returns-value] # append returns None

    assert read == []


def test_a_rest_api_streams_where_it_is_said_to() -> None:
    """A function URL of Sluice always does."""
    assert streamed_doors({}) == ("function_url",)
    assert streamed_doors({"SLUICE_REST_API_STREAMS": "true"}) == ("function_url", "rest_api")


def test_meaning_weighs_less_by_the_offline_models_vectors() -> None:
    """Whichever model is configured: what counts is whose vectors are searched."""
    chosen = Settings.read(NEEDED | {"SLUICE_EMBEDDING_MODEL": "offline/static"})

    assert [chosen.weights_of(model).dense for model in ("offline/static", "openai/some")] == [0.25, 0.5]


def test_weights_that_are_set_hold_for_every_model() -> None:
    """An operator's word is not guessed over."""
    chosen = Settings.read(NEEDED | {"SLUICE_DENSE_WEIGHT": "0.7"})

    assert [chosen.weights_of(model).dense for model in ("offline/static", "openai/some")] == [0.7, 0.7]
