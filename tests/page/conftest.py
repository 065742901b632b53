"""A browser that looks at the whole stack, with a model that the test writes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from selenium.webdriver import Chrome

from tests.conftest import missing
from tests.page import model, stack
from tests.page.browser import BrowserMissing, chromium
from tests.page.model import Model
from tests.page.window import Window

SIZE = (1280, 800)
# What a person does while an answer is written takes a second environment.
AT_ONCE = 2


@pytest.fixture(scope="module")
def scripted() -> Iterator[Model]:
    """The model that answers."""
    with model.running() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def addresses(scripted: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Addresses]:
    """The stack, on ports of its own."""
    variables = {
        "SLUICE_CHAT_MODEL": "openai/scripted",
        "SLUICE_FALLBACK_MODELS": "openai/stand-in",
        "SLUICE_MODEL_PRICES": '{"openai/scripted": [0, 0], "openai/stand-in": [0, 0]}',
        # However busy the machine is, no test is about its patience.
        "SLUICE_FIRST_TOKEN_SECONDS": "120",
        "SLUICE_TITLE_SECONDS": "60",
        "OPENAI_API_BASE": scripted.base,
        "OPENAI_API_KEY": "test",
    }
    with stack.running(tmp_path_factory.mktemp("stack"), variables) as addresses:
        with ThreadPoolExecutor() as asking:
            list(asking.map(wake, [addresses.chat] * AT_ONCE))
        yield addresses


def wake(chat: str) -> None:
    """Ask once: an environment's first answer waits for LiteLLM's import, which no test is about."""
    httpx.post(chat + "/api/chat", json={"message": "Are you awake?"}, timeout=180).raise_for_status()


@pytest.fixture(scope="session")
def driver() -> Iterator[Chrome]:
    """One browser for all tests of the page."""
    with ExitStack() as started:
        try:
            driver = started.enter_context(chromium())
        except BrowserMissing as error:
            missing(str(error))
        yield driver


@pytest.fixture
def window(driver: Chrome, addresses: stack.Addresses) -> Iterator[Window]:
    """The page, just opened. A test fails when the browser had anything to complain of."""
    driver.set_window_size(*SIZE)
    window = Window(driver, addresses.chat)
    window.complaints()  # what came before is not of this test
    window.open()
    yield window
    complaints = window.complaints()
    driver.get("about:blank")  # nobody asks a stack that is about to end
    assert complaints == []


@pytest.fixture(scope="session")
def page_folder() -> Path:
    return stack.ROOT / "functions" / "chat" / "page"
