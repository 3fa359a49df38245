import responder

api = responder.API()

@api.route("/set")
def set_cookie(req, resp):
    resp.set_cookie("flavour", "mint", max_age=3600, httponly=True, samesite="strict")
    resp.cookies["simple"] = "value"
    resp.text = "set"

@api.route("/delete")
def delete_cookie(req, resp):
    resp.delete_cookie("flavour")

@api.route("/read")
def read(req, resp):
    resp.media = req.cookies
