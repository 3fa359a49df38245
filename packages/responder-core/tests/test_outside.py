"""What the settings of an app put around it: hosts, HTTPS, header fields, CORS, proxies."""

import re

import pytest

from responder_core import API, abort


def make_app(**options):
    api = API(**options)

    @api.get("/")
    def view(req, resp):
        resp.media = [req.client.host if req.client else None, req.scope["scheme"]]

    @api.get("/fails")
    def fails(req, resp):
        raise KeyError

    @api.get("/refused")
    def refused(req, resp):
        abort(403)

    return api


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "served"),
        [
            ("example.org", True),
            ("EXAMPLE.org:8080", True),
            ("a.example.com", True),
            ("a.b.example.com:80", True),
            ("example.com", False),
            ("evilexample.com", False),
            ("evil.org", False),
            ("example.org.evil.org", False),
            ("[::1]", True),
            ("[::1]:80", True),
            ("[::2]", False),
        ],
    )
    def test_others_are_refused(self, client_factory, host, served):
        api = make_app(allowed_hosts=["example.org", "*.example.com", "[::1]"])
        client = client_factory(api)

        for _ in range(2):
            answer = client.get("/", headers={"Host": host})
            assert answer.status_code == (200 if served else 400)
        if not served:
            assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("hosts", [None, [], ["*"]])
    def test_every_name_is_served_where_none_is_said(self, client_factory, hosts):
        assert client_factory(make_app(allowed_hosts=hosts)).get("/").status_code == 200

    def test_sockets_are_refused_too(self, talk, http_scope):
        api = API(allowed_hosts=["other.example"])

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()

        scope = {**http_scope(), "type": "websocket"}
        sent = talk(api, scope, {"type": "websocket.connect"})
        assert [message["type"] for message in sent] == ["websocket.close"]

    @pytest.mark.parametrize("option", ["allowed_hosts", "allowed_origins", "trusted_proxies"])
    def test_a_text_is_no_list(self, option):
        with pytest.raises(ValueError, match=rf"{option}= is a list; write \['x'\]"):
            API(**{option: "x"})


