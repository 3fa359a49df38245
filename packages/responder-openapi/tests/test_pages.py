"""Pages: what they load, that what is written in them does nothing, and what a browser sees."""

import re
import shutil
import threading
from contextlib import ExitStack

import pytest

from responder_core import API
from responder_core.assets import read_packages
from responder_core.live_server import LiveServer
from responder_openapi import OpenAPI, pages
from responder_openapi.themes import DRAWINGS

HOSTILE = "</title><script>window.hostile = 1</script><img src=x onerror='window.hostile = 1'>"


def make_api(theme="swagger_ui", *, title="Tea", description=None, servers=None, **options):
    openapi = OpenAPI(
        title=title, description=description, servers=servers, docs_route="/docs", theme=theme
    )
    api = API(extensions=[openapi], **options)

    @api.get("/teas/{name}")
    async def show_tea(req, resp, *, name: str, cups: int = 1) -> dict:
        """Show a tea."""
        return {"name": name, "cups": cups}

    return api


@pytest.fixture(params=[True, False], ids=["brought", "from a CDN"])
def brought(request, monkeypatch, tmp_path):
    """Whether the files of the pages are here; the log of an earlier test is forgotten."""
    monkeypatch.setattr(pages, "_told", set())
    # The pins are the package's own; the files are those of a build with npm, or of one without.
    shutil.copy(pages.HERE / "packages.json", tmp_path)
    monkeypatch.setattr(pages, "HERE", tmp_path)
    if request.param:
        for name in ("swagger-ui-dist", "redoc"):
            package = read_packages(tmp_path)[name]
            package.directory.mkdir(parents=True)
            for file in package.files:
                (package.directory / file.rpartition("/")[2]).write_bytes(b"// " + file.encode())
    return request.param


class TestFiles:
    @pytest.mark.parametrize("theme", list(DRAWINGS))
    def test_every_file_of_a_page_is_there_or_pinned(self, client_factory, theme, brought):
        client = client_factory(make_api(theme))
        page = client.get("/docs")
        urls = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        local = [each for each in urls if each.startswith("/")]
        foreign = [each for each in urls if each.startswith("https:")]

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for url in local:
            answer = client.get(url)
            assert answer.status_code == 200
            if "/files/" in url:
                assert "immutable" in answer.headers["cache-control"]
                assert answer.headers["x-content-type-options"] == "nosniff"
        assert bool(foreign) is not (brought and is_taken(theme))
        pinned = re.findall(r'(?:src|href)="https:[^"]+" integrity="(sha384-[^"]+)"', page.text)
        assert len(pinned) == len(foreign)
        assert all(re.search(r"@\d+\.\d+\.\d+/", each) for each in foreign)

    @pytest.mark.parametrize("theme", list(DRAWINGS))
    def test_a_page_that_loads_from_elsewhere_says_so_once(self, theme, brought, caplog):
        make_api(theme)
        make_api(theme)

        expected = 0 if brought and is_taken(theme) else 1
        assert caplog.text.count("from https://cdn.jsdelivr.net") == expected
        if expected and is_taken(theme):
            assert "the files are not in this checkout" in caplog.text

    def test_a_file_that_there_is_not(self, client_factory):
        client = client_factory(make_api())

        assert client.get("/docs/files/x/nothing.js").status_code == 404
        assert client.get("/docs/files/x/..%2fpages.py").status_code == 404


class TestPolicy:
    def policy_of(self, client_factory, *args, **options):
        answer = client_factory(make_api(*args, **options)).get("/docs")
        directives = answer.headers["content-security-policy"].split("; ")
        return {each.partition(" ")[0]: each.partition(" ")[2] for each in directives}

    def test_no_script_but_files_of_the_page(self, client_factory, brought):
        policy = self.policy_of(client_factory)

        assert policy["default-src"] == "'none'"
        assert "unsafe-inline" not in policy["script-src"]
        assert "unsafe-eval" not in policy["script-src"]
        cdn = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.35.0/"
        assert policy["script-src"] == ("'self'" if brought else f"'self' {cdn}")
        assert policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"

    def test_operations_are_called_where_the_app_is_served(self, client_factory):
        servers = [
            "https://api.example.org/v1",
            "http://localhost:8000",
            "/v2",
            "https://{tenant}.example.org",
            "https://a;b/",
            "ftp://example.org",
        ]
        policy = self.policy_of(client_factory, servers=servers)

        assert policy["connect-src"] == "'self' https://api.example.org http://localhost:8000"

    def test_tokens_are_asked_for_where_they_are_given(self, client_factory):
        api = make_api()
        flow = {"tokenUrl": "https://login.example.org/token", "scopes": {}}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
        api.extensions[0].add_security_scheme("login", scheme)
        client = client_factory(api)
        page = client.get("/docs")

        assert (
            "connect-src 'self' https://login.example.org;"
            in (page.headers["content-security-policy"])
        )
        assert page.headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
        if is_brought("swagger_ui"):
            (url,) = re.findall(r'data-redirect="([^"]+)"', page.text)
            answer = client.get(url)
            assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"

    def test_security_headers_of_the_app_leave_it(self, client_factory):
        answer = client_factory(make_api(security_headers=True)).get("/docs")

        assert answer.headers.get_list("content-security-policy") == [
            client_factory(make_api()).get("/docs").headers["content-security-policy"]
        ]


