"""What the index of vectors holds."""

from __future__ import annotations

import pytest

from sluice.errors import ConfigurationError
from sluice.holding import at_most, held_by_default
from sluice.settings import Settings
from tests.common.test_settings import NEEDED


@pytest.mark.parametrize(
    ("model", "dimension"),
    [
        ("openai/text-embedding-3-small", 1536),
        ("text-embedding-3-large", 3072),
        ("azure/text-embedding-3-large", 3072),
    ],
)
def test_long_vectors_of_models_that_are_known_for_it_are_indexed_by_their_signs(model: str, dimension: int) -> None:
    """Others have measured that these are found so."""
    assert held_by_default(model, dimension) == "signs"


@pytest.mark.parametrize(
    ("model", "dimension"),
    [("openai/text-embedding-ada-002", 1536), ("bedrock/amazon.titan-embed-text-v2:0", 1024), ("offline/static", 768)],
)
def test_any_other_model_is_indexed_whole(model: str, dimension: int) -> None:
    """Nothing is known of its signs."""
    assert held_by_default(model, dimension) == "whole"


def test_vectors_that_are_shortened_are_indexed_whole() -> None:
    """Few signs tell too little."""
    assert held_by_default("openai/text-embedding-3-small", 512) == "whole"


@pytest.mark.parametrize("chosen", ["whole", "signs", "256"])
def test_an_operator_chooses_for_every_model(chosen: str) -> None:
    """The choice is not guessed over."""
    settings = Settings.read(NEEDED | {"SLUICE_VECTOR_INDEX": chosen})

    assert [settings.held_of(model, 1536) for model in ("text-embedding-3-small", "some/other")] == [chosen, chosen]


@pytest.mark.parametrize("chosen", ["0", "-1", "4000", "1.5", "bits", "whole signs"])
def test_what_no_index_can_hold_is_refused_at_the_start(chosen: str) -> None:
    """By the name of the variable."""
    with pytest.raises(ConfigurationError, match="SLUICE_VECTOR_INDEX"):
        Settings.read(NEEDED | {"SLUICE_VECTOR_INDEX": chosen})


def test_as_many_numbers_as_there_are_is_the_whole() -> None:
    """Then there is nothing to rank anew."""
    assert [at_most(held, 512) for held in ("511", "512", "513", "signs", "whole")] == [
        "511", "whole", "whole", "signs", "whole",
    ]  # fmt: skip
