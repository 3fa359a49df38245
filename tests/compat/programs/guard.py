import responder

api = responder.API(public=["/health"])

def login(req):
    user = {"Bearer secret": "ada"}.get(req.headers.get("Authorization"))
    if user is None:
        responder.abort(401, headers={"WWW-Authenticate": "Bearer"})
    req.state.user = user

@api.route("/me", auth=login)
def me(req, resp):
    resp.text = req.state.user

@api.route("/open")
def open_to_all(req, resp):
    resp.text = "open"
