"""Lists of devices, and sessions that are ended from outside."""

from __future__ import annotations

import asyncio

import pytest

from responder_sessions import SessionError, Sessions, SQLiteStore


@pytest.fixture
def api(api_factory, harness):
    api = api_factory(store=harness.make(), store_timeout=30)
    (sessions,) = api.extensions

    @api.route("/login/{user}")
    async def login(req, resp, *, user):
        req.session.login(user)

    @api.route("/me")
    async def me(req, resp):
        resp.media = req.session.principal

    @api.route("/devices/{user}")
    async def devices(req, resp, *, user):
        resp.media = [
            [each.agent, each.address, each.principal, each.id == req.session.key]
            for each in await sessions.devices(user)
        ]

    @api.route("/revoke/{user}")
    async def revoke(req, resp, *, user):
        keep = req.session if "keep" in req.params else None
        resp.media = await sessions.revoke_all(user, keep=keep)

    @api.route("/first/{user}")
    async def first(req, resp, *, user):
        device = (await sessions.devices(user))[0]
        await sessions.revoke(device if "device" in req.params else device.id)

    return api


def drive(api, scenario):
    """Run an async function of a factory of clients, each with cookies of its own."""

    async def main():
        async with api.async_client("https://testserver") as client:

            async def ask(name, path):
                """Ask as the client of a name; gives what was answered."""
                known = jars.setdefault(name, {})
                client.cookies.clear()
                header = "; ".join(f"{key}={value}" for key, value in known.items())
                fields = {"user-agent": name, **({"cookie": header} if header else {})}
                answer = await client.get(path, headers=fields)
                for key, value in answer.cookies.items():
                    known[key] = value
                return answer.json() if answer.content else None

            jars = {}
            return await scenario(ask)

    return asyncio.run(main())


def test_someone_sees_where_they_are_logged_in(api):
    async def scenario(ask):
        await ask("phone", "/login/ada")
        await ask("laptop", "/login/ada")
        await ask("other", "/login/bob")
        return await ask("phone", "/devices/ada")

    found = drive(api, scenario)

    assert sorted(each[0] for each in found) == ["laptop", "phone"]
    assert all(each[1] and each[2] == "ada" for each in found)
    assert [each[0] for each in found if each[3]] == ["phone"]


def test_all_sessions_of_someone_end_at_once(api):
    async def scenario(ask):
        for name in ("phone", "laptop"):
            await ask(name, "/login/ada")
        await ask("other", "/login/bob")
        count = await ask("other", "/revoke/ada")
        return count, [await ask(name, "/me") for name in ("phone", "laptop", "other")]

    assert drive(api, scenario) == (2, [None, None, "bob"])


def test_the_one_that_asks_can_stay(api):
    async def scenario(ask):
        for name in ("phone", "laptop"):
            await ask(name, "/login/ada")
        count = await ask("phone", "/revoke/ada?keep")
        return count, [await ask(name, "/me") for name in ("phone", "laptop")]

    assert drive(api, scenario) == (1, ["ada", None])


@pytest.mark.parametrize("query", ["", "?device"])
def test_one_can_be_ended(api, query):
    async def scenario(ask):
        for name in ("phone", "laptop"):
            await ask(name, "/login/ada")
        await ask("other", f"/first/ada{query}")
        return sorted([str(await ask(name, "/me")) for name in ("phone", "laptop")])

    assert drive(api, scenario) == ["None", "ada"]


def test_they_are_found_by_their_app(api):
    (sessions,) = api.extensions

    assert Sessions.of(api) is sessions


def test_a_store_that_fails_is_503_for_who_manages(api_factory, client_factory, tmp_path):
    path = tmp_path / "sessions.sqlite3"
    path.write_text("no database" * 1000)
    api = api_factory(store=SQLiteStore(path))

    @api.route("/revoke")
    async def revoke(req, resp):
        await Sessions.of(api).revoke_all("ada")

    answer = client_factory(api).get("/revoke")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_sessions_in_cookies_cannot_be_managed():
    sessions = Sessions(secret_key="a key that signs well 0123")

    with pytest.raises(SessionError, match="keep them in a store"):
        asyncio.run(sessions.devices("ada"))
