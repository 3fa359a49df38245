"""The site in this process, over HTTP by the test client; each test has content of its own."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from examples.site.app import make_api
from examples.site.passwords import hash_password
from examples.site.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AUTHOR, PASSWORD = "ada", "a teapot of one's own"


@pytest.fixture(scope="session")
def passwords() -> str:
    """The line of an author; its hash is a cheap one."""
    return f"{AUTHOR}:{hash_password(PASSWORD, cost=16)}"


@pytest.fixture
def settings(tmp_path: Path, passwords: str) -> Settings:
    """Settings with a copy of the content; what changes on disk is read when it is told so."""
    content = tmp_path / "content"
    shutil.copytree(Settings.content, content)
    return Settings(content=content, data=tmp_path / "data", passwords=passwords, watch=0)


@pytest.fixture
def visitor(settings: Settings) -> Iterator[Callable[..., Any]]:
    """Start a site, and give a client: ``visitor(search_limit="2/minute")``.

    Keywords are settings; ``address=`` is where the client is, ``api=`` the site of another one.
    """
    with ExitStack() as stack:

        def visit(*, address: str = "127.0.0.1", api: Any = None, **changes: Any) -> Any:
            found = make_api(replace(settings, **changes)) if api is None else api
            client = found.test_client(
                base_url="http://127.0.0.1",
                client=(address, 50_000),
                follow_redirects=False,
                raise_server_exceptions=False,
            )
            return stack.enter_context(client) if api is None else client

        yield visit


def token_of(page: Any) -> str:
    """The CSRF token of the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def fields_of(page: Any) -> dict[str, str]:
    """What the form of a post holds, as a browser would send it."""
    text = page.text.partition('<form class="sheet broad"')[2].partition("</form>")[0]
    found = {}
    for element in re.findall(r"<input [^>]*>", text):
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', element))
        if "name" in attributes and (attributes.get("type") != "checkbox" or " checked" in element):
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, content in re.findall(
        r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', text, re.DOTALL
    ):
        found[name] = unescape(content)
    chosen = re.search(r'<option value="([^"]+)" selected>', text)
    found["picture"] = chosen[1] if chosen else ""
    return found


def log_in(client: Any, name: str = AUTHOR, password: str = PASSWORD, **more: str) -> Any:
    """Fill in the form of the login, and send it."""
    page = client.get("/admin/login")
    form = {"csrf_token": token_of(page), "name": name, "password": password, **more}
    return client.post("/admin/login", data=form)


@pytest.fixture
def author(visitor: Callable[..., Any]) -> Any:
    """A client that has logged in."""
    client = visitor()
    assert log_in(client).status_code == 303
    return client
