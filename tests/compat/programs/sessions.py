import responder

api = responder.API(secret_key="correct horse battery staple 42")

@api.route("/login/{name}")
def login(req, resp, *, name):
    req.session["user"] = name
    resp.text = "welcome"

@api.route("/me")
def me(req, resp):
    resp.media = {"user": req.session.get("user"), "all": dict(resp.session)}

@api.route("/set")
def replace(req, resp):
    resp.session = {"tea": "green"}

@api.route("/logout")
def logout(req, resp):
    req.session.clear()
