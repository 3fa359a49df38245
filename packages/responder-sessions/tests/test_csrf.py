"""Requests that another site makes with the session of a visitor."""

from __future__ import annotations

import pytest

from responder_core import API
from responder_core import Request as CoreRequest
from responder_sessions import CSRF, SessionMixin


class Request(SessionMixin, CoreRequest):
    __slots__ = ()


@pytest.fixture(params=["cookie", "memory"])
def make(request, api_factory, client_factory):
    """Make a client of an app that is protected."""

    def factory(*, api=None, store=None, **options):
        where = {} if request.param == "cookie" else {"store": "memory"}
        made = api_factory(CSRF(**options), api=api, **where)

        @made.route("/token")
        async def token(req, resp):
            resp.media = [req.csrf_token, req.csrf_token, req.csrf_input]

        @made.route("/post", methods=["GET", "POST"])
        async def post(req, resp):
            resp.text = "done"

        @made.post("/form")
        async def form(req, resp):
            resp.media = dict(await req.media("form"))

        @made.post("/hook", csrf=False)
        async def hook(req, resp):
            resp.text = "done"

        @made.post("/strict", csrf=True)
        async def strict(req, resp):
            resp.text = "done"

        @made.route("/login")
        async def login(req, resp):
            req.session.login("ada")

        @made.get("/read")
        async def read(req, resp):
            resp.text = "read"

        return client_factory(made)

    return factory


@pytest.fixture
def client(make):
    return make(trusted_origins=["https://app.example.org"])


@pytest.mark.parametrize("fields", [{"sec-fetch-site": "cross-site"}, {"x-csrf-token": "wrong"}])
@pytest.mark.parametrize("store", [None, "memory"])
@pytest.mark.parametrize("saves", [False, True])
def test_a_hook_after_it_may_write_in_vain(api_factory, client_factory, fields, store, saves):
    """It is the 403 all the same, and another site has changed nothing."""
    api = api_factory(CSRF(), **({"store": store} if store else {}))

    @api.after_request
    async def count(req, resp):
        req.session.increment("answers")
        if saves and store:
            await req.session.save()

    @api.route("/", methods=["GET", "POST"])
    async def show(req, resp):
        resp.media = req.session.get("answers", 0)

    client = client_factory(api)
    client.get("/")
    refused = client.post("/", headers=fields)

    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "The request may have been forged by another site.",
    )
    assert "set-cookie" not in refused.headers
    assert client.get("/").json() == 1


OWN, FOREIGN = "https://testserver", "https://evil.example"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "nonsense"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": OWN}, 403),
        ({"sec-fetch-site": "same-origin", "origin": OWN}, 200),
        ({"sec-fetch-site": "cross-site", "origin": "https://app.example.org"}, 200),
        ({"sec-fetch-site": "cross-site", "origin": FOREIGN}, 403),
        ({"origin": OWN}, 200),
        ({"origin": "https://TESTSERVER:443"}, 200),
        ({"origin": "http://testserver"}, 403),
        ({"origin": "https://testserver:8443"}, 403),
        ({"origin": FOREIGN}, 403),
        ({"origin": "https://testserver.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "https://app.example.org"}, 200),
        ({"x-csrf-token": ""}, 403),
        ({"x-csrf-token": "A" * 86}, 403),
        ({"x-csrf-token": "\xfc"}, 403),
        ({"x-csrf-token": "!!!"}, 403),
    ],
)
def test_where_a_request_comes_from_decides(client, fields, status):
    client.get("/token")
    head = [(name, value.encode("latin-1")) for name, value in fields.items()]

    assert client.post("/post", headers=head).status_code == status


@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver"])
def test_behind_a_proxy_that_does_not_say_so_a_page_may_have_come_by_https(make, origin):
    client = make()
    client.base_url = "http://testserver"

    assert client.post("/post", headers={"origin": origin}).status_code == 200


def test_several_origins_are_none(client):
    head = [("origin", OWN), ("origin", FOREIGN)]

    assert client.post("/post", headers=head).status_code == 403
    head = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]
    assert client.post("/post", headers=head).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_method_that_changes_nothing_is_never_refused(client, method):
    head = {"sec-fetch-site": "cross-site", "origin": FOREIGN}

    assert client.request(method, "/post", headers=head).status_code == 200


def test_the_refusal_is_a_problem(client):
    answer = client.post("/post")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The request may have been forged by another site."


