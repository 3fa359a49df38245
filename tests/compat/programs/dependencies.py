import responder
from responder import Depends

api = responder.API()
closed = []

@api.dependency()
def config():
    return {"name": "teahouse"}

@api.dependency("db")
async def connect(config):
    yield f"db of {config['name']}"
    closed.append("db")

@api.dependency(scope="app")
async def pool():
    yield "pool"
    closed.append("pool")

def current_user(req):
    return req.headers.get("X-User", "nobody")

def only_ada(user: str = Depends(current_user)):
    if user != "ada":
        responder.abort(403)

@api.route("/")
async def home(req, resp, *, db, pool, user: str = Depends(current_user)):
    resp.media = {"db": db, "pool": pool, "user": user}

@api.route("/admin", dependencies=[Depends(only_ada)])
def admin(req, resp):
    resp.text = "admin"

@api.route("/ws", websocket=True)
async def socket(ws, *, db):
    await ws.accept()
    await ws.send_text(db)
    await ws.close()