class TestCors:
    @pytest.mark.parametrize("path", ["/", "/fails", "/refused", "/nowhere"])
    def test_errors_may_be_read_too(self, client_factory, path):
        api = make_app(cors=True, cors_params={"allow_origins": ["https://app.example"]})

        answer = client_factory(api).get(path, headers={"Origin": "https://app.example"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        answer = client_factory(api).get(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers

    def test_preflights_are_answered(self, client_factory):
        api = make_app(cors_params={"allow_origins": ["*"], "allow_methods": ["POST"]})
        headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}

        answer = client_factory(api).options("/", headers=headers)

        assert answer.status_code == 200
        assert answer.headers["access-control-max-age"] == "600"

    def test_an_unknown_option_is_refused_at_start_up(self):
        api = make_app(cors_params={"allow_origin": ["*"]})

        with pytest.raises(TypeError, match="no option 'allow_origin'; did you mean"):
            api.test_client().get("/")

    def test_an_app_that_asks_for_nothing_sends_nothing(self, client_factory):
        answer = client_factory(make_app()).get("/", headers={"Origin": "https://app.example"})

        assert {"access-control-allow-origin", "x-frame-options"}.isdisjoint(answer.headers)


class TestHttps:
    def test_who_comes_without_is_sent_to_it(self, client_factory):
        client = client_factory(make_app(enable_hsts=True), base_url="http://example.org")

        answer = client.get("/é?q=ü")

        assert answer.status_code == 307
        assert answer.headers["location"] == "https://example.org/%C3%A9?q=%C3%BC"
        assert "strict-transport-security" not in answer.headers

    @pytest.mark.parametrize(
        ("host", "location"),
        [
            (b"example.org:80", b"https://example.org/"),
            (b"example.org:8080", b"https://example.org:8080/"),
        ],
    )
    def test_the_port_of_http_is_not_kept(self, talk, http_scope, host, location):
        scope = http_scope(headers=[(b"host", host)])
        [start, _] = talk(make_app(enable_hsts=True), scope)

        assert dict(start["headers"])[b"location"] == location

    @pytest.mark.parametrize("host", [b"evil/..", b"a@b"])
    def test_a_host_that_cannot_be_believed_is_sent_nowhere(self, talk, http_scope, host):
        start, *_ = talk(make_app(enable_hsts=True), http_scope(headers=[(b"host", host)]))

        assert start["status"] == 400

    def test_a_host_that_is_not_served_is_sent_nowhere(self, talk, http_scope):
        api = make_app(enable_hsts=True, allowed_hosts=["other.example"])

        start, *_ = talk(api, http_scope())

        assert start["status"] == 400

    def test_over_https_it_is_asked_for_in_future(self, client_factory):
        client = client_factory(make_app(enable_hsts=True), base_url="https://example.org")

        for path in ("/", "/nowhere", "/fails"):
            found = client.get(path).headers["strict-transport-security"]
            assert found == "max-age=31536000; includeSubDomains"

    def test_sockets_without_it_are_closed(self, talk, http_scope):
        api = API(enable_hsts=True)

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()

        def opened(scheme):
            scope = {**http_scope(), "type": "websocket", "scheme": scheme}
            sent = talk(api, scope, {"type": "websocket.connect"}, {"type": "websocket.disconnect"})
            return sent[0]["type"]

        assert opened("ws") == "websocket.close"
        assert opened("wss") == "websocket.accept"


class TestSecurityHeaders:
    def test_every_answer_has_them(self, client_factory):
        client = client_factory(make_app(security_headers=True))

        for path in ("/", "/nowhere", "/fails"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert "'unsafe-inline'" not in headers["content-security-policy"]

    def test_they_can_be_chosen_and_left_out(self, client_factory):
        chosen = {"x-frame-options": None, "Referrer-Policy": "no-referrer", "X-Own": "yes"}
        headers = client_factory(make_app(security_headers=chosen)).get("/").headers

        assert "x-frame-options" not in headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-own"] == "yes"
        assert headers["x-content-type-options"] == "nosniff"

    def test_what_a_view_sets_itself_stands(self, client_factory):
        api = make_app(security_headers=True)

        @api.get("/own")
        def own(req, resp):
            resp.headers["X-Frame-Options"] = "SAMEORIGIN"

        assert client_factory(api).get("/own").headers["x-frame-options"] == "SAMEORIGIN"

    def test_each_answer_has_a_nonce_of_its_own(self, client_factory):
        api = make_app(security_headers=True)

        @api.get("/nonce")
        def nonce(req, resp):
            resp.text = req.csp_nonce

        client = client_factory(api)
        seen = set()
        for _ in range(2):
            answer = client.get("/nonce")
            policy = answer.headers["content-security-policy"]
            assert re.findall("'nonce-([^']+)'", policy) == [answer.text]
            seen.add(answer.text)

        assert len(seen) == 2
        assert all(len(each) >= 22 for each in seen)

    def test_without_a_policy_there_is_no_nonce(self, client_factory):
        api = API()

        @api.get("/")
        def view(req, resp):
            resp.media = req.csp_nonce

        assert client_factory(api).get("/").json() is None


class TestProxies:
    @pytest.fixture
    def ask(self, talk, http_scope):
        def run(api, peer, *fields):
            client = None if peer is None else (peer, 5000)
            headers = [(b"host", b"example.org"), *fields]
            start, body = talk(api, http_scope(headers=headers, client=client))
            assert start["status"] == 200
            return body["body"].decode()

        return run

    @pytest.mark.parametrize(
        ("peer", "fields", "told"),
        [
            ("10.0.0.1", [(b"x-forwarded-for", b"6.6.6.6, 9.9.9.9")], '["9.9.9.9","http"]'),
            (
                "10.0.0.1",
                [(b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-proto", b"https")],
                '["9.9.9.9","https"]',
            ),
            ("10.0.0.1", [(b"forwarded", b"for=9.9.9.9;proto=https")], '["9.9.9.9","https"]'),
            ("192.0.2.7", [(b"x-forwarded-for", b"9.9.9.9")], '["192.0.2.7","http"]'),
            ("10.0.0.1", [(b"x_forwarded_for", b"9.9.9.9")], '["10.0.0.1","http"]'),
            ("10.0.0.1", [(b"x-real-ip", b"9.9.9.9")], '["10.0.0.1","http"]'),
            ("10.0.0.1", [(b"x-forwarded-for", b"\xff")], '["10.0.0.1","http"]'),
            ("10.0.0.1", [], '["10.0.0.1","http"]'),
            (None, [(b"x-forwarded-for", b"9.9.9.9")], '[null,"http"]'),
        ],
    )
    def test_they_are_believed_where_they_are_trusted(self, ask, peer, fields, told):
        assert ask(make_app(trusted_proxies=["10.0.0.0/8"]), peer, *fields) == told

    def test_a_unix_socket_has_no_peer(self, ask):
        api = make_app(trusted_proxies=["unix"])

        field = (b"x-forwarded-for", b"9.9.9.9")
        assert ask(api, None, field) == '["9.9.9.9","http"]'
        assert ask(api, "10.0.0.1", field) == '["10.0.0.1","http"]'
        assert ask(api, None, (b"forwarded", b"proto=https")) == '[null,"https"]'

    def test_rotating_what_is_not_trusted_changes_nothing(self, ask):
        api = make_app(trusted_proxies=["10.0.0.0/8"])

        told = {
            ask(api, "192.0.2.7", (name, b"9.9.9.%d" % number))
            for number in range(20)
            for name in (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x_forwarded_for")
        }

        assert told == {'["192.0.2.7","http"]'}

    def test_https_behind_a_proxy_is_https(self, client_factory):
        api = make_app(trusted_proxies=["10.0.0.0/8"], enable_hsts=True)
        client = client_factory(api, base_url="http://example.org", client=("10.0.0.1", 1))

        assert client.get("/").status_code == 307
        answer = client.get("/", headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code == 200
        assert "strict-transport-security" in answer.headers

    def test_sockets_are_told_too(self, client_factory):
        api = API(trusted_proxies=["10.0.0.0/8"])

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.send_json([ws.client.host, ws.scope["scheme"]])

        client = client_factory(api, client=("10.0.0.1", 1))
        headers = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https"}
        with client.websocket_connect("/", headers=headers) as ws:
            assert ws.receive_json() == ["9.9.9.9", "wss"]

    def test_what_is_no_network_is_refused_at_start_up(self):
        with pytest.raises(ValueError, match=r"'proxy\.local'"):
            make_app(trusted_proxies=["proxy.local"]).test_client().get("/")