class TestToken:
    def test_it_is_another_text_each_time_and_each_is_good(self, client):
        first, second, _ = client.get("/token").json()
        third, _, _ = client.get("/token").json()

        assert len({first, second, third}) == 3
        for token in (first, second, third):
            assert client.post("/post", headers={"x-csrf-token": token}).status_code == 200

    def test_a_form_may_have_it(self, client):
        token, _, field = client.get("/token").json()

        assert field == f'<input type="hidden" name="csrf_token" value="{field[46:-2]}">'
        answer = client.post("/form", data={"csrf_token": token, "tea": "green"})
        assert answer.json() == {"csrf_token": token, "tea": "green"}

    def test_a_form_with_files_may_have_it(self, client):
        token, _, _ = client.get("/token").json()

        answer = client.post(
            "/post", data={"csrf_token": token}, files={"file": ("a.txt", b"content")}
        )

        assert answer.status_code == 200

    def test_a_form_without_it_is_refused(self, client):
        client.get("/token")

        assert client.post("/form", data={"tea": "green"}).status_code == 403
        assert client.post("/form", data={"csrf_token": "x"}).status_code == 403

    def test_one_of_another_client_is_refused(self, client, make):
        client.get("/token")
        token, _, _ = make().get("/token").json()

        assert client.post("/post", headers={"x-csrf-token": token}).status_code == 403

    def test_without_a_session_there_is_none(self, client):
        token, _, _ = client.get("/token").json()
        client.cookies.clear()

        assert client.post("/post", headers={"x-csrf-token": token}).status_code == 403

    def test_it_changes_when_someone_logs_in(self, client):
        before, _, _ = client.get("/token").json()
        client.get("/login")
        after, _, _ = client.get("/token").json()

        assert client.post("/post", headers={"x-csrf-token": before}).status_code == 403
        assert client.post("/post", headers={"x-csrf-token": after}).status_code == 200

    def test_an_answer_that_has_it_is_private_and_not_compressed(self, client):
        client.get("/token")
        answer = client.get("/token", headers={"accept-encoding": "gzip"})

        assert "Cookie" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "private"
        assert "content-encoding" not in answer.headers

    def test_a_template_takes_the_field_as_it_is(self):
        jinja2 = pytest.importorskip("jinja2")
        from responder_sessions.csrf import HiddenInput

        template = jinja2.Environment(autoescape=True).from_string("{{ field }}")

        assert template.render(field=HiddenInput("<input>")) == "<input>"

    def test_names_can_be_chosen(self, make):
        client = make(header="X-Guard", field="guard")
        token, _, field = client.get("/token").json()

        assert 'name="guard"' in field
        assert client.post("/post", headers={"x-guard": token}).status_code == 200
        assert client.post("/form", data={"guard": token}).status_code == 200
        assert client.post("/post", headers={"x-csrf-token": token}).status_code == 403


class TestRoutes:
    def test_one_can_be_left_to_other_means(self, client):
        assert client.post("/hook").status_code == 200

    def test_one_alone_can_be_protected(self, make):
        client = make(enabled=False)

        assert client.post("/post").status_code == 200
        assert client.post("/strict").status_code == 403

    @pytest.mark.parametrize(("enabled", "protected"), [(True, False), (False, True)])
    def test_those_of_a_router_are_as_it_says_and_one_as_itself_says(
        self, api_factory, client_factory, enabled, protected
    ):
        api = api_factory(CSRF(enabled=enabled))
        hooks = api.group("/hooks", csrf=protected)
        for path, options in (("/one", {}), ("/two", {"csrf": not protected})):
            hooks.add_route(path, lambda req, resp: None, methods=["POST"], **options)
        client = client_factory(api)

        statuses = [client.post(f"/hooks/{path}").status_code for path in ("one", "two")]

        assert statuses == ([403, 200] if protected else [200, 403])

    def test_it_means_nothing_to_a_socket(self, api_factory):
        async def socket(ws):
            await ws.accept()

        api = api_factory(CSRF())
        api.group("/hooks", csrf=False).websocket_route("/ws")(socket)

        with pytest.raises(TypeError, match="csrf means nothing to a WebSocket"):
            api.websocket_route("/ws", csrf=False)(socket)

    def test_what_no_route_answers_is_answered_so(self, client):
        assert client.post("/nowhere").status_code == 404
        assert client.delete("/post").status_code == 405

    def test_one_that_only_reads_has_nothing_to_protect(self, client):
        assert client.get("/read", headers={"origin": FOREIGN}).status_code == 200


def test_without_sessions_what_the_browser_says_decides_alone(client_factory):
    api = API(extensions=[CSRF()], request_class=Request)

    @api.post("/post")
    async def post(req, resp):
        resp.text = "done"

    client = client_factory(api)

    assert client.post("/post", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.post("/post", headers={"x-csrf-token": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("trusted", "origin"),
    [
        ("https://APP.example.org:443", "https://app.example.org"),
        ("http://app.example.org:80", "http://app.example.org"),
        ("http://app.example.org:443", "http://app.example.org:443"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_origin_is_trusted_as_browsers_send_it(make, trusted, origin):
    client = make(trusted_origins=[trusted])

    fields = {"sec-fetch-site": "cross-site", "origin": origin}
    assert client.post("/post", headers=fields).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "app.example.org",
        "https://",
        "ftp://a",
        "https://a/b",
        "*",
        "https://*.example.org",
        "https://me@a",
        "https://a:port",
        "null",
    ],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ValueError, match="an origin is as"):
        CSRF(trusted_origins=[origin])


def test_a_header_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="no header name"):
        CSRF(header="a b")


class TestMounts:
    @pytest.fixture
    def post(self, api_factory, client_factory):
        """Post to an app that is mounted."""

        async def below(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"below"})

        def run(headers, *, method="POST", **options):
            api = api_factory(CSRF(**options))
            api.mount("/old", below)
            return client_factory(api).request(method, "/old/x", headers=headers).status_code

        return run

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Origin": "https://testserver"}, 200),
            ({}, 200),  # It may have tokens of its own, and cannot ask for ours.
        ],
    )
    def test_the_word_of_the_browser_decides(self, post, headers, status):
        assert post(headers) == status

    def test_safe_methods_are_let_through(self, post):
        assert post({"Sec-Fetch-Site": "cross-site"}, method="GET") == 200

    @pytest.mark.parametrize("options", [{"mounts": False}, {"enabled": False}])
    def test_they_may_be_left_to_themselves(self, post, options):
        assert post({"Sec-Fetch-Site": "cross-site"}, **options) == 200
