"""The session as a view has it, whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from responder_sessions import Flash, MemoryStore, SessionClosedError
from responder_sessions.session import Session

KINDS = ["cookie", "memory", "sqlite"]


@pytest.fixture(params=KINDS)
def ask(request, api_factory, client_factory, tmp_path, clock):
    """Run a function of ``(req, resp)`` as the view of the next request of one client."""
    stores = {
        "cookie": {},
        "memory": {"store": MemoryStore(clock=clock)},
        "sqlite": {"store": f"sqlite:///{tmp_path}/sessions.sqlite3"},
    }
    api = api_factory(**stores[request.param])
    views = []

    @api.route("/")
    async def view(req, resp):
        return views.pop()(req, resp)

    client = client_factory(api)

    def run(function):
        views.append(function)
        return client.get("/")

    run.client = client
    return run


def reading(function):
    """A view that answers with what a function gives of the session."""

    def view(req, resp):
        resp.media = function(req.session)

    return view


def writing(function):
    def view(req, resp):
        function(req.session)

    return view


class TestMapping:
    def test_values_are_there_next_time(self, ask):
        ask(writing(lambda s: s.update(user="ada", n=1)))

        assert ask(reading(dict)).json() == {"user": "ada", "n": 1}

    def test_types_are_there_next_time(self, ask):
        moment = datetime(2026, 11, 21, tzinfo=timezone.utc)
        ask(writing(lambda s: s.update(at=moment, tags={"a"})))

        answer = ask(reading(lambda s: [s["at"] == moment, s["tags"] == {"a"}]))

        assert answer.json() == [True, True]

    def test_a_deleted_key_is_gone(self, ask):
        ask(writing(lambda s: s.update(a=1, b=2)))
        ask(writing(lambda s: s.pop("a")))

        assert ask(reading(dict)).json() == {"b": 2}

    def test_a_key_that_is_not_there_is_a_key_error(self, ask):
        def view(req, resp):
            with pytest.raises(KeyError):
                req.session["a"]
            with pytest.raises(KeyError):
                del req.session["a"]
            assert "a" not in req.session
            assert 1 not in req.session
            assert req.session.get("a", 5) == 5
            assert req.session.setdefault("a", 6) == 6

        assert ask(view).status_code == 200

    def test_the_response_has_the_same_session(self, ask):
        def view(req, resp):
            assert resp.session is req.session

        assert ask(view).status_code == 200

    def test_what_was_written_is_read_in_the_same_request(self, ask):
        def view(req, resp):
            value = req.session["a"] = [1]
            assert req.session["a"] is value
            assert list(req.session) == ["a"]
            assert len(req.session) == 1

        assert ask(view).status_code == 200

    def test_a_repr_tells_no_values(self):
        session = Session({"user": b'"ada"', "$csrf": b'"x"'})

        assert repr(session) == "<Session of 'user'>"
        assert repr(Session({})) == "<Session of nothing>"


class TestDepth:
    """What is changed in place is kept, and what is only read is not."""

    def test_a_list_that_was_appended_to_is_kept(self, ask):
        ask(writing(lambda s: s.update(cart=[])))
        ask(writing(lambda s: s["cart"].append({"tea": 1})))
        ask(writing(lambda s: s["cart"][0].update(tea=2)))

        assert ask(reading(lambda s: s["cart"])).json() == [{"tea": 2}]

    def test_what_was_changed_after_it_was_written_is_kept_so(self, ask):
        def view(req, resp):
            cart = req.session["cart"] = []
            cart.append(1)

        ask(view)

        assert ask(reading(lambda s: s["cart"])).json() == [1]

    def test_what_was_written_and_changed_back_is_kept_so(self, ask):
        ask(writing(lambda s: s.update(cart=[1])))

        def view(req, resp):
            cart = req.session["cart"] = [2]
            cart[0] = 1

        ask(view)

        assert ask(reading(lambda s: s["cart"])).json() == [1]

    def test_what_is_only_read_is_not_written(self, ask):
        ask(writing(lambda s: s.update(cart=[1], tags={"a", "b"}, user="ada")))

        answer = ask(reading(lambda s: [s["cart"], sorted(s["tags"]), s["user"]]))

        assert "set-cookie" not in answer.headers

    def test_a_value_that_json_cannot_hold_is_named_at_assignment(self, ask):
        def view(req, resp):
            with pytest.raises(TypeError, match=r"session\['user'\].*no form for object"):
                req.session["user"] = object()
            assert "user" not in req.session

        assert ask(view).status_code == 200

    def test_so_is_one_that_is_nested_too_deep(self, ask):
        value = []
        for _ in range(200):
            value = [value]

        def view(req, resp):
            with pytest.raises(TypeError, match=r"session\['tree'\] cannot be kept: it is nested"):
                req.session["tree"] = value
            assert "tree" not in req.session

        assert ask(view).status_code == 200

    def test_one_that_was_put_in_later_is_named_at_the_end(self, ask, caplog):
        ask(writing(lambda s: s.update(cart=[])))

        answer = ask(writing(lambda s: s["cart"].append(object())))

        assert answer.status_code == 500
        assert "session['cart']" in caplog.text
        assert ask(reading(lambda s: s["cart"])).json() == []


@pytest.mark.parametrize("key", ["$csrf", "a\0", "\ud800"])
def test_a_key_that_no_store_could_keep_is_refused(key):
    with pytest.raises(ValueError, match="a key begins with no"):
        Session({})[key] = 1


def test_a_key_is_text():
    with pytest.raises(TypeError, match=r"write session\['1'\]"):
        Session({})[1] = 1  # type: ignore[index]


def test_hidden_keys_are_not_seen():
    session = Session({"$csrf": b"1", "a": b"2"})

    assert list(session) == ["a"]
    assert "$csrf" not in session
    assert session.get("$csrf", 5) == 5
    with pytest.raises(KeyError):
        session["$csrf"]
    with pytest.raises(KeyError):
        del session["$csrf"]


class TestIncrement:
    def test_a_number_begins_at_nothing(self, ask):
        assert ask(reading(lambda s: s.increment("n"))).json() == 1
        assert ask(reading(lambda s: s.increment("n", 2.5))).json() == 3.5
        assert ask(reading(lambda s: s["n"])).json() == 3.5

    def test_it_counts_on_what_was_written_or_deleted(self, ask):
        def view(req, resp):
            req.session["a"] = 5
            req.session.increment("a")
            req.session.increment("b")
            req.session.increment("b")
            req.session.increment("c")
            del req.session["c"]
            req.session.increment("c")
            req.session.increment("d")
            req.session["d"] = 7

        ask(view)

        assert ask(reading(dict)).json() == {"a": 6, "b": 2, "c": 1, "d": 7}

    @pytest.mark.parametrize("value", ["text", None, True, [1]])
    def test_what_is_no_number_is_named(self, value):
        session = Session({})
        session["n"] = value

        with pytest.raises(TypeError, match=r"session\['n'\] is .* no number"):
            session.increment("n")
        with pytest.raises(TypeError, match="by is"):
            session.increment("m", value)


class TestFlashes:
    def test_a_message_is_shown_once(self, ask):
        ask(writing(lambda s: (s.flash("Saved."), s.flash("Late.", "warning"))))

        assert ask(reading(lambda s: s.flashes())).json() == ["Saved.", "Late."]
        assert ask(reading(lambda s: s.flashes())).json() == []

    def test_those_of_a_category_alone(self, ask):
        ask(writing(lambda s: (s.flash("Saved."), s.flash("Late.", "warning"))))

        assert ask(reading(lambda s: s.flashes("warning"))).json() == ["Late."]
        assert ask(reading(lambda s: s.flashes())).json() == ["Saved."]

    def test_they_are_no_values(self, ask):
        ask(writing(lambda s: s.flash("Saved.")))

        assert ask(reading(dict)).json() == {}

    def test_a_message_knows_its_category(self):
        session = Session({})
        session.flash("Late.", "warning")

        (message,) = session.flashes()

        assert message == "Late."
        assert isinstance(message, Flash)
        assert message.category == "warning"


@dataclass
class Cart:
    items: list[str]
    total: int = 0


class TestRead:
    def test_a_value_is_given_as_a_type(self):
        session = Session({})
        session["cart"] = {"items": ["tea"]}

        assert session.read("cart", Cart) == Cart(["tea"])
        assert session.read("other", Cart, Cart([])) == Cart([])
        with pytest.raises(KeyError):
            session.read("other", Cart)

    def test_one_of_another_type_is_named(self):
        session = Session({})
        session["cart"] = {"items": 1}

        with pytest.raises(TypeError, match=r"session\['cart'\] is no .*Cart"):
            session.read("cart", Cart)


class TestLife:
    def test_a_session_is_new_until_it_comes_back(self, ask):
        assert ask(reading(lambda s: s.is_new)).json() is True
        ask(writing(lambda s: s.update(a=1)))
        assert ask(reading(lambda s: s.is_new)).json() is False

    def test_it_knows_when_it_began(self, ask, clock):
        ask(writing(lambda s: s.update(a=1)))
        first = ask(reading(lambda s: s.created.isoformat())).json()

        assert ask(reading(lambda s: s.created.isoformat())).json()[:16] == first[:16]
        assert Session({}).created.tzinfo is timezone.utc

    def test_clearing_drops_everything(self, ask):
        ask(writing(lambda s: s.update(a=1, b=2)))

        answer = ask(writing(lambda s: s.clear()))

        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert ask(reading(dict)).json() == {}
        assert ask(reading(lambda s: s.is_new)).json() is True

    def test_what_is_written_after_clearing_is_a_new_session(self, ask):
        ask(writing(lambda s: s.login("ada")))

        ask(writing(lambda s: (s.clear(), s.flash("Bye."))))

        assert ask(reading(lambda s: [s.principal, s.flashes()])).json() == [None, ["Bye."]]

    def test_a_session_that_was_never_kept_can_be_destroyed(self, ask):
        answer = ask(writing(lambda s: (s.update(a=1), s.destroy())))

        assert "set-cookie" not in answer.headers

    def test_deleting_the_last_key_leaves_an_empty_session(self, ask):
        ask(writing(lambda s: s.update(a=1)))
        ask(writing(lambda s: s.pop("a")))

        assert ask(reading(dict)).json() == {}

    def test_it_knows_who_logged_in(self, ask):
        ask(writing(lambda s: (s.update(cart=1), s.login(7))))

        assert ask(reading(lambda s: [s.principal, s["cart"]])).json() == ["7", 1]

    def test_a_cookie_has_no_room_for_devices(self, api_factory, client_factory):
        api = api_factory()

        @api.route("/login")
        async def login(req, resp):
            req.session.login("ada")
            resp.media = req.session.all_keys()

        assert client_factory(api).get("/login").json() == ["$principal"]

    def test_a_session_of_no_request_knows_no_device(self):
        session = Session({})
        session.login("ada")

        assert session.all_keys() == ["$principal"]

    @pytest.mark.parametrize("principal", [None, "", "a\0"])
    def test_nobody_is_no_principal(self, principal):
        with pytest.raises(ValueError, match="login"):
            Session({}).login(principal)


class TestExpiry:
    def test_the_apps_holds_by_itself(self, ask):
        ask(writing(lambda s: s.update(a=1)))

        assert ask(reading(lambda s: s.expires_in)).json() == pytest.approx(1209600, abs=2)

    @pytest.mark.parametrize("lasts", [60, timedelta(minutes=1)], ids=["seconds", "timedelta"])
    def test_a_session_may_have_its_own(self, ask, lasts):
        answer = ask(writing(lambda s: s.set_expiry(lasts)))

        assert "Max-Age=60" in answer.headers["set-cookie"]
        assert ask(reading(lambda s: s.expires_in)).json() == pytest.approx(60, abs=2)

    def test_it_can_go_back_to_the_apps(self, ask):
        ask(writing(lambda s: s.set_expiry(60)))
        answer = ask(writing(lambda s: (s.set_expiry(None), s.update(a=1))))

        assert "Max-Age=1209600" in answer.headers["set-cookie"]

    @pytest.mark.parametrize("lasts", [0, -1, float("nan")])
    def test_it_is_above_0(self, lasts):
        with pytest.raises(ValueError, match="above 0"):
            Session({}).set_expiry(lasts)


class TestClosed:
    def test_a_background_function_cannot_write_it(self, ask, caplog):
        sessions = []

        def view(req, resp):
            req.session["a"] = 1
            sessions.append(req.session)

        ask(view)

        for write in (
            lambda s: s.update(a=2),
            lambda s: s.pop("a"),
            lambda s: s.increment("n"),
            lambda s: s.rotate(),
            lambda s: s.clear(),
        ):
            with pytest.raises(SessionClosedError, match="on its way"):
                write(sessions[0])
        assert sessions[0]["a"] == 1
