"""Signing in on the page, by key and at an identity provider, before the whole stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.page import stack
from tests.page.provider import CLIENT, SignInProvider
from tests.page.window import Window

KEPT = "return [Object.keys(sessionStorage).sort(), Object.keys(localStorage), document.cookie]"


@pytest.fixture(scope="module")
def provider() -> Iterator[SignInProvider]:
    with SignInProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def guarded(provider: SignInProvider, data: Path) -> Iterator[stack.Addresses]:
    """The stack, which takes keys and the provider's tokens."""
    variables = {
        "SLUICE_AUTH": "key,oidc",
        "SLUICE_OIDC_ISSUER": provider.issuer,
        "SLUICE_OIDC_AUDIENCE": CLIENT,
        "SLUICE_OIDC_SCOPES": "ask,ingest",
    }
    with stack.running(data, variables) as addresses:
        yield addresses


@pytest.fixture
def window(driver: Chrome, guarded: stack.Addresses, provider: SignInProvider) -> Iterator[Window]:
    """The page, at which nobody has signed in yet, and which complains of nothing but that."""
    provider.lifetime = 300
    provider.grants.clear()
    driver.get(guarded.chat)
    driver.execute_script("sessionStorage.clear()")
    window = Window(driver, guarded.chat)
    window.complaints()  # what came before is not of this test
    yield window
    complaints = window.complaints()
    driver.get("about:blank")
    assert [each for each in complaints if "401" not in each and "status of 400" not in each] == []


def listed(window: Window) -> None:
    """Wait until the page has had an answer from the API."""
    window.until(lambda: window.run("return document.querySelectorAll('#conversations > li').length") > 0)


def sign_in(window: Window) -> None:
    window.button("Sign in with your organisation").click()
    window.find("#agree").click()
    listed(window)


def test_by_key(window: Window, data: Path) -> None:
    """A wrong key is told and asked for again; the right one opens both functions; signing out forgets it."""
    window.load("#/documents")
    window.find("#api-key").send_keys("sk_AbCd1234_wrong", Keys.ENTER)
    window.find("#sign-in-problem", "The last key was not accepted.")
    window.find("#api-key").send_keys((data / "api-key").read_text().strip(), Keys.ENTER)
    listed(window)
    window.find("#documents-count", "No documents yet.")

    window.button("Sign out").click()
    window.find("#sign-in #api-key")
    assert window.run(KEPT) == [[], [], ""]


def test_at_the_provider(window: Window, provider: SignInProvider) -> None:
    """There and back to where one was; the address keeps nothing of it, the token lives in this tab only."""
    window.load("#/documents")
    sign_in(window)

    window.find("#documents-count", "No documents yet.")
    assert window.run("return location.href") == f"{window.address}/#/documents"
    assert window.run(KEPT) == [["sluice-key", "sluice-renewal"], [], ""]
    assert provider.grants == ["authorization_code"]


def test_who_has_signed_in_asks_and_uploads(window: Window, tmp_path: Path) -> None:
    """The token opens the chat function and, from this origin, the ingest function."""
    file = tmp_path / "weir.md"
    file.write_text("# Weir\n\nThe weir is seven metres wide.")
    window.load("#/documents")
    sign_in(window)
    window.upload(file)
    window.find(".upload.ready", "weir.md")
    window.find(".new").click()
    window.ask("How wide is the weir?")

    window.until(lambda: "The weir is seven metres wide" in window.answer())


def test_a_token_that_expires_is_renewed(window: Window, provider: SignInProvider) -> None:
    """Nobody is asked while the provider knows the session."""
    provider.lifetime = -120
    window.load()
    window.button("Sign in with your organisation").click()
    agree = window.find("#agree")
    provider_allows = provider.grants.copy()
    agree.click()
    window.until(lambda: "refresh_token" in provider.grants)
    provider.lifetime = 300
    listed(window)

    assert provider_allows == []
    assert not window.all("#sign-in")


def test_a_session_that_has_ended_is_told(window: Window, provider: SignInProvider) -> None:
    """And one signs in again."""
    window.load()
    sign_in(window)
    provider.end_sessions()
    window.run("sessionStorage.setItem('sluice-key', arguments[0])", provider.token(exp=1))
    window.load("#/usage")
    window.find("#sign-in-problem", "Your session has ended.")
    sign_in(window)

    window.find(".span dd")


def test_who_refuses_can_still_use_a_key(window: Window, data: Path) -> None:
    """What the provider says is shown, as text."""
    window.load()
    window.button("Sign in with your organisation").click()
    window.find("#refuse").click()
    window.find("#sign-in-problem", "The identity provider says: Ada does not want to.")
    window.find("#api-key").send_keys((data / "api-key").read_text().strip(), Keys.ENTER)

    listed(window)


def test_a_sign_in_that_another_began_is_not_taken(window: Window, provider: SignInProvider) -> None:
    """A link that carries somebody else's code signs nobody in."""
    window.load("?code=stolen&state=guessed")
    window.find("#sign-in-problem", "This sign-in was not begun in this tab.")

    assert (provider.grants, window.run(KEPT)) == ([], [[], [], ""])
    assert window.run("return location.href") == f"{window.address}/"
