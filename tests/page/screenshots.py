"""`make screenshots`: takes the pictures of docs/images, before the whole stack and a scripted model.

Look at each before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome

from sluice.testing.pdfs import pdf
from tests.page import model, spending, stack
from tests.page.browser import BrowserMissing, chromium, scheme, screen
from tests.page.model import Model
from tests.page.window import Window

IMAGES = stack.ROOT / "docs" / "images"
AT_REST = """
const ends = (animation) => animation.effect.getTiming().iterations !== Infinity;
return !document.getAnimations().some((each) => each.playState === "running" && ends(each));
"""
WIDE, NARROW = (1280, 800), (360, 740)
QUESTION = "When do the pumps start, and what if the level falls?"
ANSWER = """Pumps two and three **start together** above 4.2 metres [?start together]; pump one stays in reserve.

If the level keeps falling while both run:

1. Close gate B first [?close gate B].
2. Call the control room on channel 4 [?close gate B].
"""
HANDBOOK = pdf(
    "Handbook of the pump station. Read all of it before the first start.",
    "Pumps two and three start together above 4.2 metres. Pump one stays in reserve.",
    "Every spring the gate seals are replaced. The work takes two days.",
    "If the level falls while both pumps run, close gate B first and call channel 4.",
)
ALARMS = """# Alarm plan

Level above 5.0 metres: open gate A by hand and warn the camp site.

Level below 1.2 metres: stop all pumps and call the control room.
"""
INSPECTION = """# Inspection report 2025

The inspection on 12 March found worn seals at gate B. They were replaced on 2 April 2025.

## Costs

