import responder
from responder import Depends, Router

api = responder.API()
users = Router("/users", tags=["users"])
admin = Router("/admin")

def token(req):
    if req.headers.get("X-Token") != "secret":
        responder.abort(401)

@users.get("/{user_id:int}")
def show(req, resp, *, user_id):
    resp.media = {"id": user_id}

@users.before_request
def stamp(req, resp):
    resp.headers["X-Router"] = "users"

@admin.route("/")
def dashboard(req, resp):
    resp.text = "dashboard"

users.include_router(admin, dependencies=[Depends(token)])
api.include_router(users, prefix="/v1")
