"""Static files: directories that are served as they are, and the page of a single-page app."""

from __future__ import annotations

import gzip
import os

import pytest

from responder_core import API
from responder_core.static import is_hashed

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path):
    """A static directory with something of every kind, and something beside it."""
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / ".well-known").mkdir()
    (folder / "index.html").write_text("<p>the app")
    (folder / "app.js").write_text("let tea;" * 200)
    (folder / "app.3f9a1c2b.js").write_text("let tea;")
    (folder / "css" / "site.css").write_text("p {}")
    (folder / ".env").write_text("secret")
    (folder / ".well-known" / "security.txt").write_text("Contact: mailto:a@example.org")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "static2").mkdir()
    (tmp_path / "static2" / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def client(client_factory, folder):
    return client_factory(API(static_dir=folder))


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/static/css/site.css", "text/css; charset=utf-8"),
        ("/static/app.js", "text/javascript; charset=utf-8"),
        ("/static/index.html", "text/html; charset=utf-8"),
        ("/static/.well-known/security.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files_are_served_with_their_type(client, path, media_type):
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/css",
        "/static/css/",
        "/static/missing.js",
        "/static/.env",
        "/static/css/../.env",
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/%2e%2e%2fsecret.txt",
        "/static/..%5csecret.txt",
        "/static/..%2fstatic2/secret.txt",
        "/static2/secret.txt",
        "/static/%00",
        "/static/app.js%00.css",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/out",
        "/static/" + "a" * 5000,
        "/static/css/site.css/",
        "/static/%ff",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_everything_else_is_404(ask, http_scope, folder, path, method, caplog):
    """Nothing from outside, and never a 500."""
    from urllib.parse import unquote

    api = API(static_dir=folder)

    answer = ask(api, http_scope(method, unquote(path)))

    assert answer.status == 404
    assert b"secret" not in answer.body
    assert "cache-control" not in answer.headers
    assert caplog.text == ""


def test_only_get_and_head_are_answered(client):
    answer = client.post("/static/app.js")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("app.3f9a1c2b.js", True),
        ("app-3f9a1c2b.css", True),
        ("app_0123456789abcdef0123456789abcdef.js", True),
        ("app.js", False),
        ("report-20260301.pdf", False),
        ("deadbeef.js", False),
        ("app-deadbeef.js", False),
        ("jquery-3.7.1.min.js", False),
        ("app.3F9A1C2B.js", False),
        ("app.3f9a1c2b", False),
        ("guide-Web3Talk.pdf", False),
        ("css/app.3f9a1c2b.css", True),
        ("v.3f9a1c2b.x/app.css", False),
    ],
)
def test_a_name_that_changes_with_the_content_is_known(name, hashed):
    assert is_hashed(name) is hashed


def test_such_a_name_is_kept_for_a_year(client):
    """RFC 8246."""
    answer = client.get("/static/app.3f9a1c2b.js")

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_another_name_is_asked_for_again(client):
    answer = client.get("/static/app.js")
    again = client.get("/static/app.js", headers={"If-None-Match": answer.headers["etag"]})

    assert answer.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


def test_a_program_tells_such_names_itself(client_factory, folder):
    api = API(static_dir=folder)
    api.static_app.is_immutable = lambda path: path.startswith("css/")

    answer = client_factory(api).get("/static/css/site.css")

    assert "immutable" in answer.headers["cache-control"]


