import responder

api = responder.API()

@api.route("/old")
def old(req, resp):
    api.redirect(resp, location="/new")

@api.route("/moved")
def moved(req, resp):
    resp.redirect("/new", permanent=True)

@api.route("/found")
def found(req, resp):
    resp.redirect("/new", status_code=302, set_text=False)

@api.route("/outside")
def outside(req, resp):
    resp.redirect("https://example.org/", allow_external=True)

@api.route("/new")
def new(req, resp):
    resp.text = "new"
