"""A browser that looks at the whole stack, with a model that the test writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.conftest import missing
from tests.page import model, stack
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
        "SLUICE_MODEL_PRICES": '{"openai/scripted": [0, 0]}',
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


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    """Chromium without a screen; its driver comes with it."""
    chromedriver, chromium = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if not chromedriver or not chromium:
        missing("chromium and chromedriver are not on this machine")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(chromedriver))
    yield driver
    driver.quit()


@pytest.fixture
def window(driver: Chrome, addresses: stack.Addresses) -> Iterator[Window]:
    """The page, just opened. A test fails when the browser had anything to complain of."""
    driver.set_window_size(*SIZE)
    window = Window(driver, addresses.chat)
    window.open()
    yield window
    assert window.complaints() == []


@pytest.fixture(scope="session")
def page_folder() -> Path:
    return stack.ROOT / "functions" / "chat" / "page"
