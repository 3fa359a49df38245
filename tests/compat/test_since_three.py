"""What programs for 3.12 meet: the rows of "From Responder 3" on the page on moving."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

import responder

KEY = "a key that signs well 0123456789"


def ask(view, method="GET", path="/", *, options=None, **request):
    api = responder.API(**(options or {}))
    api.add_route("/", view)
    client = api.test_client(follow_redirects=False)
    return client.request(method, path, **request)


def test_methods_are_in_upper_case():
    assert ask(lambda req, resp: req.method).text == "GET"


@pytest.mark.parametrize(
    ("options", "status"), [({}, 307), ({"permanent": True}, 308), ({"status_code": 301}, 301)]
)
def test_redirects_are_temporary_unless_told(options, status):
    answer = ask(lambda req, resp: resp.redirect("/new", **options))

    assert answer.status_code == status


def test_an_unknown_view_has_no_url():
    api = responder.API()
    api.add_route("/{name}", lambda req, resp, *, name: name, name="tea")

    assert api.url_for("tea", name="a b") == "/a%20b"
    with pytest.raises(responder.RouteNotFoundError):
        api.url_for("coffee")


def test_errors_are_problems_unless_told():
    json = {"accept": "application/json"}

    def missing(req, resp):
        responder.abort(410)

    assert ask(missing, headers=json).headers["content-type"] == "application/problem+json"
    plain = ask(missing, options={"problem_details": False}, headers=json)
    assert plain.json() == {"error": "Gone"}


def test_text_tells_its_charset():
    answer = ask(lambda req, resp: "té")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "encoding" not in answer.headers


def test_an_empty_parameter_is_an_empty_text():
    assert ask(lambda req, resp: {"q": req.params.get("q")}, path="/?q=").json() == {"q": ""}


@pytest.mark.parametrize(
    ("options", "text"), [({}, '{"a":"é"}'), ({"json_ensure_ascii": True}, '{"a":"\\u00e9"}')]
)
def test_json_is_utf_8_unless_told(options, text):
    assert ask(lambda req, resp: {"a": "é"}, options=options).text == text


def test_files_are_upload_files_and_fields_are_in_the_form():
    async def view(req, resp):
        files, form = await req.media("files"), await req.media("form")
        resp.media = {
            "files": {name: type(file).__name__ for name, file in files.items()},
            "title": form["title"],
        }

    answer = ask(view, "POST", files={"photo": ("p.jpg", b"x")}, data={"title": "tea"})

    assert answer.json() == {"files": {"photo": "UploadFile"}, "title": "tea"}


def test_a_request_model_is_validated():
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    model = pydantic.create_model("Tea", name=(str, ...))
    api = responder.API()

    @api.route("/", methods=["POST"], request_model=model)
    async def view(req, resp):
        resp.text = req.state.validated.name

    assert api.session().post("/", json={"name": "mint"}).text == "mint"
    assert api.session().post("/", json={}).status_code == 422


@pytest.mark.parametrize(
    ("options", "is_secure"),
    [({}, True), ({"debug": True}, False), ({"session_https_only": False}, False)],
)
def test_session_cookies_are_for_https_unless_told(options, is_secure):
    def view(req, resp):
        req.session["tea"] = "green"

    cookie = ask(view, options={"secret_key": KEY, **options}).headers["set-cookie"].lower()

    assert ("secure" in cookie) is is_secure


def test_no_folder_is_created(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    ask(lambda req, resp: "tea")

    assert list(tmp_path.iterdir()) == []


def test_a_page_brings_its_document():
    api = responder.API(docs_route="/docs")

    assert [api.requests.get(path).status_code for path in ("/docs", "/schema.yml")] == [200, 200]


def test_a_lifespan_and_events_both_run():
    seen = []

    @asynccontextmanager
    async def lifespan(app):
        seen.append("lifespan")
        yield
        seen.append("end")

    api = responder.API(lifespan=lifespan)
    api.on_event("startup")(lambda: seen.append("startup"))
    api.on_event("shutdown")(lambda: seen.append("shutdown"))
    with api.test_client():
        pass

    assert seen == ["lifespan", "startup", "shutdown", "end"]


def test_a_mount_ends_where_a_segment_ends():
    api = responder.API()
    api.mount("/sub", responder.API())

    problem = api.requests.get("/subscribe").json()
    assert problem["status"] == 404
    api.add_route("/subscribe", lambda req, resp: "mine")
    assert api.requests.get("/subscribe").text == "mine"


def test_a_204_has_no_body():
    def view(req, resp):
        resp.status_code = 204
        resp.text = "nothing"

    answer = ask(view)

    assert (answer.content, answer.headers.get("content-length")) == (b"", None)


def test_invalid_json_is_a_400():
    async def view(req, resp):
        resp.media = await req.media("json")

    assert ask(view, "POST", content=b"{").status_code == 400