class TestText:
    @pytest.mark.parametrize("theme", list(DRAWINGS))
    def test_a_title_is_only_text(self, client_factory, theme):
        answer = client_factory(make_api(theme, title=HOSTILE)).get("/docs")

        assert "<img" not in answer.text
        assert "<script>" not in answer.text
        assert answer.text.count("&lt;script&gt;") == 2

    def test_below_a_prefix(self, client_factory):
        client = client_factory(make_api(), root_path='/a "b')
        page = client.get("/docs").text

        assert 'data-url="/a%20%22b/schema.json"' in page
        assert 'src="/a%20%22b/docs/files/' in page


def package_of(theme):
    return read_packages(pages.HERE)[DRAWINGS[theme].package]


def is_brought(theme):
    return package_of(theme).is_brought


def is_taken(theme):
    return package_of(theme).is_taken


SHIPPED = [theme for theme in DRAWINGS if is_taken(theme)]


@pytest.mark.browser
class TestInABrowser:
    """In a headless Chromium, whose requests and console are watched."""

    @pytest.fixture(autouse=True)
    def files(self, request):
        callspec = getattr(request.node, "callspec", None)
        theme = callspec.params.get("theme") if callspec else "swagger_ui"
        if not is_brought(theme):
            pytest.skip("needs the files of the pages, which a build takes from npm")

    @pytest.fixture
    def open_page(self, visit):
        """Serve an app, and open its page; with it comes the URL of the app."""
        with ExitStack() as stack:

            def open_page(api, **options):
                server = stack.enter_context(LiveServer(api))
                return visit(f"{server.url}/docs", **options), server.url

            yield open_page

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("theme", SHIPPED)
    def test_operations_are_seen_without_a_foreign_request(self, open_page, theme, dark):
        seen, url = open_page(make_api(theme, security_headers=True), dark=dark)
        seen.wait_for_text("Show a tea")
        seen.page.wait_for_load_state("networkidle")
        background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert f"{url}/schema.json" in seen.requests
        assert [each for each in seen.requests if not each.startswith(url)] == []
        assert seen.complaints == []
        red = int(re.findall(r"\d+", background)[0])
        assert (red < 100) is dark

    def test_what_a_page_must_not_do_would_be_seen(self, open_page):
        seen, _ = open_page(make_api())
        seen.wait_for_text("Show a tea")
        with seen.page.expect_event("pageerror"):
            seen.page.evaluate("""() => {
                const script = document.createElement("script");
                script.textContent = "window.inline = 1";
                document.body.append(script);
                console.error("told by the page");
                fetch("http://fetched.invalid/").catch(() => null);
                setTimeout(() => { throw new Error("thrown in the page"); });
            }""")
        with seen.page.expect_request("http://visited.invalid/"):
            seen.page.evaluate("location = 'http://visited.invalid/'")

        assert "http://visited.invalid/" in seen.requests
        told = "\n".join(seen.complaints)
        for each in ("inline script", "told by the page", "fetched.invalid", "thrown in the page"):
            assert each in told

    @pytest.mark.parametrize("theme", SHIPPED)
    def test_what_is_written_in_a_document_does_nothing(self, open_page, theme):
        code = "\\`<b class=evil>x</b>\\` a ``` b\n\n<i class=evil>c</i>\n```\n\n    <u class=evil>"
        api = make_api(theme, title=HOSTILE, description=f"Hello {HOSTILE} `<b>` {code}")

        default = {"responses": {"default": {"description": "<b class=evil>d</b>"}}}

        @api.get("/x", summary=HOSTILE, description=HOSTILE, tags=[HOSTILE], openapi_extra=default)
        async def view(req, resp): ...

        seen, _ = open_page(api)
        seen.wait_for_text("Show a tea")
        seen.wait_for_text("window.hostile")

        assert seen.page.evaluate("typeof window.hostile") == "undefined"
        assert seen.page.locator("main img[onerror]").count() == 0
        assert seen.page.locator(".evil").count() == 0
        assert seen.complaints == []

    def test_an_operation_is_executed(self, open_page):
        seen, url = open_page(make_api())
        seen.page.locator(".opblock-summary-control").first.click()
        seen.page.get_by_role("button", name="Try it out").click()
        seen.page.locator("tr[data-param-name=name] input").fill("sencha")
        seen.page.get_by_role("button", name="Execute").click()
        shown = seen.page.locator(".live-responses-table .highlight-code").first.inner_text()

        assert '"name": "sencha"' in shown
        assert f"{url}/teas/sencha?cups=1" in seen.requests
        assert seen.complaints == []

    @pytest.mark.parametrize("theme", SHIPPED)
    def test_a_document_that_cannot_be_read_is_told(self, open_page, theme):
        api = make_api(theme)
        seen, _ = open_page(api)
        seen.wait_for_text("Show a tea")
        entered = threading.Event()

        def fail(audience=None):
            entered.set()
            raise RuntimeError

        api.extensions[0].make = fail
        seen.page.reload()
        text = seen.page.get_by_role("alert").inner_text()

        assert entered.is_set()
        assert text.startswith("The document /schema.json cannot be read: 500")
