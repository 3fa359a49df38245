"""Pages of examples/site in a headless Chromium: how they look and work, by day and by night."""

from __future__ import annotations

import io
import os
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from examples.site.app import make_api
from examples.site.screenshots import log_in, main
from responder_core.live_server import LiveServer
from tests.examples.site.conftest import AUTHOR, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from examples.site.settings import Settings

pytestmark = pytest.mark.browser

READERS = ["/", "/posts/water-first", "/gallery", "/gallery/kettle", "/search?q=tea", "/archive"]
# What a visually impaired reader needs of contrast (WCAG 2.2, 1.4.3), by the ratio of luminances.
ENOUGH = 4.5
CONTRASTS = """() => {
    const channel = value => { value /= 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
    const read = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([red, green, blue]) =>
        0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
    const behind = element => {
        for (let each = element; each; each = each.parentElement) {
            const found = read(getComputedStyle(each).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll("body *")]
        .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .filter(each => each.checkVisibility() && !each.closest("[aria-hidden=true]"))
        .map(each => {
            const two = [luminance(read(getComputedStyle(each).color)), luminance(behind(each))];
            return [(Math.max(...two) + 0.05) / (Math.min(...two) + 0.05), each.textContent.trim()];
        });
}"""


class Visit:
    """A page, and what was seen of it: requests, and what the browser complained of."""

    def __init__(self, page: Any) -> None:
        self.page, self.requests, self.complaints = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._keep)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _keep(self, message: Any) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program; the tests are skipped without it, or fail where REQUIRE_CHROMIUM is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("there is no Chromium, and REQUIRE_CHROMIUM is set")
        pytest.skip("needs Chromium: Debian's package chromium")
    return found


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    """Where the site is."""
    with LiveServer(make_api(replace(settings, login_limit="3/hour"))) as server:
        yield server.url


