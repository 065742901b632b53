"""What is not an answer looks like what it is and says what to do: before the routes, with fakes behind their ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from functions.chat import dependencies, page
from functions.chat.app import app
from sluice.authenticating import Authenticating, ByIam
from sluice.domain import Allowance, Scope
from sluice.errors import DatabaseWaking, ModelUnavailable
from sluice.settings import Settings
from tests.chat.conftest import Parts, parts
from tests.command.service import running
from tests.page.window import Window

__all__ = ["parts"]  # a fixture

SETTINGS = Settings(database_url="postgresql://nowhere", bucket="documents", auth=frozenset({"none"}))


@pytest.fixture
def window(driver: Chrome, parts: Parts) -> Iterator[Window]:
    """The page, just opened."""
    app.dependency_overrides[page.settings] = lambda: SETTINGS
    with running(app) as address:
        window = Window(driver, address)
        window.open()
        yield window
        driver.get("about:blank")
    window.complaints()  # the browser complains of answers that are errors, which are what these tests are about


def test_a_waking_database_is_waited_for(window: Window, parts: Parts) -> None:
    """The page says what takes so long; the answer comes by itself."""
    parts.conversations.away = DatabaseWaking()
    parts.model.enqueue("Krill [1].")
    window.ask("What do whales eat?")
    window.find(
        ".status.waiting", "The database is waking up. This takes up to half a minute; your question waits for it."
    )
    parts.conversations.away = None

    window.until(lambda: window.answer() == "Krill 1.")
    window.gone(".status")


def test_a_limit_says_when_to_come_again(window: Window, parts: Parts) -> None:
    """It is no answer, and trying again works once there is room."""
    parts.allowance = Allowance(requests_per_minute=1, burst=1)
    parts.model.enqueue("Krill.")
    window.ask("What do whales eat?")
    window.until(lambda: window.answer() == "Krill." and not window.all("#stop"))
    window.ask("And how much?")
    said = window.find(".failure p").text
    parts.allowance = Allowance()
    parts.model.enqueue("A lot.")
    window.button("Try again").click()

    window.until(lambda: window.answer() == "A lot.")
    assert "Try again in" in said


def test_a_spent_budget_says_so(window: Window, parts: Parts) -> None:
    """With the time at which there is more."""
    parts.allowance = Allowance(tokens_per_month=1)
    window.ask("What do whales eat?")
    window.find(".failure", "token")


def test_an_error_before_the_first_word_offers_another_try(window: Window, parts: Parts) -> None:
    """In the words of the error."""
    parts.model.enqueue(ModelUnavailable("The model is away."))
    window.ask("What do whales eat?")
    window.find(".failure", "The model is away.")
    parts.model.enqueue("Krill.")
    window.button("Try again").click()

    window.until(lambda: window.answer() == "Krill.")
    window.gone(".failure")


def test_without_an_ingest_function_the_page_says_what_is_missing(window: Window) -> None:
    """The setting is named for whoever runs it."""
    window.open("#/documents")

    window.find("#documents-problem", "set SLUICE_INGEST_URL on the chat function")


def test_days_without_an_answer_make_no_chart(window: Window) -> None:
    """The place where it will be says so."""
    window.open("#/usage")

    window.find(".empty", "appear here once you have asked something")


def test_where_only_signatures_count_the_page_explains_itself(window: Window) -> None:
    """A browser can't sign; there is no field for a key that nobody would take."""
    app.dependency_overrides[page.settings] = lambda: SETTINGS.model_copy(update={"auth": frozenset({"iam"})})
    iam = ByIam(tenant="default", user="arn", scopes=frozenset({Scope.ASK}))
    app.dependency_overrides[dependencies.authenticating] = lambda: Authenticating([iam])
    window.load()

    window.find("#with-signature", "Use the command sluice --profile, or ask your operator")
    assert window.all("#api-key") == []


def test_a_server_that_is_away_is_told(window: Window) -> None:
    """Of the page only what came before is there, and it says so instead of standing empty."""
    window.driver.execute_cdp_cmd("Network.enable", {})
    window.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/config.json"]})
    try:
        window.load()
        window.find("#notice", "Sluice can't be reached.")
    finally:
        window.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
