"""HTTP status codes: their phrases, and which of them carry no content (RFC 9110 §15)."""

from __future__ import annotations

from http import HTTPStatus

# Python's table had older phrases until 3.13; these are the names of RFC 9110.
_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}

CONTENTLESS = frozenset({100, 101, 102, 103, 204, 205, 304})
"""Statuses whose answer ends after its header fields (RFC 9110 §6.4.1 and §15.3.6)."""


def phrase(status_code: int) -> str:
    """The reason phrase of a status: ``phrase(404)`` → ``"Not Found"``.

    A code without a registered phrase gets the name of its class: ``phrase(499)`` →
    ``"Client Error"`` (RFC 9110 §15: treat an unknown code as the x00 of its class).
    """
    known = _PHRASES.get(status_code)
    if known is not None:
        return known
    classes = ("Informational", "Successful", "Redirection", "Client Error", "Server Error")
    return classes[status_code // 100 - 1] if 100 <= status_code <= 599 else "HTTP Error"
