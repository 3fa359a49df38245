"""The login of examples/site: who comes in, who does not, and how often they may try."""

from __future__ import annotations

import pytest

from tests.examples.site.conftest import AUTHOR, PASSWORD, log_in, token_of

INSIDE = ["/admin", "/admin/new", "/admin/posts/water-first", "/admin/posts/water-first/look"]


def test_the_right_password_lets_in(visitor):
    client = visitor()
    answer = log_in(client)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin")
    assert f"logged in as {AUTHOR}" in client.get("/admin").text


def test_a_name_may_be_written_in_capitals(visitor):
    assert log_in(visitor(), name=" ADA ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [(AUTHOR, "a teapot of his own"), (AUTHOR, ""), ("eve", PASSWORD), ("", "")],
    ids=["another password", "none", "another name", "neither"],
)
def test_anything_else_does_not(visitor, name, password):
    client = visitor()
    answer = log_in(client, name=name, password=password)

    assert answer.status_code == 422
    assert "do not fit together" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/admin").status_code == 303


def test_a_login_gives_the_session_another_id(visitor):
    client = visitor()
    page = client.get("/admin/login")
    before = client.cookies["admin"]
    form = {"csrf_token": token_of(page), "name": AUTHOR, "password": PASSWORD}
    client.post("/admin/login", data=form)
    planted = visitor(api=client.app)
    planted.cookies.set("admin", before, path="/admin")

    assert client.cookies["admin"] != before
    assert planted.get("/admin").status_code == 303


@pytest.mark.parametrize("path", INSIDE)
def test_who_is_not_logged_in_is_sent_to_the_login_and_back(visitor, path):
    client = visitor()
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/admin/login?next={path}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert log_in(client, next=path).headers["Location"] == path


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example", "/posts/x", "/administration", "\\\\evil"]
)
def test_a_login_leads_nowhere_else(visitor, way):
    assert log_in(visitor(), next=way).headers["Location"] == "/admin"


@pytest.mark.parametrize("path", ["/admin/new", "/admin/posts/water-first", "/admin/preview"])
def test_nothing_is_written_without_a_login(visitor, settings, path):
    client = visitor()
    token = token_of(client.get("/admin/login"))
    before = (settings.content / "posts" / "water-first.md").read_bytes()
    answer = client.post(path, data={"csrf_token": token, "title": "x", "body": "x"})

    assert answer.status_code == 403
    assert (settings.content / "posts" / "water-first.md").read_bytes() == before
    assert len(list((settings.content / "posts").iterdir())) == 13


@pytest.mark.parametrize("path", ["/admin/login", "/admin/logout", "/admin/new", "/admin/preview"])
@pytest.mark.parametrize("token", [None, "", "A" * 86], ids=["none", "empty", "made up"])
def test_a_form_without_the_token_is_refused(author, path, token):
    form = {"name": AUTHOR, "password": PASSWORD}
    answer = author.post(path, data=form if token is None else {**form, "csrf_token": token})

    assert answer.status_code == 403
    assert "forged" in answer.json()["detail"]
    assert author.get("/admin").status_code == 200


def test_a_form_of_another_site_is_refused_though_it_has_the_token(author):
    page = author.get("/admin")
    answer = author.post(
        "/admin/logout",
        data={"csrf_token": token_of(page)},
        headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"},
    )

    assert answer.status_code == 403
    assert "may have been forged by another site. Go back" in answer.text


def test_a_logout_ends_the_session(author, visitor):
    cookie = author.cookies["admin"]
    answer = author.post("/admin/logout", data={"csrf_token": token_of(author.get("/admin"))})
    kept = visitor(api=author.app)
    kept.cookies.set("admin", cookie, path="/admin")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert author.get("/admin").status_code == 303
    assert kept.get("/admin").status_code == 303


def test_an_address_may_fail_so_often(visitor):
    client = visitor(login_limit="3/hour")
    statuses = [log_in(client, password="wrong").status_code for _ in range(4)]
    refused = log_in(client)
    elsewhere = visitor(api=client.app, address="192.0.2.7")

    assert statuses == [422, 422, 422, 429]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert log_in(elsewhere).status_code == 303


def test_many_addresses_may_not_guess_at_one_account(visitor):
    first = visitor(account_limit="3/hour")
    clients = [visitor(api=first.app, address=f"192.0.2.{number}") for number in range(4)]
    statuses = [log_in(client, password="wrong").status_code for client in clients]

    assert statuses == [422, 422, 422, 429]
    assert log_in(first, name="eve").status_code == 422


def test_who_logs_in_is_not_counted(visitor):
    client = visitor(login_limit="1/hour", account_limit="1/hour")

    for _ in range(3):
        client.cookies.clear()
        assert log_in(client).status_code == 303


def test_a_person_is_told_of_the_limit_by_a_page(visitor):
    client = visitor(login_limit="1/hour")
    log_in(client, password="wrong")
    token = token_of(client.get("/admin/login"))
    answer = client.post(
        "/admin/login", data={"csrf_token": token}, headers={"Accept": "text/html"}
    )

    assert answer.status_code == 429
    assert "a little too often" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_a_long_form_is_refused(visitor):
    assert log_in(visitor(), password="x" * 5000).status_code == 413


@pytest.mark.parametrize("path", ["/admin", "/admin/login", "/admin/new"])
def test_there_is_no_admin_without_a_password(visitor, path):
    answer = visitor(passwords="").get(path, headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "The admin is off" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_is_not_an_author_any_more_is_out(author, visitor, settings):
    cookie = author.cookies["admin"]
    later = visitor(passwords=settings.passwords.replace(AUTHOR, "grace"))
    later.cookies.set("admin", cookie, path="/admin")

    assert later.get("/admin").status_code == 303


def test_the_cookie_is_guarded(visitor):
    plain = visitor().get("/admin/login").headers["Set-Cookie"]
    client = visitor(base_url="https://example.org")
    secure = client.get("https://example.org/admin/login").headers["Set-Cookie"]

    assert "; HttpOnly; Path=/admin; SameSite=strict" in plain
    assert secure.startswith("__Secure-admin=")
    assert "; Secure" in secure
