"""``request_model=`` and ``params_model=``, as older programs have them."""

import msgspec
import pytest

from responder_core import API, Depends, abort


class Order(msgspec.Struct):
    id: int


class Page(msgspec.Struct):
    number: int = 1


@pytest.fixture
def client(client_factory):
    api = API()

    @api.route("/", request_model=Order, params_model=Page)
    async def view(req, resp):
        order = getattr(req.state, "validated", None)
        resp.media = [order, req.state.validated_params]

    return client_factory(api)


def test_they_are_found_on_the_state(client):
    assert client.post("/?number=3", json={"id": 7}).json() == [{"id": 7}, {"number": 3}]


def test_a_method_without_a_body_reads_none(client):
    assert client.get("/").json() == [None, {"number": 1}]


@pytest.mark.parametrize(
    ("query", "body", "place"),
    [("number=x", {"id": 7}, "number"), ("", {"id": "x"}, "#/body/id")],
)
def test_what_is_not_of_them_is_a_422(client, query, body, place):
    answer = client.post(f"/?{query}", json=body)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert place in error.values()


def test_guards_run_before_the_body_is_read(client_factory):
    api = API()

    def guard():
        abort(401)

    @api.post("/", request_model=Order, dependencies=[Depends(guard)])
    async def view(req, resp): ...

    assert client_factory(api).post("/", content=b"{").status_code == 401
