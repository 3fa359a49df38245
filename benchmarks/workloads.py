"""The workloads: which request is sent, and which answer is right."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness import ask, http_scope, receiving

if TYPE_CHECKING:
    from typing import Any

    from harness import Answer, App, Receive

TEXT = b"Hello, world!"
GREETING = {"message": "Hello, world!", "id": 42, "ok": True}


class WrongAnswerError(Exception):
    """Raised when an application gives another answer than the workload asks for."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, and what its answer must be."""

    name: str
    path: str
    method: str = "GET"
    status: int = 200
    content_type: str = ""
    """What the content type must start with."""
    body: bytes | None = None
    """The exact body; None accepts any."""
    value: object = None
    """What the JSON body holds; None accepts any body."""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    """The header fields of the request, beside those that every request has."""
    sent: bytes = b""
    """The body of the request."""
    paths: tuple[str, ...] = ()
    """What a load asks for in turn, in place of the path alone."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """The header fields that the answer must have."""

    @property
    def scope(self) -> dict[str, Any]:
        """The ASGI scope of the request."""
        fields = self.fields | ({"content-length": str(len(self.sent))} if self.sent else {})
        encoded = [(name.encode(), value.encode()) for name, value in fields.items()]
        return http_scope(self.method, self.path, encoded)

    @property
    def receive(self) -> Receive:
        """What gives the body of the request over ASGI."""
        return receiving(self.sent)

    def at(self, **places: int) -> Workload:
        """The same workload with numbers put into its path."""
        return replace(self, path=self.path.format(**places))

    def difference(self, answer: Answer, status: int) -> str | None:
        """What is wrong with *answer*, or None."""
        content_type = answer.headers.get("content-type", "none")
        length = answer.headers.get("content-length")
        if answer.status != status:
            return f"status {answer.status}, not {status}"
        if not content_type.startswith(self.content_type):
            return f"content type {content_type!r}, not {self.content_type!r}"
        if length is not None and length != str(len(answer.body)):
            return f"content length {length} of {len(answer.body)} bytes"
        for name, text in self.headers.items():
            if answer.headers.get(name) != text:
                return f"{name}: {answer.headers.get(name)}, not {text}"
        body = answer.body
        if answer.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if self.body is not None and body != self.body:
            return f"body {body[:200]!r}, not {self.body[:200]!r}"
        if self.value is not None and json.loads(body) != self.value:
            return f"body {body[:200]!r}, not {str(self.value)[:200]} as JSON"
        return None


MAIN = (
    Workload("text", "/text", content_type="text/plain", body=TEXT),
    Workload("json", "/json", content_type="application/json", value=GREETING),
    Workload("path", "/users/42", content_type="application/json", value={"id": 42}),
)
ERRORS = (
    Workload("404", "/missing/page", status=404),
    Workload("405", "/text", method="POST", status=405),
)


def check(name: str, app: App, workload: Workload, status: int) -> None:
    """Ask *app* once and compare its answer with the right one.

    Raises:
        WrongAnswerError: the answer differs.
    """
    if difference := workload.difference(ask(app, workload.scope, workload.receive), status):
        request = f"{workload.method} {workload.path}"
        raise WrongAnswerError(f"{name} answers {request} wrongly: {difference}.")
