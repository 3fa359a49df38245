import responder

api = responder.API()

@api.route("/users/{user_id:int}")
def user(req, resp, *, user_id):
    resp.text = api.url_for(user, user_id=user_id)

@api.route("/teas/{name}", name="tea")
def show(req, resp, *, name):
    resp.media = [api.url_for("user", user_id=1), api.url_for("tea", name="a b")]

@api.route("/files/{path:path}")
def files(req, resp, *, path):
    resp.text = path

@api.route("/price/{price:float}")
def price(req, resp, *, price):
    resp.media = price