class TestPacked:
    @pytest.fixture
    def packed(self, folder):
        path = folder / "app.js.gz"
        path.write_bytes(gzip.compress(b"packed"))
        return path

    def test_it_is_sent_to_who_takes_it(self, client, packed):
        answer = client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})

        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-length"] == str(packed.stat().st_size)
        assert answer.content == b"packed"

    def test_it_has_a_tag_of_its_own(self, client, packed):
        plain = client.get("/static/app.js", headers={"Accept-Encoding": "identity"})
        coded = client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})

        assert plain.headers["etag"] != coded.headers["etag"]
        assert plain.headers["vary"] == "Accept-Encoding"

    def test_the_best_one_is_chosen(self, client, packed, folder):
        (folder / "app.js.br").write_bytes(b"brotli")
        (folder / "app.js.zst").write_bytes(b"zstd")
        headers = {"Accept-Encoding": "gzip, br;q=0.9, zstd;q=0.5"}

        assert client.head("/static/app.js", headers=headers).headers["content-encoding"] == "gzip"
        headers = {"Accept-Encoding": "gzip, br, zstd"}
        assert client.head("/static/app.js", headers=headers).headers["content-encoding"] == "zstd"

    def test_one_that_is_older_is_left(self, client, packed):
        os.utime(packed, (0, 0))

        answer = client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})

        assert answer.text == "let tea;" * 200

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("headers", [{}, {"If-None-Match": '"x"'}], ids=["plain", "checked"])
    def test_a_link_of_that_name_is_left(self, client_factory, folder, method, headers):
        """It could lead out of the directory."""
        (folder / "app.js.br").symlink_to(folder.parent / "secret.txt")
        client = client_factory(API(static_dir=folder, gzip=False))
        headers = {"Accept-Encoding": "br", **headers}

        answer = client.request(method, "/static/app.js", headers=headers)

        assert answer.status_code == 200
        assert answer.headers["content-length"] == "1600"
        assert answer.text == ("let tea;" * 200 if method == "GET" else "")

    def test_one_that_cannot_be_read_is_left(self, client, packed, monkeypatch):
        real = os.open

        def refuse(path, *args, **kwargs):
            if str(path).endswith(".gz"):
                raise PermissionError(13, "no")
            return real(path, *args, **kwargs)

        monkeypatch.setattr(os, "open", refuse)

        answer = client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})

        assert (answer.status_code, answer.text) == (200, "let tea;" * 200)

    @pytest.mark.parametrize("name", ["app.js", "tea.png"])
    def test_the_file_itself_says_that_another_client_gets_another(
        self, client_factory, folder, name
    ):
        """RFC 9110 §12.5.5."""
        (folder / "tea.png").write_bytes(b"tea")
        (folder / f"{name}.br").write_bytes(b"packed")
        client = client_factory(API(static_dir=folder, gzip=False))

        answer = client.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})

        assert answer.headers["vary"] == "Accept-Encoding"

    def test_a_directory_of_that_name_is_left(self, client, folder):
        (folder / "app.js.gz").mkdir()

        answer = client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})

        assert answer.text == "let tea;" * 200

    def test_ranges_are_those_of_the_plain_file(self, client, packed):
        headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-2"}

        answer = client.get("/static/app.js", headers=headers)

        assert (answer.status_code, answer.content) == (206, b"let")

    def test_what_is_packed_can_be_asked_for_itself(self, client, packed):
        answer = client.get("/static/app.js.gz")

        assert answer.headers["content-type"] == "application/gzip"
        assert answer.content == packed.read_bytes()


