"""Screenshots of the site: ``python -m examples.site.screenshots FOLDER``, with Chromium.

Those of the README are made by it.
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from examples.site.app import make_api
from examples.site.passwords import hash_password
from examples.site.settings import Settings
from responder_core.live_server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_WIDE, _NARROW = (1200, 800), (390, 800)
_AUTHOR, _PASSWORD = "ada", "of a screenshot alone"

PAGES: dict[str, tuple[str, tuple[int, int], Literal["dark", "light"]]] = {
    "home": ("/", _WIDE, "light"),
    "post": ("/posts/water-first", _NARROW, "dark"),
    "edit": ("/admin/posts/water-first", _WIDE, "light"),
}
"""What is shown, as large as it says, by day or by night."""


def take_screenshots(
    url: str,
    browser: Browser,
    pages: dict[str, tuple[str, tuple[int, int], Literal["dark", "light"]]],
) -> dict[str, bytes]:
    """The pages of a site that runs, as WebP."""
    found: dict[str, bytes] = {}
    for name, (path, (width, height), scheme) in pages.items():
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        page = context.new_page()
        if path.startswith("/admin/"):
            log_in(page, url, _AUTHOR, _PASSWORD)
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        image, target = Image.open(BytesIO(page.screenshot())), BytesIO()
        image.save(target, "WEBP", quality=80, method=6)
        found[name] = target.getvalue()
        context.close()
    return found


def log_in(page: Page, url: str, name: str, password: str) -> None:
    """Fill in the form of the login, and send it."""
    page.goto(f"{url}/admin/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin")


def main(folder: Path) -> None:
    """Start the site, look at it, and write what was seen."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Screenshots need Chromium: Debian's package chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, sync_playwright() as playwright:
        passwords = f"{_AUTHOR}:{hash_password(_PASSWORD, cost=16)}"
        site = Settings(data=Path(data), passwords=passwords, watch=0)
        browser = playwright.chromium.launch(executable_path=program)
        with LiveServer(make_api(site)) as server:
            for name, content in take_screenshots(server.url, browser, PAGES).items():
                (folder / f"{name}.webp").write_bytes(content)
                print(f"{folder / name}.webp: {len(content):,} bytes")
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m examples.site.screenshots FOLDER")
    main(Path(sys.argv[1]))
