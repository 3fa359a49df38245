"""Security schemes, and which operations ask for them."""

import pytest

from responder_core import API, Depends, Problem
from responder_openapi import DocumentError, OpenAPI

BEARER = {"type": "http", "scheme": "bearer"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


async def guard(req): ...


async def view(req, resp): ...


@pytest.fixture
def openapi():
    return OpenAPI(openapi_route=None)


@pytest.fixture
def api(openapi):
    return API(extensions=[openapi])


def operation(document_of, api):
    return document_of(api)["paths"]["/"]["get"]


def test_without_any_the_document_says_so(document_of, api):
    api.get("/")(view)

    document = document_of(api)

    assert document["security"] == []
    assert "securitySchemes" not in document["components"]


def test_a_default_is_that_of_all(document_of, api, openapi):
    openapi.add_security_scheme("bearer", BEARER, default=True)
    api.get("/")(view)

    document = document_of(api)

    assert document["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"] == {"bearer": BEARER}
    assert "security" not in document["paths"]["/"]["get"]
    assert {"401", "403"} < document["paths"]["/"]["get"]["responses"].keys()


def test_a_route_that_is_open_says_so(document_of, api, openapi):
    openapi.add_security_scheme("bearer", BEARER, default=True)
    api.get("/", auth=None)(view)

    found = operation(document_of, api)

    assert found["security"] == []
    assert "401" not in found["responses"]


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (["bearer"], [{"bearer": []}]),
        (["bearer", "key"], [{"bearer": []}, {"key": []}]),
        ([{"bearer": ["read"], "key": []}], [{"bearer": ["read"], "key": []}]),
        ([], []),
        ("bearer", [{"bearer": []}]),
    ],
)
def test_what_a_route_asks_for(document_of, api, openapi, security, expected):
    openapi.add_security_scheme("bearer", BEARER)
    openapi.add_security_scheme("key", KEY)
    api.get("/", security=security)(view)

    assert operation(document_of, api)["security"] == expected


@pytest.mark.parametrize(
    "options",
    [{"auth": guard}, {"dependencies": Depends(guard)}, {"auth": [guard]}],
    ids=["auth", "dependencies", "several"],
)
def test_a_guard_stands_for_its_scheme(document_of, api, openapi, options):
    openapi.add_security_scheme("bearer", BEARER, guard=guard)
    api.get("/", **options)(view)

    found = operation(document_of, api)

    assert found["security"] == [{"bearer": []}]
    assert "401" in found["responses"]


def test_so_does_what_a_view_depends_on(document_of, api, openapi):
    openapi.add_security_scheme("bearer", BEARER, guard=guard)

    def user(who=Depends(guard)): ...

    @api.get("/")
    async def needy(req, resp, *, user=Depends(user)): ...

    found = operation(document_of, api)

    assert found["security"] == [{"bearer": []}]
    assert "401" in found["responses"]


def test_guards_that_openapi_knows_nothing_of_may_refuse_all_the_same(document_of):
    api = API(extensions=[OpenAPI(openapi_route=None)], auth=guard)
    api.get("/")(view)

    found = operation(document_of, api)

    assert "security" not in found
    assert {"401", "403"} < found["responses"].keys()


class Token:
    """A guard that describes itself."""

    def __call__(self, req):
        raise Problem(401)

    def describe_security(self):
        return {"token": BEARER}

    def describe_operation(self, operation):
        operation["security"] = [{"token": []}]
        operation["x-seen"] = operation.get("x-seen", 0) + 1


def test_a_guard_may_describe_itself(document_of, api):
    api.get("/", auth=Token())(view)

    document = document_of(api)

    assert document["components"]["securitySchemes"] == {"token": BEARER}
    assert document["paths"]["/"]["get"]["security"] == [{"token": []}]
    assert document["paths"]["/"]["get"]["x-seen"] == 1


def test_it_may_be_added_by_itself(document_of, api, openapi):
    openapi.add_security_scheme(Token(), default=True)
    api.get("/")(view)

    assert document_of(api)["security"] == [{"token": []}]


def test_one_that_is_told_the_method(document_of, api):
    class Methods:
        def describe_operation(self, operation, method):
            operation["x-method"] = method

    api.add_route("/", view, methods=["GET", "PUT"])
    api.routes[-1].facts.append(Methods())

    item = document_of(api)["paths"]["/"]
    assert {name: each["x-method"] for name, each in item.items()} == {"get": "GET", "put": "PUT"}


def test_one_that_asks_where_nothing_is_asked_for_sees_the_default(document_of, api, openapi):
    """So that what every operation asks for does not go with it."""

    class Optional:
        def describe_operation(self, operation):
            if "security" not in operation:
                operation["security"] = [{}]

    openapi.add_security_scheme("bearer", BEARER, default=True)
    api.get("/")(view)
    api.routes[-1].facts.append(Optional())

    assert "security" not in operation(document_of, api)


def test_a_fact_of_a_route_may_describe_its_operations(document_of, api):
    class Limited:
        def describe_operation(self, operation):
            operation["responses"]["429"] = {"description": "Too many."}

    api.get("/")(view)
    api.routes[-1].facts.append(Limited())

    assert operation(document_of, api)["responses"]["429"] == {"description": "Too many."}


class TestRefused:
    def test_a_scheme_that_there_is_not(self, api):
        api.get("/", security=["nobody"])(view)

        with pytest.raises(DocumentError, match=r"GET / asks for .* 'nobody', and there is none"):
            api.extensions[0].document()

    def test_a_name_that_is_taken(self, openapi):
        openapi.add_security_scheme("bearer", BEARER)

        with pytest.raises(ValueError, match="there is a security scheme 'bearer' already"):
            openapi.add_security_scheme("bearer", BEARER)

    def test_a_type_that_there_is_not(self, openapi):
        with pytest.raises(ValueError, match=r"type is one of apiKey, http, .* not 'bearer'"):
            openapi.add_security_scheme("x", {"type": "bearer"})

    @pytest.mark.parametrize(
        ("scheme", "missing"),
        [({"type": "apiKey"}, "in and name"), ({"type": "oauth2"}, "flows")],
    )
    def test_one_that_lacks_something(self, openapi, scheme, missing):
        with pytest.raises(ValueError, match=f"needs {missing}"):
            openapi.add_security_scheme("x", scheme)

    def test_what_is_no_name(self, openapi):
        with pytest.raises(ValueError, match="'c d' is no name of a security scheme"):
            openapi.add_security_scheme("c d", BEARER)

    @pytest.mark.parametrize("name", ["bearer", 5])
    def test_what_is_no_scheme(self, openapi, name):
        with pytest.raises(TypeError, match="takes a name and a scheme"):
            openapi.add_security_scheme(name)
