"""Plain errors: those of ``API(problem_details=False)``, as older clients know them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from responder_core import Extension

if TYPE_CHECKING:
    from responder_core import API, Request, Response

_PROBLEM = "application/problem+json"


class PlainErrors(Extension[Any]):
    """Writes errors as ``{"error": "..."}`` for who asks for JSON, and as text for all others.

    What does not validate is ``{"errors": [...]}``, for everyone. What stands in ``debug=True``
    of a failure is left as it is.
    """

    def install(self, api: API) -> None:
        """Look at every answer, before the hooks of the program do."""
        api.add_hook(write_plainly, after=True)


async def write_plainly(req: Request, resp: Response) -> None:
    """Put a plain error in place of a problem document; other answers stay."""
    if resp.mimetype != _PROBLEM:
        return
    document: dict[str, Any] = resp.media
    if "traceback" in document:
        return
    if "errors" in document:
        write_json(resp, {"errors": document["errors"]})
        return
    title = document.get("title", "Error")
    # Where there is no view, and where it failed, the title is what older versions said.
    is_own = req.route is None or document.get("status") == 500
    message = title if is_own else document.get("detail", title)
    if "json" in req.headers.get("Accept", "").lower():
        write_json(resp, {"error": message})
    else:
        resp.text = str(message)
        resp.mimetype = None


def write_json(resp: Response, value: object) -> None:
    """Send a value as JSON, whatever the client would like better."""
    resp.content = json.dumps(value, default=str).encode()
    resp.mimetype = "application/json"