class TestDirectory:
    def test_the_default_is_served_when_it_is_there(self, client_factory, folder, monkeypatch):
        monkeypatch.chdir(folder.parent)
        api = API()

        assert api.static_dir == folder
        assert client_factory(api).get("/static/css/site.css").text == "p {}"

    def test_the_default_is_not_created(self, client_factory, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        api = API()

        assert api.static_dir is None
        assert list(tmp_path.iterdir()) == []
        assert client_factory(api).get("/static/app.js").status_code == 404

    def test_a_missing_one_that_was_named_is_an_error(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"static_dir='.*gone' is no directory"):
            API(static_dir=str(tmp_path / "gone"))

    @pytest.mark.parametrize("route", ["/static", ""])
    def test_an_empty_name_does_not_serve_the_program(self, folder, monkeypatch, route):
        """As a setting is that nobody has set."""
        monkeypatch.chdir(folder)

        with pytest.raises(ValueError, match="None serves no files"):
            API(static_dir="", static_route=route)

    def test_a_link_to_a_release_is_followed_each_time(self, client_factory, tmp_path):
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "tea.txt").write_text(name)
        current = tmp_path / "current"
        current.symlink_to("one")
        client = client_factory(API(static_dir=current))
        before = client.get("/static/tea.txt").text

        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(current)

        assert (before, client.get("/static/tea.txt").text) == ("one", "two")

    def test_none_serves_none(self, folder, monkeypatch):
        monkeypatch.chdir(folder.parent)
        api = API(static_dir=None)

        assert api.static_dir is None
        assert api.routes == ()

    @pytest.mark.parametrize(
        ("route", "path"),
        [
            ("/assets", "/assets/app.js"),
            ("/a/b/", "/a/b/app.js"),
            ("", "/app.js"),
            (None, "/app.js"),
        ],
    )
    def test_the_path_can_be_chosen(self, client_factory, folder, route, path):
        api = API(static_dir=folder, static_route=route)

        assert client_factory(api).get(path).status_code == 200

    def test_routes_come_before_files(self, client_factory, folder):
        api = API(static_dir=folder, static_route="")
        api.add_route("/app.js", lambda req, resp: setattr(resp, "text", "view"))

        assert client_factory(api).get("/app.js").text == "view"

    def test_a_route_of_the_same_template_takes_its_place(self, client_factory, folder):
        api = API(static_dir=folder)

        @api.get("/static/{path:path}")
        def own(req, resp, *, path):
            resp.text = path

        assert client_factory(api).get("/static/app.js").text == "app.js"

    def test_more_directories_are_looked_through_in_order(self, client_factory, folder, tmp_path):
        more = tmp_path / "more"
        more.mkdir()
        (more / "app.js").write_text("never")
        (more / "extra.js").write_text("extra")
        api = API(static_dir=folder)
        api.add_static_directory(more)
        client = client_factory(api)

        assert client.get("/static/extra.js").text == "extra"
        assert client.get("/static/app.js").text != "never"
        assert client.get("/static/gone.js").status_code == 404

    def test_a_directory_hides_no_file_of_the_next(self, client_factory, folder, tmp_path):
        more = tmp_path / "more"
        more.mkdir()
        (more / "css").write_text("a file")
        api = API(static_dir=folder)
        api.add_static_directory(more)

        assert client_factory(api).get("/static/css").text == "a file"

    def test_a_directory_can_be_added_where_there_is_none(self, client_factory, folder):
        api = API(static_dir=None)
        api.add_static_directory(folder)

        assert client_factory(api).get("/static/app.js").status_code == 200

    def test_a_directory_can_be_added_to_the_view_itself(self, client_factory, folder):
        """The name that older programs have for it."""
        api = API(static_dir=None)
        api.static_app.add_directory(folder)

        assert client_factory(api).get("/static/app.js").status_code == 200

    def test_a_route_that_was_there_before_stays(self, client_factory, folder):
        api = API(static_dir=None)
        api.add_route("/static/{path:path}", lambda req, resp, *, path: path)
        api.add_static_directory(folder)

        assert client_factory(api).get("/static/app.js").text == "app.js"

    def test_a_missing_directory_cannot_be_added(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no directory"):
            API(static_dir=None).add_static_directory(tmp_path / "gone")

    def test_files_have_urls(self, folder):
        assert API(static_dir=folder).url_for("static", path="css/a b.css") == (
            "/static/css/a%20b.css"
        )


class TestPage:
    @pytest.fixture
    def app(self, client_factory, folder):
        api = API(static_dir=folder)
        api.add_route("/", static=True)
        api.add_route("/api/teas", lambda req, resp: setattr(resp, "text", "teas"))
        return client_factory(api)

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            pytest.param("/", {}, id="its-own-path-for-anyone"),
            pytest.param("/teas/7", HTML, id="below-to-a-browser"),
            pytest.param("/teas/7", {"Sec-Fetch-Mode": "navigate"}, id="fetch-metadata"),
            pytest.param("/api/unknown", HTML, id="a-navigation-anywhere"),
        ],
    )
    def test_it_answers_navigations(self, app, path, headers):
        answer = app.get(path, headers=headers)

        assert answer.status_code == 200
        assert answer.text == "<p>the app"
        assert answer.headers["cache-control"] == "no-cache"
        assert app.head(path, headers=headers).status_code == 200

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            pytest.param("/teas/7", {"Accept": "*/*"}, id="a-program"),
            pytest.param("/teas/7", {"Accept": "application/json"}, id="an-api-client"),
            pytest.param("/teas/7", {"Accept": "text/html;q=0, */*"}, id="refuses-html"),
            pytest.param("/teas/7", {**HTML, "Sec-Fetch-Mode": "cors"}, id="a-script"),
            pytest.param("/missing.js", HTML, id="a-missing-asset"),
            pytest.param("/static/gone.css", HTML, id="a-missing-static-file"),
        ],
    )
    def test_everything_else_stays_missing(self, app, path, headers):
        answer = app.get(path, headers=headers)

        assert answer.status_code == 404
        assert "the app" not in answer.text

    def test_other_methods_stay_missing(self, app):
        assert app.post("/teas/7", headers=HTML).status_code == 404

    def test_a_method_that_is_not_allowed_stays_so(self, app):
        assert app.request("TRACE", "/api/teas", headers=HTML).status_code == 405

    def test_both_answers_say_what_chose_them(self, app):
        for accept in ("text/html", "*/*"):
            vary = app.get("/teas/7", headers={"Accept": accept}).headers["vary"]

            assert {"Accept", "Sec-Fetch-Mode"} <= set(vary.split(", "))

    def test_a_page_below_a_prefix_stays_there(self, client_factory, folder):
        api = API(static_dir=folder)
        api.add_route("/app", static=True)
        client = client_factory(api)

        assert client.get("/app/teas", headers=HTML).text == "<p>the app"
        assert client.get("/apple", headers=HTML).status_code == 404
        assert client.get("/", headers=HTML).status_code == 404

    @pytest.mark.parametrize("path", ["/", "/shop", "/shop/"])
    def test_it_can_share_its_paths_with_the_files(self, client_factory, folder, path):
        """As bundlers lay them out: files first, the page for every other navigation."""
        base = path.rstrip("/")
        (folder / "LICENSE").write_text("free")
        api = API(static_dir=folder, static_route=base)
        api.add_route(path, static=True)
        client = client_factory(api)

        def ask(name, headers=HTML):
            answer = client.get(f"{base}/{name}", headers=headers)
            return answer.status_code, answer.text if answer.is_success else None

        assert client.get(path).text == "<p>the app"
        assert ask("teas/7") == (200, "<p>the app")
        assert ask("css") == (200, "<p>the app")
        assert ask("LICENSE") == (200, "free")
        assert ask("css/site.css") == (200, "p {}")
        assert ask("css/gone.css") == (404, None)
        assert ask(".env") == (404, None)
        assert ask(".well-known/change-password") == (404, None)
        assert ask("teas/7", {"Accept": "*/*"}) == (404, None)
        assert ask("teas/7", {**HTML, "Sec-Fetch-Mode": "cors"}) == (404, None)
        assert client.post(f"{base}/teas/7", headers=HTML).status_code == 405

    @pytest.mark.parametrize("hashed", [True, False])
    def test_among_files_it_is_asked_for_again_and_says_what_chose_it(
        self, client_factory, folder, hashed
    ):
        api = API(static_dir=folder, static_route="")
        api.static_app.is_immutable = lambda path: hashed
        api.add_route("/", static=True)

        answer = client_factory(api).get("/teas/7", headers=HTML)

        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert {"Accept", "Sec-Fetch-Mode"} <= set(answer.headers["vary"].split(", "))

    def test_below_a_place_of_their_own_files_stay_missing(self, app):
        assert app.get("/static/gone", headers=HTML).status_code == 404

    def test_among_files_a_page_that_is_not_there_is_missing(self, client_factory, folder):
        (folder / "index.html").unlink()
        api = API(static_dir=folder, static_route="")
        api.add_route("/", static=True)

        assert client_factory(api).get("/teas/7", headers=HTML).status_code == 404

    def test_it_is_served_at_every_path_that_was_named(self, client_factory, folder):
        api = API(static_dir=folder)
        api.add_route("/shop", static=True)
        api.add_route("/desk", static=True)
        client = client_factory(api)

        for path in ("/shop", "/shop/teas", "/desk", "/desk/teas"):
            assert client.get(path, headers=HTML).text == "<p>the app"
        assert client.get("/teas", headers=HTML).status_code == 404

    def test_it_needs_a_directory(self):
        with pytest.raises(ValueError, match=r"pass static_dir= to API\(\)"):
            API(static_dir=None).add_route("/", static=True)

    def test_a_route_needs_a_view_or_the_page(self):
        with pytest.raises(TypeError, match="needs a view, or static=True"):
            API().add_route("/")

    def test_the_word_says_nothing_beside_a_view(self, client_factory):
        api = API()
        api.add_route("/", lambda req, resp: setattr(resp, "text", "view"), static=False)

        assert client_factory(api).get("/").text == "view"
