"""What the tests share: apps that are documented, what their documents say, and a browser."""

from __future__ import annotations

import os
import shutil

import pytest
from starlette.testclient import TestClient

from responder_core import API
from responder_openapi import OpenAPI


@pytest.fixture
def client_factory():
    """Make a client that sees what a user sees: a failure is a 500, a redirect is not followed."""

    def make(api: API, **options) -> TestClient:
        settings = {"raise_server_exceptions": False, "follow_redirects": False, **options}
        return api.test_client(**settings)

    return make


@pytest.fixture
def document_of():
    """Make the document of an app; checked by openapi-spec-validator where that is installed."""

    def make(api: API, audience: str | None = None) -> dict:
        openapi = next(each for each in api.extensions if isinstance(each, OpenAPI))
        document = openapi.document(audience)
        try:
            from openapi_spec_validator import validate
        except ImportError:
            return document
        validate(document)
        return document

    return make


@pytest.fixture
def operation_of(document_of):
    """Make the operation of one view: ``operation_of(view, "/x", methods=["GET"])``."""

    def make(view, path="/", *, api_options=None, openapi_options=None, **options):
        settings = {"openapi_route": None, **(openapi_options or {})}
        api = API(extensions=[OpenAPI(**settings)], **(api_options or {}))
        api.add_route(path, view, **{"methods": ["GET"], **options})
        document = document_of(api)
        (item,) = document["paths"].values()
        (operation,) = item.values()
        return operation

    return make


# Beside those that Playwright sets, which turn off what a browser asks for by itself.
_FLAGS = ["--disable-gpu", "--disable-quic"]


def require_chromium():
    """The program; the test is skipped without it, or fails where REQUIRE_CHROMIUM is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("there is no Chromium, and REQUIRE_CHROMIUM is set")
        pytest.skip("needs Chromium: Debian's package chromium")
    return found


class Visit:
    """A page, and what was seen of it since it was opened.

    Attributes:
        page: it, as Playwright has it.
        requests: the URLs that were asked for, but data and blob URLs.
        complaints: errors in the console, exceptions, and what the browser refused.
    """

    def __init__(self, page):
        self.page, self.requests, self.complaints = page, [], []
        page.on("request", self._keep_request)
        page.on("console", self._keep_message)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def wait_for_text(self, text):
        """Wait until a text can be seen."""
        self.page.get_by_text(text).filter(visible=True).first.wait_for()

    def _keep_request(self, request):
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)

    def _keep_message(self, message):
        if message.type in {"error", "assert"}:
            self.complaints.append(message.text)


@pytest.fixture
def visit():
    """Open a URL in a headless Chromium that has an empty profile.

    Playwright keeps an event loop running in this thread as long as its browser is there. So each
    test has its own, and those without one run their loops.
    """
    from playwright.sync_api import sync_playwright

    program = require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)

        def visit(url, *, dark=False):
            visit = Visit(browser.new_page(color_scheme="dark" if dark else "light"))
            visit.page.goto(url)
            return visit

        yield visit
        browser.close()
