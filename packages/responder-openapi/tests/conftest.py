"""What the tests share: apps that are documented, and what their documents say."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from responder_core import API
from responder_openapi import OpenAPI


@pytest.fixture
def client_factory():
    """Make a client that sees what a user sees: a failure is a 500, a redirect is not followed."""

    def make(api: API, **options) -> TestClient:
        settings = {"raise_server_exceptions": False, "follow_redirects": False, **options}
        return api.test_client(**settings)

    return make


@pytest.fixture
def document_of():
    """Make the document of an app; checked by openapi-spec-validator where that is installed."""

    def make(api: API, audience: str | None = None) -> dict:
        openapi = next(each for each in api.extensions if isinstance(each, OpenAPI))
        document = openapi.document(audience)
        try:
            from openapi_spec_validator import validate
        except ImportError:
            return document
        validate(document)
        return document

    return make


@pytest.fixture
def operation_of(document_of):
    """Make the operation of one view: ``operation_of(view, "/x", methods=["GET"])``."""

    def make(view, path="/", *, api_options=None, openapi_options=None, **options):
        settings = {"openapi_route": None, **(openapi_options or {})}
        api = API(extensions=[OpenAPI(**settings)], **(api_options or {}))
        api.add_route(path, view, **{"methods": ["GET"], **options})
        document = document_of(api)
        (item,) = document["paths"].values()
        (operation,) = item.values()
        return operation

    return make
