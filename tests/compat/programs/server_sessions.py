import responder
from responder.ext.sessions import MemorySessionBackend, regenerate_session

api = responder.API(
    secret_key="correct horse battery staple 42",
    session_backend=MemorySessionBackend(),
    session_cookie="tea_session",
    session_max_age=3600,
)

@api.route("/login")
def login(req, resp):
    regenerate_session(req)
    req.session["user"] = "ada"

@api.route("/me")
def me(req, resp):
    resp.media = {"user": req.session.get("user")}