@pytest.fixture
def visit(chromium: str, url: str) -> Iterator[Callable[..., Visit]]:
    """Open a page of the site: ``visit("/gallery", dark=True, width=390)``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu"])

        def visit(
            path: str, *, dark: bool = False, width: int = 1200, is_author: bool = False
        ) -> Visit:
            page = browser.new_page(
                color_scheme="dark" if dark else "light", viewport={"width": width, "height": 800}
            )
            seen = Visit(page)
            if is_author:
                log_in(page, url, AUTHOR, PASSWORD)
            page.goto(url + path)
            page.wait_for_load_state("networkidle")
            return seen

        yield visit
        browser.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_for_readers_are_whole(visit, url, dark):
    """Nothing is refused or missing, nothing comes from elsewhere, every picture is there."""
    for path in READERS:
        seen = visit(path, dark=dark)
        pictures = seen.page.evaluate(
            "() => [...document.images].map(each => { each.loading = 'eager';"
            " return each.decode().then(() => each.naturalWidth); })"
            ".reduce((all, one) => all.then(list => one.then(size => [...list, size])),"
            " Promise.resolve([]))"
        )
        colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert seen.complaints == [], path
        assert [each for each in seen.requests if not each.startswith(url)] == [], path
        assert all(width > 0 for width in pictures), path
        assert (int(re.findall(r"\d+", colour)[0]) < 100) is dark, path
        assert seen.page.context.cookies() == [], path
        seen.page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_can_be_read(visit, dark):
    for path in (*READERS, "/admin/login", "/nowhere", "/admin/posts/water-first"):
        seen = visit(path, dark=dark, is_author=path.startswith("/admin/posts"))
        found = seen.page.evaluate(CONTRASTS)

        assert len(found) > 10, path
        assert [each for each in found if each[0] < ENOUGH] == [], path
        seen.page.close()


@pytest.mark.parametrize("width", [320, 390])
def test_a_narrow_screen_shows_it_all(visit, width):
    paths = [*READERS, "/admin/login", "/admin", "/admin/new", "/admin/posts/water-first"]
    for path in paths:
        seen = visit(path, width=width, is_author=path in paths[-3:])
        overflow = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")

        assert overflow <= 0, path
        seen.page.close()


def test_a_reader_goes_from_page_to_page(visit, url):
    page = visit("/").page
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Words to look for").fill("viaduct")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("heading", name="Along the old railway").get_by_role("link").click()

    assert page.url == f"{url}/posts/along-the-old-railway"
    assert page.get_by_role("heading", level=1).inner_text() == "Along the old railway"


def test_the_keyboard_leads_to_the_content(visit):
    page = visit("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_thumbnails_are_as_small_as_the_screen_lets_them(visit):
    wide, narrow = visit("/gallery").requests, visit("/gallery", width=320).requests

    assert any(each.endswith("/gallery/kettle/640.webp") for each in wide)
    assert any(each.endswith("/gallery/kettle/320.webp") for each in narrow)
    assert not any(each.endswith("kettle.svg") for each in [*wide, *narrow])


def test_an_author_writes_and_publishes(visit, url):
    seen = visit("/admin/new", is_author=True)
    page = seen.page
    page.get_by_label("Title").fill("A tea at four")
    page.get_by_label("Tags").fill("tea")
    page.get_by_label("Picture").select_option("kettle")
    page.get_by_label("Summary").fill("One, with milk.")
    page.get_by_label("Words, in Markdown").fill("It is *four* <b>o'clock</b>.")
    page.locator("#preview em").wait_for()
    assert page.locator("#preview").inner_text().strip() == "It is four <b>o’clock</b>."
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/admin")
    assert page.get_by_role("status").inner_text() == "“A tea at four” is saved, and a draft."
    assert visit("/posts/a-tea-at-four").complaints != []  # A 404, which the browser tells of.

    page.get_by_role("link", name="A tea at four", exact=True).click()
    page.get_by_label("A draft, which only authors see").uncheck()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/admin")
    assert seen.complaints == []
    reader = visit("/posts/a-tea-at-four")
    assert reader.complaints == []
    assert reader.page.get_by_role("heading", level=1).inner_text() == "A tea at four"


def test_a_mistake_is_shown_and_nothing_that_was_typed_is_lost(visit):
    page = visit("/admin/new", is_author=True).page
    page.get_by_label("Title").fill("Tea")
    page.get_by_label("Tags").fill("two words")
    page.get_by_label("Summary").fill("One.")
    page.get_by_label("Words, in Markdown").fill("Words.")
    page.get_by_role("button", name="Save").click()

    assert "$.tags[0]" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Title").input_value() == "Tea"


def test_an_author_deletes_and_leaves(visit, url):
    seen = visit("/admin/posts/water-first", is_author=True)
    page = seen.page
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/admin")
    assert "is gone" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/admin")

    assert page.get_by_role("heading", level=1).inner_text() == "Log in"
    assert seen.complaints == []


def test_a_login_that_fails_says_so_until_it_is_too_often(visit, url):
    page = visit("/admin/login").page
    for _ in range(3):
        page.get_by_label("Name").fill(AUTHOR)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        assert "do not fit together" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("Name").input_value() == AUTHOR
        assert page.get_by_label("Password").input_value() == ""
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()

    assert page.get_by_role("heading", level=1).inner_text() == "That was a little too often"


def test_a_script_that_got_into_a_page_does_not_run(visit):
    seen = visit("/admin/posts/water-first", is_author=True)
    seen.page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.foreign = 1";
        document.body.append(script);
    }""")

    assert seen.page.evaluate("typeof window.foreign") == "undefined"
    assert any("Content Security Policy" in each for each in seen.complaints)


def test_screenshots_are_taken(chromium, tmp_path):
    assert main([str(tmp_path)]) == 0

    sizes = {
        path.name: Image.open(io.BytesIO(path.read_bytes())).size for path in tmp_path.iterdir()
    }
    assert sizes == {
        "home.webp": (1200, 800),
        "post.webp": (390, 800),
        "edit.webp": (1200, 800),
    }
