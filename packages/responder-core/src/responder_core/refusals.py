"""Refusals: what is said where no route answers, 404 and 405 (RFC 9110 §15.5.5 and §15.5.6).

Scanners and stale links send floods of them. Where a program has nothing of its own to say, their
documents are written once, and each answer gets its own ``instance`` alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from responder_core.asgi import MISS
from responder_core.connection import REQUEST_ID
from responder_core.error_documents import JSON_FIELD, choose_forms
from responder_core.errors import Problem
from responder_core.finishing import VARY_ACCEPT, plain_below
from responder_core.http.fields import join_values
from responder_core.http.headers import encode_name, encode_value
from responder_core.http.request_ids import UUID_SCHEME, make_request_id, request_uri
from responder_core.http.urls import quote_path, quote_query
from responder_core.prefix import split_prefix
from responder_core.representation import content_length
from responder_core.request import Request
from responder_core.response import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.api import API
    from responder_core.asgi import Refuse
    from responder_core.hooks import Step
    from responder_core.registry import Registry
    from responder_core.table import Miss
    from responder_core.types import Header, Scope

    # What stands before and after the instance in a document, its status, and its own fields.
    Written = tuple[int, list[Header], str, str]

_NOT_FOUND = Problem(404, "There is nothing at this path.")
# What stands for the instance in a document that is written once. No other member has it.
_PLACE = "instance-of-this-problem"


@lru_cache(maxsize=256)
def _not_allowed(allowed: frozenset[str]) -> Problem:
    """The 405 of a path that answers these methods."""
    allow = ", ".join(sorted(allowed | {"OPTIONS"}))
    return Problem(405, f"This resource answers {allow}.", headers={"Allow": allow})


def answer_miss(req: Request, resp: Response, *, redirect_slashes: bool) -> Problem | None:
    """What no route answers: automatic OPTIONS, 405, the other slash, 404, a bad Host.

    The problem to answer with is returned, since it is kept and used again; None where the
    response has the answer.

    Raises:
        Exception: the look-up failed with it.
    """
    miss: Miss | Exception | str = req.scope[MISS]
    if isinstance(miss, Exception):
        raise miss
    if isinstance(miss, str):
        return Problem(400, miss)
    if miss.allowed:
        problem = _not_allowed(frozenset(miss.allowed))
        if req.method != "OPTIONS":
            return problem
        resp.status_code = 200
        resp.headers.update(problem.headers or {})
        return None
    if miss.other_slash and redirect_slashes:
        prefix, path = split_prefix(req.scope)
        other = prefix + (path.removesuffix("/") if path.endswith("/") else path + "/")
        # "//host" would be read as another host, so such a path is not redirected to.
        if not other.startswith(("//", "/\\")):
            query = quote_query(req.scope["query_string"])
            other = quote_path(other)
            resp.redirect(f"{other}?{query}" if query else other, set_text=False)
            return None
    return _NOT_FOUND


def compile_refusal(api: API, registry: Registry, after: Sequence[Step]) -> Refuse | None:
    """What writes the refusals of an app at once; None for one that has steps around them.

    It gives what the longer way does, and None for what is not plain: OPTIONS, the other slash,
    a client that likes a page better, a program that changes problems.
    """
    settings = api.settings
    if (
        after
        or registry.arounds
        or registry.page is not None
        or settings.observes
        or api.request_class is not Request
        or api.response_class is not Response
    ):
        return None
    limit = plain_below(settings)
    handlers, formats = api.exception_handlers, api.formats
    vary = [VARY_ACCEPT] if settings.auto_vary else []

    def refuse(scope: Scope, miss: Miss) -> tuple[int, list[Header], bytes] | None:
        # A handler may be added, or a format changed, and no new app is made for that.
        if handlers.problem_handler is not None or any(handlers.tables):
            return None
        if not formats.writes_plain_json or not _takes_json(scope):
            return None
        if miss.allowed:
            if scope["method"] == "OPTIONS":
                return None
            status, fields, begin, end = _write(frozenset(miss.allowed))
        elif miss.other_slash:
            return None
        else:
            status, fields, begin, end = _write(None)
        known: str | None = scope.get(REQUEST_ID)
        if known is None:
            known = scope[REQUEST_ID] = make_request_id()
            body = f"{begin}{UUID_SCHEME}{known}{end}".encode()
        else:
            body = f"{begin}{request_uri(known)}{end}".encode()
        if len(body) >= limit:
            return None
        return status, [*fields, *vary, content_length(len(body))], body

    return refuse


@lru_cache(maxsize=256)
def _write(allowed: frozenset[str] | None) -> Written:
    """A refusal with a place for its instance; of a path that is not there for None."""
    from responder_core.formats import json

    problem = _NOT_FOUND if allowed is None else _not_allowed(allowed)
    begin, _, end = json.encode(problem.document(_PLACE)).decode().partition(_PLACE)
    own = (problem.headers or {}).items()
    named = [(encode_name(name), encode_value(value)) for name, value in own]
    return problem.status_code, [JSON_FIELD, *named], begin, end


def _takes_json(scope: Scope) -> bool:
    """Whether JSON is what a client gets of the forms of a problem."""
    accept = join_values(scope["headers"], b"accept")
    if accept is None or accept == b"*/*":
        return True
    forms = choose_forms(accept)
    return not forms or forms[0] == "json"
