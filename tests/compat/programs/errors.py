import responder
from responder import Problem, abort

api = responder.API()

@api.exception_handler(LookupError)
async def missing(req, resp, exc):
    resp.status_code = 404
    resp.headers["X-Handled"] = "yes"
    resp.set_cookie("seen", "error")
    resp.media = {"error": str(exc)}

@api.exception_handler(418)
def teapot(req, resp, exc):
    resp.status_code = 418
    resp.text = "short and stout"

@api.route("/lookup")
def lookup(req, resp):
    raise KeyError("tea")

@api.route("/abort")
def stop(req, resp):
    abort(403, detail="Not for you.", headers={"X-Why": "because"})

@api.route("/problem")
async def problem(req, resp):
    raise Problem(402, "No money.", title="Poor", type="https://example.org/poor", balance=3)

@api.route("/teapot")
def brew(req, resp):
    abort(418)

@api.route("/respond")
def respond(req, resp):
    resp.problem(409, "Taken.", seat="4A")
