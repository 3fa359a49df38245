"""Screenshots of the site: ``python -m examples.site.screenshots FOLDER``, with Chromium.

Those of the README are made by it.
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

from examples.site.app import make_api
from examples.site.passwords import hash_password
from examples.site.settings import Settings
from responder_core.live_server import LiveServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser, Page

_AUTHOR, _PASSWORD = "ada", "of a screenshot alone"


class View(NamedTuple):
    """What is shown: a page, as large as it says in pixels, by day or by night."""

    path: str
    size: tuple[int, int] = (1200, 800)
    scheme: Literal["dark", "light"] = "light"


VIEWS = {
    "home": View("/"),
    "post": View("/posts/water-first", (390, 800), "dark"),
    "edit": View("/admin/posts/water-first"),
}


def take_screenshot(url: str, browser: Browser, view: View) -> bytes:
    """A page of a site that runs, as WebP."""
    width, height = view.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=view.scheme
    )
    page = context.new_page()
    if view.path.startswith("/admin/"):
        log_in(page, url, _AUTHOR, _PASSWORD)
    page.goto(url + view.path)
    page.wait_for_load_state("networkidle")
    image, target = Image.open(BytesIO(page.screenshot())), BytesIO()
    image.save(target, "WEBP", quality=80, method=6)
    context.close()
    return target.getvalue()


def log_in(page: Page, url: str, name: str, password: str) -> None:
    """Fill in the form of the login, and send it."""
    page.goto(f"{url}/admin/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin")


def take_all(folder: Path, program: str) -> None:
    """Start the site, look at it with Chromium (*program*), and write what was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, sync_playwright() as playwright:
        passwords = f"{_AUTHOR}:{hash_password(_PASSWORD, cost=16)}"
        site = Settings(data=Path(data), passwords=passwords, watch=0)
        browser = playwright.chromium.launch(executable_path=program)
        with LiveServer(make_api(site)) as server:
            for name, view in VIEWS.items():
                path = folder / f"{name}.webp"
                path.write_bytes(take_screenshot(server.url, browser, view))
                print(path)
        browser.close()


def main(arguments: Sequence[str]) -> int:
    """The command."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if len(arguments) != 1:
        print("usage: python -m examples.site.screenshots FOLDER", file=sys.stderr)
    elif program is None:
        print("Screenshots need Chromium: Debian's package chromium", file=sys.stderr)
    else:
        take_all(Path(arguments[0]), program)
        return 0
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
