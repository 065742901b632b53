"""Chromium without a screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

MOUSE = "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
"""As on a desk; without a screen Chromium believes that nothing can point."""


class BrowserMissing(Exception):
    """This machine has no Chromium, or no driver for it."""


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start Chromium by its driver, which comes with it, and end it with the block; raise `BrowserMissing`."""
    chromedriver, program = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if not chromedriver or not program:
        raise BrowserMissing("chromium and chromedriver are not on this machine")
    options = ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", MOUSE):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def scheme(driver: Chrome, name: str) -> Iterator[None]:
    """Prefer light or dark."""
    features = [{"name": "prefers-color-scheme", "value": name}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@contextmanager
def screen(driver: Chrome, width: int, height: int, *, mobile: bool = False, scale: int = 1) -> Iterator[None]:
    """Have a screen of so many CSS pixels, of so many dots each."""
    size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
