"""What an API refuses: keywords that it has not, and values of another type."""

from __future__ import annotations

import responder
from responder_core import API, Extension, Request, Response
from responder_core import Nonsense  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue, reportUnknownVariableType]
from responder_ratelimit import Rule

api = API(debug="yes")  # expect: mypy[arg-type] pyright[reportArgumentType]
API(secret="s")  # expect: mypy[call-arg] pyright[reportCallIssue]
API(request_class=Response)  # expect: mypy[arg-type] pyright[reportArgumentType]
API(extensions=[Extension])  # expect: mypy[list-item] pyright[reportArgumentType]


responder.Nonsense  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue, reportUnknownMemberType]
del Nonsense


def view(req: Request, resp: Response) -> None: ...


api.add_route("/", view, method=["GET"])  # expect: mypy[call-arg] pyright[reportCallIssue]
api.add_route("/", view, methods=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.get("/", nmae="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
api.get("/", name=7)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.get(7)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.route("/", sync_to_thread="no")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.route("/", before=[5])  # expect: mypy[list-item] pyright[reportArgumentType]
api.get("/")(5)  # expect: mypy[type-var] pyright[reportArgumentType]
api.on_event("start")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.exception_handler("404")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.exception_handler(str)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.url_for()  # expect: mypy[call-arg] pyright[reportCallIssue]
number: int = api.url_for(view)  # expect: mypy[assignment] pyright[reportAssignmentType]
api.add_convertor("slug", str)  # expect: mypy[arg-type] pyright[reportArgumentType]


@api.get("/")
async def decorated(req: Request, resp: Response, *, user_id: int) -> None: ...


# A decorator keeps the view's own type, so a wrong call of the view is seen.
decorated(user_id=5)  # expect: mypy[call-arg, unused-coroutine] pyright[reportCallIssue]
api.run(server="gunicorn")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.run(workers="2")  # expect: mypy[arg-type] pyright[reportArgumentType]
API(log_format="xml")  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(openapi_theme="plain")  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(docs_route=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API().get("/", summary=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.Router().get("/", sumary="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
responder.Router("/", session=1)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API().group("/", crsf=False)  # expect: mypy[call-arg] pyright[reportCallIssue]
responder.API().websocket_route("/", session="")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.get("/", summary="x")  # expect: mypy[call-arg] pyright[reportCallIssue]

# The keywords of packages, each where it belongs.
everything = responder.API()
responder.API(rate_limit=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(session_same_site="laxer")  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(sessions="yes")  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(csrf="yes")  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(secret_key=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(openapi_tags=["teas"])  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.API(trust_proxy=True)  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.get("/", rate_limit=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
everything.get("/", rate_limits="5/minute")  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.post("/", csrf="no")  # expect: mypy[arg-type] pyright[reportArgumentType]
everything.post("/", deprecated="2030")  # expect: mypy[arg-type] pyright[reportArgumentType]
everything.group("/", rate_limit=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
everything.group("/", operation_id="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
responder.Router("/", summary="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
responder.Router("/", rate_limit=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
responder.Router("/", name="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.websocket_route("/", csrf=True)  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.websocket_route("/", summary="x")  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.websocket_route("/", methods=["GET"])  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.websocket_route("/", idle_timeout="5")  # expect: mypy[arg-type] pyright[reportArgumentType]
api.websocket_route("/", status_code=200)  # expect: mypy[call-arg] pyright[reportCallIssue]
api.websocket_route("/", session=False)  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.graphql("/graphql")  # expect: mypy[call-arg] pyright[reportCallIssue]
everything.graphql(schema=view, batch="2")  # expect: mypy[arg-type] pyright[reportArgumentType]

# What a rule asks of the answer takes both messages, and tells whether.
Rule("5/minute", when="failed")  # expect: mypy[arg-type] pyright[reportArgumentType]
Rule("5/minute", when=decorated)  # expect: mypy[arg-type] pyright[reportArgumentType]
Rule("5/minute", when=str)  # expect: mypy[arg-type] pyright[reportArgumentType]
