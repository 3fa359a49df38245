"""What requests and responses refuse."""

from __future__ import annotations

from responder_core import Request, Response, abort


def read(req: Request) -> None:
    age: int = req.params["age"]  # expect: mypy[assignment] pyright[reportAssignmentType]
    name: str = req.headers.get("x")  # expect: mypy[assignment] pyright[reportAssignmentType]
    req.method = "GET"  # expect: mypy[misc] pyright[reportAttributeAccessIssue]
    req.sesion  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue, reportUnknownMemberType]
    req.accepts(5)  # expect: mypy[arg-type] pyright[reportArgumentType]
    del age, name


def write(resp: Response) -> None:
    resp.text = 5  # expect: mypy[assignment] pyright[reportAttributeAccessIssue]
    resp.html = b""  # expect: mypy[assignment] pyright[reportAttributeAccessIssue]
    resp.content = 5  # expect: mypy[assignment] pyright[reportAttributeAccessIssue]
    resp.status_code = "200"  # expect: mypy[assignment] pyright[reportAttributeAccessIssue]
    resp.headers["x"] = 5  # expect: mypy[assignment] pyright[reportArgumentType]
    resp.redirect("/", code=307)  # expect: mypy[call-arg] pyright[reportCallIssue]
    resp.set_cookie("a", samesite="laxer")  # expect: mypy[arg-type] pyright[reportArgumentType]
    resp.satus_code = 404  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]


def stop() -> int:
    abort(404, "positional")  # expect: mypy[call-arg] pyright[reportCallIssue]
    return 5  # expect: mypy[unreachable]


def end() -> int:
    abort("404")  # expect: mypy[arg-type] pyright[reportArgumentType]