Seals and labour came to 4,180 euros; the next inspection is due in March 2027.
"""
# Questions, and the titles that the model makes of them.
EARLIER = {
    "Who warns the camp site?": "Warning the camp site",
    "What did the inspection in 2025 cost?": "Cost of the inspection",
    "How long does it take to replace the seals?": "Replacing gate seals",
}
VARIABLES = {
    "SLUICE_CHAT_MODEL": "openai/scripted",
    "SLUICE_MODEL_PRICES": '{"openai/scripted": [3, 15]}',
    "SLUICE_TOKENS_PER_DAY": "200000",
    "SLUICE_DOLLARS_PER_MONTH": "20",
    "OPENAI_API_KEY": "test",
    # A machine that does much else is slow to import LiteLLM; no picture should show that.
    "SLUICE_FIRST_TOKEN_SECONDS": "120",
    "SLUICE_TITLE_SECONDS": "60",
}


class Photographer:
    """Takes pictures of one page, wide and narrow, light and dark."""

    def __init__(self, driver: Chrome, window: Window, scripted: Model) -> None:
        self.driver = driver
        self.window = window
        self.scripted = scripted

    def take(self, name: str) -> None:
        """Keep what the window shows now, once its transitions have ended, with the pointer away from everything."""
        self.window.run("document.activeElement.matches('textarea') || document.activeElement.blur()")
        self.window.until(lambda: self.window.run(AT_REST))
        self.driver.save_screenshot(str(IMAGES / f"{name}.png"))
        print(f"docs/images/{name}.png")  # noqa: T201 - whoever typed make wants to see what there is to look at

    @contextmanager
    def on(self, size: tuple[int, int], colours: str) -> Iterator[None]:
        with scheme(self.driver, colours), screen(self.driver, *size, mobile=size == NARROW):
            yield


def main() -> None:
    """Take all pictures."""
    try:
        with tempfile.TemporaryDirectory() as data, model.running() as scripted, chromium() as driver:
            variables = {**VARIABLES, "OPENAI_API_BASE": scripted.base}
            with stack.running(Path(data) / "stack", variables) as addresses:
                photographer = Photographer(driver, Window(driver, addresses.chat), scripted)
                spending.spend(addresses.database, _month())
                _all(photographer, Path(data))
    except BrowserMissing as error:
        sys.exit(f"No pictures: {error}.")


def _all(photographer: Photographer, folder: Path) -> None:
    window = photographer.window
    with photographer.on(WIDE, "light"):
        window.open()
        photographer.take("first-light")
        _documents(window, folder)
        photographer.take("documents-light")
        _ask_earlier(photographer)
        window.open()
        window.find(".suggestion")
        photographer.take("welcome-light")
        _answer(photographer)
        photographer.take("answer-light")
    place = window.run("return location.hash")
    with photographer.on(WIDE, "dark"):
        _again(window, place)
        photographer.take("answer-dark")
        window.open("#/usage")
        window.find(".chart")
        photographer.take("usage-dark")
        window.open("#/documents")
        window.find(".document")
        photographer.take("documents-dark")
    with photographer.on(WIDE, "light"):
        window.open("#/usage")
        window.find(".chart")
        photographer.take("usage-light")
        _streaming(photographer)
        _failure(photographer)
    _narrow(photographer, place)


def _documents(window: Window, folder: Path) -> None:
    files = {
        "pump-station-handbook.pdf": HANDBOOK,
        "inspection-2025.md": INSPECTION.encode(),
        "alarm-plan.md": ALARMS.encode(),
    }
    window.open("#/documents")
    for name, content in files.items():
        (folder / name).write_bytes(content)
        window.upload(folder / name)
        window.find(".upload.ready", name)
    (folder / "scanned-letter.pdf").write_bytes(pdf(None))
    window.upload(folder / "scanned-letter.pdf")
    window.find(".upload.failed", "scanned-letter.pdf")
    window.find(".document .badge", "Failed")


def _ask_earlier(photographer: Photographer) -> None:
    """Fill the list of conversations."""
    for question, title in EARLIER.items():
        photographer.window.open()
        photographer.scripted.title = title
        photographer.scripted.enqueue("As the documents say [1].")
        photographer.window.ask(question)
        photographer.window.find("#conversations a", title)
        photographer.window.gone("#stop")


def _answer(photographer: Photographer) -> None:
    """Ask the question whose answer cites two pages, and open the second of its sources."""
    window = photographer.window
    photographer.scripted.title = "Starting the pumps"
    photographer.scripted.enqueue(ANSWER)
    window.ask(QUESTION)
    window.gone("#stop")
    window.find("#conversations a", "Starting the pumps")
    window.find(".answer .citation").click()
    window.find(".card.open .passage p", "Pump one stays in reserve.")


def _again(window: Window, place: str) -> None:
    window.open(place)
    window.find(".answer .citation").click()
    window.find(".card.open .passage p", "Pump one stays in reserve.")


def _streaming(photographer: Photographer) -> None:
    """In the middle of an answer."""
    window, rest = photographer.window, threading.Event()
    photographer.scripted.title = "The seals of gate B"
    photographer.scripted.enqueue(
        "The seals of gate B were replaced on **2 April 2025** [?2 April 2025]. Seals and labour",
        rest,
        " came to 4,180 euros.",
    )
    window.open()
    window.ask("What was done about the seals?")
    window.until(lambda: "Seals and labour" in window.answer())
    photographer.take("streaming-light")
    rest.set()
    window.gone("#stop")


def _failure(photographer: Photographer) -> None:
    """An answer that breaks off."""
    window = photographer.window
    photographer.scripted.title = "The next inspection"
    photographer.scripted.enqueue("The inspection is due in March 2027 [?March 2027], and before it", ConnectionError())
    window.open()
    window.ask("When is the next inspection?")
    window.find(".failure")
    window.find("#conversations [aria-current]")
    photographer.take("failure-light")


def _narrow(photographer: Photographer, place: str) -> None:
    window = photographer.window
    with photographer.on(NARROW, "light"):
        window.open(place)
        window.find(".answer .citation")
        photographer.take("answer-narrow")
        window.find(".answer .citation").click()
        window.find(".card.open .passage p", "Pump one stays in reserve.")
        photographer.take("source-narrow")
        window.open(place)
        window.find("#menu").click()
        window.find("#conversations a", "Starting the pumps")
        photographer.take("menu-narrow")
        window.open("#/documents")
        window.find(".document")
        photographer.take("documents-narrow")
    with photographer.on(NARROW, "dark"):
        window.open("#/usage")
        window.find(".chart")
        photographer.take("usage-narrow")
        window.open()
        window.find(".suggestion")
        photographer.take("welcome-narrow")


def _month() -> list[tuple[int, int, int, float]]:
    """Some weeks of a small team: nothing at weekends, more and more otherwise."""
    answers = [(0 if day % 7 in (5, 6) else 6 + day % 5 * 3 + day) for day in range(29)]
    return [(each, 1_450 * each, 230 * each, each * (1_450 * 3 + 230 * 15) / 1_000_000) for each in answers]


if __name__ == "__main__":
    main()
