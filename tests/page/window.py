"""A browser's window that looks at the page: what a person sees and does, in the page's own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

# How long a test waits for what other processes do; nothing is measured by it.
PATIENCE_SECONDS = 45
T = TypeVar("T")


class Window:
    """Drives one tab. What is looked for is waited for."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def load(self, place: str = "") -> None:
        """Open the page anew, even where its address stays the same."""
        self.driver.get("about:blank")
        self.driver.get(self.address + "/" + place)

    def open(self, place: str = "") -> None:
        """Open the page anew and wait until it listens."""
        self.load(place)
        self.until(lambda: self.run("return document.querySelectorAll('#conversations > li').length") > 0)

    def reload(self) -> None:
        self.driver.refresh()

    def until(self, condition: Callable[[], T]) -> T:
        """Wait until something is true, and return it; what is on the page is the message when it never is."""
        replaced = [StaleElementReferenceException]  # while we looked
        wait = WebDriverWait(self.driver, PATIENCE_SECONDS, poll_frequency=0.05, ignored_exceptions=replaced)
        try:
            return wait.until(lambda _: condition())
        except TimeoutException as error:
            raise AssertionError(f"It never came true on this page:\n{self.text()}") from error

    def find(self, selector: str, text: str = "") -> WebElement:
        """Return the first visible element that fits and holds the text."""
        return self.until(lambda: next(iter(self.all(selector, text)), None))  # type: ignore[return-value] # until one is there

    def all(self, selector: str, text: str = "") -> list[WebElement]:
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if self._holds(element, text)]

    def gone(self, selector: str, text: str = "") -> None:
        self.until(lambda: not self.all(selector, text))

    def button(self, label: str) -> WebElement:
        """Return a button by what it says or is called."""
        return self.until(
            lambda: next(
                (button for button in self.all("button") if label in (button.text, button.accessible_name)), None
            )
        )  # type: ignore[return-value] # until one is there

    def ask(self, question: str) -> None:
        self.find("#question").send_keys(question, Keys.ENTER)

    def press(self, key: str) -> None:
        """Press a key wherever the focus is."""
        ActionChains(self.driver).send_keys(key).perform()

    def chord(self, held: str, key: str) -> None:
        """Press a key while another is held."""
        ActionChains(self.driver).key_down(held).send_keys(key).key_up(held).perform()

    def answer(self) -> str:
        """Return the text of the last answer as it stands now, with its citations."""
        script = "return [...document.querySelectorAll('.answer .prose')].at(-1)?.textContent ?? ''"
        return re.sub(r"\s+", " ", str(self.driver.execute_script(script))).strip()

    def upload(self, file: Path) -> None:
        self.driver.find_element(By.ID, "files").send_keys(str(file))

    def drop(self, *files: Path) -> None:
        """Drop files and folders from outside onto the middle of the page."""
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, "x": 400, "y": 300, "data": data}
            self.driver.execute_cdp_cmd("Input.dispatchDragEvent", event)

    def point_at(self, element: WebElement) -> None:
        ActionChains(self.driver).move_to_element(element).perform()

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def text(self) -> str:
        return str(self.driver.execute_script("return document.body?.innerText ?? ''"))

    def complaints(self) -> list[str]:
        """Return what the browser has written to its console since we last asked: errors, refusals of the policy."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call] # published without a type

    def _holds(self, element: WebElement, text: str) -> bool:
        try:
            return element.is_displayed() and text in element.text
        except StaleElementReferenceException:
            return False  # it was replaced while we looked
