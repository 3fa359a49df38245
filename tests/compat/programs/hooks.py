import responder

api = responder.API()
order = []

@api.before_request()
def authenticate(req, resp):
    order.append("before")
    if req.params.get("token") == "wrong":
        resp.status_code = 403
        resp.media = {"error": "forbidden"}

@api.after_request()
async def stamp(req, resp):
    order.append("after")
    resp.headers["X-Served-By"] = "teapot"

def only_here(req, resp):
    order.append("route before")

async def also_here(req, resp):
    order.append("route after")

@api.route("/", before=only_here, after=[also_here])
def home(req, resp):
    order.append("view")
    resp.text = "home"
