"""examples/site by its one command, and behind more workers than one."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.examples.site.conftest import AUTHOR, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable


def send_form(service, path, fields, cookie):
    """Send a form as a browser does; the answer's status and the cookie from then on."""
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: {cookie}\r\n\r\n"
    )
    answer = service.exchange(head.encode() + body).decode()
    found = re.search(r"(?im)^set-cookie: (.*)$", answer)
    return int(answer.split()[1]), read_cookie(found[1]) if found else cookie


def read_cookie(field):
    (morsel,) = SimpleCookie(field).values()
    return f"{morsel.key}={morsel.value}"


def token_of(text):
    return re.search(r'name="csrf_token" value="([^"]+)"', text)[1]


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "examples.site"],
        ["-m", "responder", "run", "examples.site.asgi:api", "--workers", "2", "--port", "{port}"],
    ],
    ids=["alone", "two workers"],
)
def test_one_command_starts_it_and_an_author_can_write(
    start: Callable, settings, passwords, command
):
    environment = {
        "SITE_CONTENT": str(settings.content),
        "SITE_DATA": str(settings.data),
        "SITE_PASSWORDS": passwords,
        "SITE_URL": "",
    }
    with start(*command, **environment) as service:
        page = service.get("/admin/login")
        cookie = read_cookie(page.headers["Set-Cookie"])
        fields = {"csrf_token": token_of(page.text), "name": AUTHOR, "password": PASSWORD}
        status, cookie = send_form(service, "/admin/login", fields, cookie)
        assert status == 303
        form = {
            "csrf_token": token_of(service.get("/admin/new", cookie=cookie).text),
            "title": "Two of us",
            "date": "2026-12-01",
            "tags": "",
            "summary": "S.",
            "body": "Words.",
        }
        status, _ = send_form(service, "/admin/new", form, cookie)

        assert status == 303
        assert (settings.content / "posts" / "two-of-us.md").is_file()
        if "--workers" not in command:
            assert service.get("/posts/two-of-us").status == 200


def test_all_of_the_readme_is_there(root):
    """Every path of its table is a route, and every route is in it."""
    from examples.site.app import make_api
    from examples.site.settings import Settings

    text = (root / "examples" / "site" / "README.md").read_text(encoding="utf-8")
    told = set(
        re.findall(r"`(/[^`?]*)", text.partition("## What it answers")[2].partition("## ")[0])
    )
    routes = {re.sub(r":\w+", "", route.path) for route in make_api(Settings()).routes}

    assert told - routes == set()
    assert {path for path in routes - told if "/files/" not in path} == set()
    assert len(routes) >= 30


def test_every_module_and_variable_stands_in_the_readme(root):
    folder = root / "examples" / "site"
    text = (folder / "README.md").read_text(encoding="utf-8")
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    variables = set(re.findall(r'"(SITE_\w+)"', (folder / "settings.py").read_text()))

    assert {name for name in modules if f"`{name}`" not in text} == set()
    assert {name for name in variables if f"`{name}`" not in text} == set()
    pictures = set(re.findall(r"\]\((screenshots/[^)]+)\)", text))
    assert pictures == {f"screenshots/{path.name}" for path in (folder / "screenshots").iterdir()}
